"""Replace files atomically, so that a reader sees the old file or the new one, never half of one;
read arrays from files that may be damaged; find out whether a process has locked a file."""

from __future__ import annotations

import errno
import io
import json
import os
import secrets
import stat
import sys
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import numpy as np
from filelock import FileLock, Timeout
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from mnist_core.errors import DigitLabError

if sys.platform != "win32":
    import fcntl

REPLACE_TRIES = 20  # 10 ms apart: Windows can't replace a file while someone reads it


class ArraysDamagedError(DigitLabError, ValueError):
    """An .npz is damaged or does not hold what its reader expects; the message says why. Create the
    file again."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path to write to, which then replaces `path` atomically, even if others do
    the same at the same moment. If writing fails, the old file stays."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        yield temporary
        for _ in range(REPLACE_TRIES):
            with suppress(PermissionError):
                os.replace(temporary, path)
                return
            time.sleep(0.01)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: Path, data: Mapping[str, object]) -> None:
    """Replace `path` by a JSON file; see `replacing`."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(data, indent=2) + "\n", "utf-8")


def save_arrays(path: Path, arrays: dict[str, NDArray]) -> None:
    """Replace `path` by an uncompressed .npz; see `replacing`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]  # no array is named allow_pickle


def open_regular(path: Path) -> BinaryIO:
    """Open a file of a run for reading. A pipe in its place would be waited for without end.

    Raises:
        OSError: It is missing, can't be read, or is not a regular file.
    """
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise OSError(errno.EISDIR, "it is a directory", str(path))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "it is not a regular file", str(path))
    return path.open("rb")


def checksum(path: Path) -> int:
    """CRC-32 of a file's content, 0 to 2³² − 1.

    Raises:
        OSError: The file is missing or can't be read.
    """
    with open_regular(path) as file:
        return zlib.crc32(file.read())


@contextmanager
def reading_arrays(file: Path | io.BytesIO) -> Iterator[NpzFile]:
    """The arrays of an .npz, each read when it is asked for; nothing is unpickled.

    On damaged bytes zipfile, zlib and NumPy raise errors of many kinds, among them
    NotImplementedError, RuntimeError, SyntaxError and MemoryError, and readers find further faults.
    So whatever is raised within the block becomes a single error: only read the arrays there.

    Raises:
        OSError: The file is missing or can't be opened.
        ArraysDamagedError: Anything else.
    """
    with open_regular(file) if isinstance(file, Path) else file as content:
        try:
            arrays = np.load(content, allow_pickle=False)
            if not isinstance(arrays, NpzFile):
                raise ValueError("it is a single array")
            with arrays:
                yield arrays
        except Exception as error:
            reason = str(error) or type(error).__name__
            if "pickle" in reason:  # NumPy advises to unpickle it
                reason = "it holds something other than arrays of numbers and texts"
            raise ArraysDamagedError(reason) from error


def is_locked(path: Path) -> bool:
    """Whether a process holds a `FileLock` of this file.

    Any number of processes may ask at once, since they try a shared lock; with exclusive locks they
    would take each other for the holder.
    """
    if sys.platform == "win32":  # Windows has no shared locks
        if not path.exists():
            return False
        lock = FileLock(path)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            return True
        lock.release()
        return False
    try:
        with open_regular(path) as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # there is none, or what is there is no lock
        return False
    return False
