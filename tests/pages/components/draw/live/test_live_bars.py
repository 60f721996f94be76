"""Where browsers find a network, and how much of the disk that takes."""

import os

import numpy as np

from mnist_core.config import settings
from mnist_core.network.inference import Classifier
from pages.components.draw.live import live_bars


def test_networks_for_browsers_lie_in_the_cache_and_the_oldest_go(network, tmp_path, monkeypatch):
    monkeypatch.setenv("DIGITLAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(live_bars, "MAX_BYTES", 40_000)  # each has 15,700 before it is compressed
    found, rng = [], np.random.default_rng(0)
    for number in range(3):
        kernel, bias = rng.normal(size=(784, 10)).astype(np.float32), np.zeros(10, np.float32)
        found.append(live_bars.publish(network({}), Classifier((kernel,), (bias,), ())))
        os.utime(live_bars.directory() / f"{found[-1].name}.bin.gz", (number, number))
    assert len({each.address for each in found}) == 1
    left = {file.name for file in (settings.cache_directory() / "weights").iterdir()}
    assert left == {f"{each.name}{end}" for each in found[1:] for end in (".bin.gz", ".json")}
