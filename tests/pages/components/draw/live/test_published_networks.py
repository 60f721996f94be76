"""Where browsers find a network, how much of the disk that takes, and for how long."""

import os
import shutil

import numpy as np
import pytest

from mnist_core.config import settings
from mnist_core.network.inference import Classifier
from mnist_core.runs import environment, store
from pages.components.draw.live import published_networks


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache directory."""
    monkeypatch.setenv("DIGITLAB_CACHE", str(tmp_path / "cache"))


def published(run) -> published_networks.Published:
    """A new network of a run, published."""
    kernel = np.random.default_rng(hash(run.id) % 2**32).normal(size=(784, 10)).astype(np.float32)
    found = published_networks.publish(run, Classifier((kernel,), (np.zeros(10, np.float32),), ()))
    assert found
    return found


def files() -> set[str]:
    """Names of all networks that can be fetched."""
    directory = environment.published_directory()
    found = [file.relative_to(directory).as_posix() for file in directory.rglob("*.*")]
    return {file.partition(".")[0] for file in found}


def test_networks_for_browsers_lie_in_the_cache_and_the_oldest_go(network, monkeypatch):
    # Each has 15,700 bytes before it is compressed.
    monkeypatch.setattr(published_networks, "MAX_BYTES", 40_000)
    found = []
    for number in range(3):
        found.append(published(network({})))
        file = settings.cache_directory() / "weights" / f"{found[-1].name}.bin.gz"
        os.utime(file, (number, number))
    assert len({each.address for each in found}) == 1
    assert files() == {each.name for each in found[1:]}


def test_they_go_with_their_run_however_it_goes(network, monkeypatch):
    runs = [network({}) for _ in range(4)]
    found = [published(run) for run in runs]
    runs[0].delete()
    assert files() == {each.name for each in found[1:]}
    monkeypatch.setenv("DIGITLAB_EXPIRE_DAYS", "1")
    runs[1].set_status(finished=1.0)
    assert store.clean_up() == [runs[1].id]
    assert files() == {each.name for each in found[2:]}
    shutil.rmtree(runs[2].directory)  # by a server with another cache
    last = published(network({}))
    assert files() == {found[3].name, last.name}


def test_another_installation_with_this_cache_keeps_its_own(network, tmp_path, monkeypatch):
    theirs = published(network({}))
    monkeypatch.setenv("DIGITLAB_RUNS", str(tmp_path / "other"))
    ours = published(network({}))
    assert files() == {theirs.name, ours.name}
