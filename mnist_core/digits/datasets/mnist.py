"""MNIST from a file, a cache or a download; failing that, the offline sample."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import numpy as np
from numpy.typing import NDArray

from mnist_core.config import settings
from mnist_core.config.sizes import CLASSES, IMAGE_SIDE
from mnist_core.digits.datasets.dataset import Dataset
from mnist_core.digits.datasets.sample import load_sample
from mnist_core.errors import DigitLabError
from mnist_core.runs.files import ArraysDamagedError, reading_arrays

ARRAYS = ("x_train", "y_train", "x_test", "y_test")
DOWNLOAD_ADVICE = (
    "Connect to the internet and try again, or set the environment variable MNIST_NPZ to the path "
    "of an mnist.npz as keras.datasets.mnist uses it."
)
_STALLED = 30.0  # seconds within which a download must advance by `_CHUNK` bytes
_CHUNK = 1 << 16
_MAX_BYTES = 1 << 26  # the largest download; MNIST has 11 MB
_LOCK_SECONDS = 600  # how long to wait for another process' download

Progress = Callable[[int, int], None]


class DatasetUnavailableError(DigitLabError, RuntimeError):
    """MNIST can't be had from any source; the message says what was tried and what to do."""

    def __init__(self, tried: tuple[str, ...]):
        super().__init__(" ".join(("MNIST is not available.", *tried, DOWNLOAD_ADVICE)))


class _DamagedFileError(DigitLabError, ValueError):
    """A file exists but does not hold the data; the message says why."""


class _TooLongError(DigitLabError):
    """A download is longer than any release; it is not stored."""


@dataclass(frozen=True)
class Release:
    """A published archive: where it is and what is in it.

    Attributes:
        urls: Addresses of the same bytes, tried in this order.
        sha256: Of the archive, in hexadecimal.
        md5: Of each array in its IDX form, however the archive is packed.
    """

    urls: tuple[str, ...]
    sha256: str
    md5: dict[str, str]


# Keras used the second address before 2019 and gave the same digest for both.
MNIST = Release(
    urls=(
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
        "https://s3.amazonaws.com/img-datasets/mnist.npz",
    ),
    sha256="731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
    md5={
        "x_train": "6bbc9ace898e44ae57da46a324031adb",
        "y_train": "a25bea736e30d166cdddb491f175f624",
        "x_test": "2646ac647ad5339dbf082846283269ea",
        "y_test": "27ae3e4e09519cfbb04c329615203637",
    },
)


def load(progress: Progress | None = None, offline: bool = False) -> Dataset:
    """MNIST, or the offline sample if MNIST can't be had.

    Args:
        progress: Called with (bytes done, bytes in all) while MNIST is downloaded.
        offline: Do not download. The environment variable DIGITLAB_OFFLINE=1 does the same.
    """
    try:
        return load_mnist(progress, offline=offline)
    except DatasetUnavailableError as error:
        return load_sample(warnings=(str(error),))


def load_mnist(
    progress: Progress | None = None,
    *,
    offline: bool = False,
    release: Release = MNIST,
    patience: float = 4.0,
) -> Dataset:
    """Load MNIST from the first source that has it.

    Sources, in order: the file that MNIST_NPZ names; the Keras cache (KERAS_HOME or ~/.keras);
    the app's own cache (DIGITLAB_CACHE or the user's cache directory); a download into it.

    Args:
        progress: Called with (bytes done, bytes in all) during a download, in the caller's thread;
            bytes in all is 0 where the server does not say.
        offline: Do not download. The environment variable DIGITLAB_OFFLINE=1 does the same.
        release: What to load.
        patience: Seconds to wait for the first bytes from each address.

    Raises:
        DatasetUnavailableError: No source has it.
    """
    warnings: list[str] = []
    for path, what in _local_files():
        try:
            return _dataset(path, what, release, warnings)
        except FileNotFoundError:
            if what == "MNIST_NPZ":
                warnings.append(f"MNIST_NPZ names {path}, but there is no such file.")
        except (_DamagedFileError, OSError) as error:
            warnings.append(f"The file {path} ({what}) could not be used: {error}")

    own = settings.cache_directory() / "mnist.npz"
    try:
        return _dataset(own, "the app's cache", release, warnings)
    except FileNotFoundError:
        problem = None
    except (_DamagedFileError, OSError) as error:
        problem = f"The file {own} (the app's cache) could not be used: {error}"
    if offline or settings.text("DIGITLAB_OFFLINE") == "1":
        tried = (*warnings, *([problem] if problem else []), "Downloading is switched off.")
        raise DatasetUnavailableError(tried)
    try:
        return _fetched(own, release, warnings, progress, patience)
    except (_DamagedFileError, OSError) as error:
        warnings.append(f"MNIST could not be stored as {own}: {error}")
    raise DatasetUnavailableError(tuple(warnings))


def _local_files() -> list[tuple[Path, str]]:
    keras_home = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser()
    files = [(keras_home / "datasets" / "mnist.npz", "the Keras cache")]
    if named := settings.path("MNIST_NPZ"):
        files.insert(0, (named, "MNIST_NPZ"))
    return files


def _dataset(path: Path, what: str, release: Release, warnings: list[str]) -> Dataset:
    arrays = _read(path, release)
    x_train, y_train, x_test, y_test = (arrays[name] for name in ARRAYS)
    source = f"{path.name} ({what})"
    return Dataset("mnist", x_train, y_train, x_test, y_test, source, tuple(warnings))


