"""A run's history.jsonl: rows of batches, epochs and events, written and followed."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path
from typing import Any

FLUSH_SECONDS = 0.1  # how often batch rows reach the disk
_ENDING = 200  # bytes, about a row, by which a file is known again

Rows = list[dict[str, Any]]


class HistoryWriter:
    """Appends rows; those of batches reach the disk every tenth of a second, others at once."""

    def __init__(self, path: Path, length: int) -> None:
        """Go on after the first ``length`` bytes of the file; what follows them is dropped."""
        self._file = path.open("a+", encoding="utf-8")
        self._file.truncate(length)
        self._flushed = -math.inf

    def write(self, **row: Any) -> None:
        rounded = {k: float(f"{v:.6g}") if isinstance(v, float) else v for k, v in row.items()}
        self._file.write(json.dumps(rounded) + "\n")
        if row["kind"] != "batch" or time.monotonic() - self._flushed >= FLUSH_SECONDS:
            self._file.flush()
            self._flushed = time.monotonic()

    def length(self) -> int:
        self._file.flush()
        return self._file.tell()

    def close(self) -> None:
        self._file.close()


class HistoryReader:
    """Reads rows as they come. A file that is not there yet has none."""

    def __init__(self, path: Path) -> None:
        self._path, self._offset, self._ending = path, 0, b""

    def read(self) -> tuple[Rows, bool]:
        """The rows since the last call. Or, and then the second is True, all rows, as those read
        before are void: a resumed training drops what came after its checkpoint. A line that is
        not finished yet is left for the next call."""
        if not self._path.exists():
            return [], False
        with self._path.open("rb") as file:
            anew = self._ending_in(file) != self._ending
            if anew:
                self._offset = 0
            file.seek(self._offset)
            data = file.read()
            complete = data[: data.rfind(b"\n") + 1]
            self._offset += len(complete)
            self._ending = self._ending_in(file)
        return [json.loads(line) for line in complete.splitlines()], anew

    def _ending_in(self, file: Any) -> bytes:
        """What the file has where the rows that were read ended."""
        start = max(0, self._offset - _ENDING)
        file.seek(start)
        return file.read(self._offset - start)
