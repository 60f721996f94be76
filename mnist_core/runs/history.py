"""A run's history.jsonl, one row per line: batches, epochs and events, written and read."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path
from typing import BinaryIO, NamedTuple

FLUSH_SECONDS = 0.1  # how often batch rows reach the disk
MAX_BYTES = 2**27  # the longest history; the longest training writes about 30 million
_HIGHEST = 1e12  # largest step, epoch or time
_ENDING = 200  # bytes, about a row: if these have changed, rows that were read are no longer valid


class BatchRow(NamedTuple):
    """A batch.

    Attributes:
        step: The number of the batch, from 1.
        epoch: How many epochs were done after the batch, such as 2.25.
        loss, accuracy: Those on its digits, before its update. Like all figures in a row, they are
            NaN if the file has no number for them.
        learning_rate: The learning rate of its update.
        time: Seconds of training up to then, over all sessions.
    """

    step: int
    epoch: float
    loss: float
    accuracy: float
    learning_rate: float
    time: float


class EpochRow(NamedTuple):
    """An epoch.

    Attributes:
        epoch: Its number, from 1.
        step, learning_rate, time: Those of its last batch.
        loss, accuracy: Means over its batches.
        val_loss, val_accuracy: Those on the validation digits after it.
    """

    epoch: int
    step: int
    loss: float
    accuracy: float
    val_loss: float
    val_accuracy: float
    learning_rate: float
    time: float


class EventRow(NamedTuple):
    """A user's request, or that a training was resumed or pruned.

    Attributes:
        event: "pause", "resume", "stop", "prune" or "learning_rate".
        step, time: Those of the last batch before it.
        learning_rate: The new one, if it was changed; else None.
    """

    event: str
    step: int
    time: float
    learning_rate: float | None = None


Row = BatchRow | EpochRow | EventRow
KINDS: dict[type[Row], str] = {BatchRow: "batch", EpochRow: "epoch", EventRow: "event"}


def to_line(row: Row) -> str:
    """The row as a line of the file. Numbers have six significant digits."""
    values: dict[str, object] = {"kind": KINDS[type(row)]}
    for name, value in row._asdict().items():
        if value is not None:
            values[name] = float(f"{value:.6g}") if isinstance(value, float) else value
    return json.dumps(values) + "\n"


def from_line(line: bytes) -> Row | None:
    """The row of a line; None if the line is damaged: not JSON, or without a kind, step, epoch or
    time. Any other figure may be missing; it is then NaN."""
    try:
        data = json.loads(line)
        step, at = _number(data["step"]), _place(data["time"])
        rate = _figure(data, "learning_rate")
        if data["kind"] == "event":
            return EventRow(str(data["event"]), step, at, None if math.isnan(rate) else rate)
        loss, accuracy = _figure(data, "loss"), _figure(data, "accuracy")
        if data["kind"] == "batch":
            return BatchRow(step, _place(data["epoch"]), loss, accuracy, rate, at)
        if data["kind"] == "epoch":
            validation = _figure(data, "val_loss"), _figure(data, "val_accuracy")
            epoch = _number(data["epoch"])
            return EpochRow(epoch, step, loss, accuracy, *validation, rate, at)
    except (ValueError, OverflowError, KeyError, TypeError, RecursionError):
        pass
    return None


def _place(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _HIGHEST:
        return value
    raise ValueError("no step, epoch or time")


def _number(value: object) -> int:
    if isinstance(value, int):
        return int(_place(value))
    raise ValueError("no whole number")


def _figure(data: dict[str, object], name: str) -> float:
    value = data.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    return math.nan


class HistoryWriter:
    """Appends rows; those of batches reach the disk every tenth of a second, others at once."""

    def __init__(self, path: Path, length: int) -> None:
        """Append after the first `length` bytes of the file, and remove what follows them. If a
        power cut has left fewer, append after these, on a new line."""
        self._file = path.open("a+", encoding="utf-8")
        lacks = path.stat().st_size < length
        if lacks:
            self._file.write("\n")
        else:
            self._file.truncate(length)
        self._flushed = -math.inf

    def write(self, row: Row) -> None:
        """Append a row."""
        self._file.write(to_line(row))
        if not isinstance(row, BatchRow) or time.monotonic() - self._flushed >= FLUSH_SECONDS:
            self._file.flush()
            self._flushed = time.monotonic()

    def length(self) -> int:
        """Length of the file in bytes, with all rows."""
        self._file.flush()
        return self._file.tell()

    def close(self) -> None:
        """Write what is still buffered and close the file."""
        self._file.close()


class HistoryReader:
    """Reads rows as they are added. A missing file, or a directory in its place, has no rows;
    damaged lines are left out."""

    def __init__(self, path: Path) -> None:
        self._path, self._offset, self._ending = path, 0, b""

    def read(self) -> tuple[list[Row], bool]:
        """The rows since the last call, and False; or all rows, and True, if those read before are
        no longer valid, since a resumed training removes what came after its checkpoint. An
        unfinished line is left for the next call."""
        if not self._path.is_file():
            return [], False
        with self._path.open("rb") as file:
            anew = self._ending_in(file) != self._ending
            if anew:
                self._offset = 0
            file.seek(self._offset)
            data = file.read(max(0, MAX_BYTES - self._offset))
            complete = data[: data.rfind(b"\n") + 1]
            self._offset += len(complete)
            self._ending = self._ending_in(file)
        return rows_of(complete.splitlines()), anew

    def _ending_in(self, file: BinaryIO) -> bytes:
        """The last bytes of the file before the point up to which it was read."""
        start = max(0, self._offset - _ENDING)
        file.seek(start)
        return file.read(self._offset - start)


def rows_of(lines: list[bytes]) -> list[Row]:
    """The rows of these lines, without damaged ones."""
    return [row for line in lines if (row := from_line(line)) is not None]