def _read(path: Path, release: Release) -> dict[str, NDArray[np.uint8]]:
    """The four arrays of an archive, read-only, after checking them against the release."""
    try:
        with reading_arrays(path) as archive:
            arrays = {name: archive[name] for name in ARRAYS if name in archive}
    except ArraysDamagedError as error:
        raise _DamagedFileError(f"it is damaged or not a NumPy archive ({error}).") from error
    if missing := [name for name in ARRAYS if name not in arrays]:
        raise _DamagedFileError(f"it has no array {', '.join(missing)}.")
    for split in ("train", "test"):
        _check(arrays[f"x_{split}"], arrays[f"y_{split}"], split)
    for name, array in arrays.items():
        if idx_md5(array) != release.md5[name]:
            raise _DamagedFileError(f"the contents of {name} are not MNIST's.")
        array.setflags(write=False)
    return arrays


def _check(images: NDArray[np.uint8], labels: NDArray[np.uint8], split: str) -> None:
    side = (IMAGE_SIDE, IMAGE_SIDE)
    if images.ndim != 3 or images.shape[1:] != side or images.dtype != np.uint8:
        raise _DamagedFileError(
            f"x_{split} should be (n, 28, 28) uint8 and is {images.shape} {images.dtype}."
        )
    if labels.shape != images.shape[:1] or labels.dtype != np.uint8:
        raise _DamagedFileError(
            f"y_{split} should be ({len(images)},) uint8 and is {labels.shape} {labels.dtype}."
        )
    if labels.size and labels.max() >= CLASSES:
        raise _DamagedFileError(f"y_{split} has the label {labels.max()}; 0 to 9 are expected.")


def idx_md5(array: NDArray[np.uint8]) -> str:
    """MD5, in hexadecimal, of an array in IDX form: magic number, sizes, bytes.

    IDX is the format of MNIST's original files: two zero bytes, 8 for unsigned bytes, the number
    of dimensions, each dimension as a big-endian 32-bit integer, then the data.
    """
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    digest = hashlib.md5(header, usedforsecurity=False)
    digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _fetched(
    path: Path,
    release: Release,
    warnings: list[str],
    progress: Progress | None,
    patience: float,
) -> Dataset:
    """The data set from a new download. One process downloads; others wait and read its file."""
    from filelock import FileLock, Timeout

    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(path.with_name(path.name + ".lock"), timeout=_LOCK_SECONDS):
            try:
                return _dataset(path, "downloaded by another process", release, warnings)
            except FileNotFoundError:
                pass
            except _DamagedFileError as error:
                aside = path.replace(path.with_name(path.name + ".damaged"))
                warnings.append(f"The file {path} was damaged and is now {aside.name}: {error}")
            for url in release.urls:
                problem = _download(url, path, release.sha256, progress, patience)
                if problem is None:
                    return _dataset(path, f"downloaded from {url}", release, warnings)
                warnings.append(f"{url}: {problem}.")
    except Timeout:
        warnings.append(f"Another process has held {path}.lock for ten minutes.")
    raise DatasetUnavailableError(tuple(warnings))


def _download(
    url: str, path: Path, sha256: str, progress: Progress | None, patience: float
) -> str | None:
    """Download to `path`, where the file appears whole or not at all. Returns what went wrong, or
    None.

    The wait for the first bytes is timed here. A connection's own time limit starts again for each
    address of a host and does not count the name look-up: offline, minutes could pass. Nor would it
    end a download that trickles in by a byte a second. A download that is given up does no harm if
    it succeeds after all.
    """
    report = _Report()
    problems: list[str | None] = []
    thread = Thread(
        target=lambda: problems.append(_retrieve(url, path, sha256, report)), daemon=True
    )
    thread.start()
    seen, deadline = 0, time.monotonic() + patience
    while thread.is_alive():
        thread.join(0.05)
        if report.done and progress:
            progress(report.done, report.total)
        if report.done > seen:
            seen, deadline = report.done, time.monotonic() + _STALLED
        elif time.monotonic() > deadline:
            if seen:
                return f"after {seen:,} bytes hardly any more came for {_STALLED:g} seconds"
            return f"no answer within {patience:g} seconds"
    return problems[0]


def _retrieve(url: str, path: Path, sha256: str, report: _Report) -> str | None:
    import pooch
    import requests

    pooch.get_logger().setLevel("WARNING")
    fetch = pooch.HTTPDownloader(progressbar=report, chunk_size=_CHUNK, timeout=(3, 15))
    known = f"sha256:{sha256}"
    try:
        pooch.retrieve(url, known, fname=path.name, path=path.parent, downloader=fetch)
    except requests.HTTPError as error:
        status = "with an error" if error.response is None else error.response.status_code
        return f"the server answered {status}"
    except requests.RequestException as error:
        return f"the connection failed ({type(error).__name__})"
    except ValueError:
        return "the downloaded file is damaged (its SHA-256 is not the expected one)"
    except _TooLongError:
        return f"the file has more than {_MAX_BYTES:,} bytes"
    except OSError as error:
        return f"the file could not be stored ({error})"
    return None


class _Report:
    """Counts bytes; pooch takes it for a progress bar."""

    def __init__(self) -> None:
        self.total = 0
        self.done = 0
        self.received = 0

    def update(self, count: int) -> None:
        self.received += count
        if self.received > _MAX_BYTES:
            raise _TooLongError
        self.done = min(self.done + count, self.total or self.done + count)

    def reset(self) -> None:
        """Part of a progress bar's interface; the count is kept."""

    def close(self) -> None:
        """Part of a progress bar's interface; nothing is open."""
