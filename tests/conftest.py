"""Fixtures for all tests. No test touches the user's own runs or downloads anything."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import numpy as np
import pytest

from mnist_core.digits.datasets import mnist as mnist_source
from mnist_core.digits.datasets.dataset import Dataset
from mnist_core.digits.datasets.sample import load_sample
from mnist_core.jobs import launcher
from mnist_core.runs.run import Run

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserType

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ["DIGITLAB_STANDBY"] = "0"  # but where it is tested


PATIENCE = 60_000  # milliseconds: the machine may be busy with other work
# The first needs a quarter less processor time for a page: it is Chromium without windows.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome")
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests of servers and browsers are slow. Coverage is that of the library, unless that of the
    pages is asked for: tracing Streamlit makes tests of pages take 1.8 times as long."""
    of_pages = "pages" in (config.getoption("cov_source", None) or ())
    for item in items:
        room = item.path.relative_to(Path(__file__).parent).parts[0]
        if room in ("browser", "deploy"):
            item.add_marker("slow")
        if room == "browser":  # see CONTRIBUTING
            item.add_marker(pytest.mark.flaky(reruns=1))
        if room in ("browser", "deploy") or (room == "pages" and not of_pages):
            item.add_marker("no_cover")


def leave_out(reason: str) -> NoReturn:
    """Skip a test of what the browser runs, or fail it where DIGITLAB_REQUIRE_BROWSER is set."""
    if os.environ.get("DIGITLAB_REQUIRE_BROWSER"):
        pytest.fail(f"DIGITLAB_REQUIRE_BROWSER is set, but {reason}")
    pytest.skip(reason)


@pytest.fixture(autouse=True)
def runs_directory(tmp_path, monkeypatch) -> Path:
    """An empty directory for users' runs."""
    directory = tmp_path / "runs"
    monkeypatch.setenv("DIGITLAB_RUNS", str(directory))
    return directory


@pytest.fixture
def launched(monkeypatch) -> list[Run]:
    """The runs for which a worker would have been started; none is."""
    found: list[Run] = []
    monkeypatch.setattr(launcher, "launch", lambda *runs: found.extend(runs))
    return found


@pytest.fixture(scope="session")
def mnist() -> Dataset:
    """All of MNIST, from the file that MNIST_NPZ names."""
    if not os.environ.get("MNIST_NPZ"):
        pytest.skip("needs MNIST: set MNIST_NPZ to a copy of mnist.npz")
    dataset = mnist_source.load(offline=True)
    assert dataset.name == "mnist", dataset.warnings
    return dataset


@pytest.fixture(scope="session")
def sample() -> Dataset:
    """The offline sample."""
    return load_sample()


@pytest.fixture(scope="session")
def few_digits(sample) -> Dataset:
    """300 training and 100 test digits of the offline sample: an epoch takes no time."""
    return Dataset(
        "sample",
        np.ascontiguousarray(sample.x_train[:300]),
        np.ascontiguousarray(sample.y_train[:300]),
        np.ascontiguousarray(sample.x_test[:100]),
        np.ascontiguousarray(sample.y_test[:100]),
        "300 digits for tests",
    )


@pytest.fixture
def full_disk() -> Callable[[], AbstractContextManager[None]]:
    """A context in which this process can write no byte to any file, as where the disk is full."""
    resource = pytest.importorskip("resource", reason="Windows sets no limits on files")

    @contextmanager
    def full() -> Iterator[None]:
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    return full


def launch_chromium(kind: "BrowserType", *arguments: str) -> "Browser":
    """The first installed browser of NAMES, for tests and benchmarks, with further arguments."""
    path = next(filter(None, map(shutil.which, NAMES)))
    return kind.launch(executable_path=path, args=[*ARGUMENTS, *arguments])


@pytest.fixture(scope="session")
def browser():
    """Chromium, started once: a process can have only one Playwright."""
    try:
        from playwright.sync_api import Error, expect, sync_playwright
    except ImportError:
        leave_out("Playwright is not installed: pip install -r tests/requirements.txt")
    if not any(map(shutil.which, NAMES)):
        leave_out("no Chromium is installed (on Debian: apt-get install chromium-headless-shell)")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        try:
            chromium = launch_chromium(playwright.chromium)
        except Error as error:
            leave_out(f"Chromium does not start: {error}")
        yield chromium
        chromium.close()
