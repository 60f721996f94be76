"""Files in a folder, from an upload or in a zip archive, read one by one.

Nothing is unpacked to the disk, and no more is read into memory than is allowed: neither archives
nor the headers and names in them can be trusted.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from mnist_core.errors import DigitLabError

MAX_FILES = 300_000
_IGNORED = re.compile(r"(^|/)(\.|__MACOSX/|Thumbs\.db$|desktop\.ini$)")  # made by operating systems

_DRIVE = re.compile("[A-Za-z]:")  # a Windows drive at the beginning of a path


class LabelledFilesError(DigitLabError, ValueError):
    """Files hold no usable data set; the message says why, and what is expected."""


class File(NamedTuple):
    """A file, wherever it lies.

    Attributes:
        name: Its path within the folder or archive, with slashes.
        size: Its size in bytes, as far as it is known.
        read: Given the most bytes that it may have, returns its content; raises LabelledFilesError
            if it has more, and OSError if it can't be read.
    """

    name: str
    size: int
    read: Callable[[int], bytes]


def files_of(path: Path) -> list[File]:
    """A single file, or all files in a folder and its subfolders.

    Raises:
        LabelledFilesError: There is no such path, or there are far too many files.
    """
    if path.is_dir():
        found = [one for one in sorted(path.rglob("*")) if one.is_file()]
        names = [one.relative_to(path).as_posix() for one in found]
    elif path.is_file():
        found, names = [path], [path.name]
    else:
        raise LabelledFilesError(f"There is no file or folder {path}.")
    if len(found) > MAX_FILES:
        raise LabelledFilesError(f"{path} has {len(found):,} files; at most {MAX_FILES:,} can be.")

    def reader(one: Path) -> Callable[[int], bytes]:
        def read(most: int) -> bytes:
            with one.open("rb") as content:
                return read_at_most(content, most, one.name)

        return read

    return [
        File(name, one.stat().st_size, reader(one)) for name, one in zip(names, found, strict=True)
    ]


def in_memory(name: str, content: bytes) -> File:
    """A file whose content is in memory, such as an upload."""
    return File(name, len(content), lambda most: read_at_most(io.BytesIO(content), most, name))


class Unpacked:
    """The files themselves, or if they are a single zip archive, the files in it. No more than
    `most` bytes of them are read in all."""

    def __init__(self, files: Sequence[File], most: int) -> None:
        self._files, self._most, self._left = files, most, most
        self._archive: zipfile.ZipFile | None = None

    def __enter__(self) -> list[File]:
        files = [one for one in self._files if not _IGNORED.search(one.name)]
        if len(files) == 1 and files[0].name.lower().endswith(".zip"):
            files = self._in_archive(files[0])
        if not files:
            raise LabelledFilesError("There are no files here.")
        return [one._replace(read=self._counted(one)) for one in files]

    def __exit__(self, *failed: object) -> None:
        if self._archive:
            self._archive.close()

    def _counted(self, file: File) -> Callable[[int], bytes]:
        def read(most: int) -> bytes:
            if self._left <= 0:
                raise LabelledFilesError(f"The files have more than {self._most:,} bytes together.")
            content = file.read(min(most, self._left))
            self._left -= len(content)
            return content

        return read

    def _in_archive(self, file: File) -> list[File]:
        content = file.read(self._most)
        try:
            self._archive = archive = zipfile.ZipFile(io.BytesIO(content))
        except (
            zipfile.BadZipFile,
            NotImplementedError,
            ValueError,
            OSError,
            struct.error,
        ) as error:
            raise LabelledFilesError(f"{file.name} is no zip archive ({error}).") from error
        entries = [one for one in archive.infolist() if not one.is_dir()]
        _check_entries(file.name, entries, self._most)
        files = (
            File(one.filename.replace("\\", "/"), one.file_size, _reader(archive, one))
            for one in entries
        )
        return [one for one in files if not _IGNORED.search(one.name)]


def _check_entries(archive: str, entries: Sequence[zipfile.ZipInfo], most: int) -> None:
    """Raise LabelledFilesError if an archive of this name must not be read: too many files, more
    than `most` bytes unpacked, names that lead out of it, or a password."""
    if len(entries) > MAX_FILES:
        raise LabelledFilesError(
            f"{archive} has {len(entries):,} files; at most {MAX_FILES:,} can be."
        )
    for one in entries:
        path = PurePosixPath(one.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or _DRIVE.fullmatch(path.parts[0]):
            raise LabelledFilesError(
                f"{archive} is refused: the name {one.filename!r:.80} in it leads out of the "
                "archive. Pack the folder anew."
            )
        if one.flag_bits & 1:
            raise LabelledFilesError(f"{archive} needs a password. Pack it without one.")
    if (size := sum(one.file_size for one in entries)) > most:
        raise LabelledFilesError(
            f"{archive} would have {size:,} bytes unpacked; at most {most:,} can be."
        )


def _reader(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Callable[[int], bytes]:
    """A function that reads a file in an archive; it raises OSError if the file is damaged."""

    def read(most: int) -> bytes:
        try:
            with archive.open(entry) as content:
                return read_at_most(content, most, entry.filename)
        except LabelledFilesError:  # or it would be caught below, as a ValueError
            raise
        except (
            zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError,
            ValueError, struct.error,
        ) as error:  # fmt: skip
            raise OSError(f"it is damaged ({error})") from error

    return read


def read_at_most(content: IO[bytes], most: int, name: str) -> bytes:
    """The content of an open file. Raises LabelledFilesError if it has more bytes."""
    found = content.read(most + 1)
    if len(found) > most:
        raise LabelledFilesError(f"{name} has more than {most:,} bytes.")
    return found
