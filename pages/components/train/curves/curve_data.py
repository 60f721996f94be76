"""A run's history as the learning curves need it: thinned, smoothed, and only what is new."""

from __future__ import annotations

import math
import secrets
import threading
import time
from array import array
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnist_core.runs.history import BatchRow, EpochRow, EventRow, HistoryReader
from mnist_core.runs.run import Run
from pages.components.train.curves.curve_marks import marks

# Batch points of a run on screen; of more rows 2, 4, 8 … become one point. Four times as many
# stand so close on a laptop's chart that their line becomes an area.
MAX_POINTS = 500
SMOOTHING = 0.25  # the moving average is over so many epochs at the most
SMOOTHED_SHARE = 0.1  # but at most over this share of the epochs so far, so the start is seen
OVERLAP = 3.0  # seconds; what a slow browser was sent within them, it is sent again
BATCH_FIELDS = ("epoch", "loss", "accuracy", "learning_rate")
EPOCH_FIELDS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate")

Columns = dict[str, NDArray[np.float64]]
Mark = tuple[str, int, int]  # version, points and epochs that the browser has


class Sent:
    """What a browser has been sent.

    Of updates that follow each other closely Streamlit delivers the last one only. A browser that
    has missed one is slow; from then on each update repeats those of the last `OVERLAP` seconds.
    """

    def __init__(self) -> None:
        self._overlap = 0.0
        self._marks: list[tuple[float, dict[str, Mark]]] = []  # with their times

    def certain(self) -> dict[str, Mark]:
        """For each run, up to where the browser is sure to have the data; only the rest is sent."""
        before = time.monotonic() - self._overlap
        old = [marks for sent, marks in self._marks if sent <= before]
        del self._marks[: max(len(old) - 1, 0)]
        return old[-1] if old else {}

    def add(self, marks: dict[str, Mark]) -> None:
        """Note, by run, what it is sent now."""
        self._marks.append((time.monotonic(), marks))

    def missed(self) -> None:
        """The browser lacks something: send everything again."""
        self._overlap, self._marks = OVERLAP, []


class History:
    """A run's rows as columns. Each call reads the file on from where it ended before."""

    def __init__(self, path: Path) -> None:
        self._reader, self._lock = HistoryReader(path), threading.Lock()
        self._clear()

    def _clear(self) -> None:
        self._version = secrets.token_hex(4)
        self._batches = {field: array("d") for field in BATCH_FIELDS}
        self._epochs: list[EpochRow] = []
        self._events: list[tuple[float, EventRow]] = []  # each with the epoch that it came in

    def _read(self) -> None:
        """Read the rows that were added."""
        rows, anew = self._reader.read()
        if anew:
            self._clear()
        for row in rows:
            if isinstance(row, BatchRow):
                for field, column in self._batches.items():
                    column.append(getattr(row, field))
            elif isinstance(row, EpochRow):
                self._epochs.append(row)
            else:
                last = self._batches["epoch"][-1] if self._batches["epoch"] else 0.0
                self._events.append((last, row))

    def epochs(self) -> list[EpochRow]:
        """The rows of epochs."""
        with self._lock:
            self._read()
            return list(self._epochs)

    def payload(self, run: Run, sent: Mark | None) -> tuple[dict[str, Any], Mark]:
        """The rows the browser lacks, and a mark to pass to the next call.

        Args:
            run: The run whose history this is.
            sent: The mark returned with the last payload; None if nothing was sent.
        """
        with self._lock:
            self._read()
            stride, points = batch_points({k: np.array(v) for k, v in self._batches.items()})
            version = f"{self._version}-{stride}"
            epochs, events = list(self._epochs), list(self._events)
        start, first_epoch = sent[1:] if sent is not None and sent[0] == version else (0, 0)
        payload = {
            "id": run.id,
            "name": run.name,
            "version": version,
            "stride": stride,
            "start": start,
            "batches": {name: _json_ready(column[start:]) for name, column in points.items()},
            "first_epoch": first_epoch,
            "epochs": [
                {field: _finite(getattr(row, field)) for field in EPOCH_FIELDS}
                for row in epochs[first_epoch:]
            ],
            "marks": marks(epochs, events, run.config, run.status().state, run.continued_at),
        }
        return payload, (version, len(points["epoch"]), len(epochs))


def batch_points(columns: Columns, most: int = MAX_POINTS) -> tuple[int, Columns]:
    """Thin batch rows to at most `most` points, each the mean of `stride` rows.

    Points do not change as rows are added, except when the stride doubles.

    Args:
        columns: "epoch" and others, among them "loss" and "accuracy", each (n,) float64, by
            rising epoch.
        most: Highest number of points.

    Returns:
        The stride, a power of two, and columns of n // stride points: "epoch" (of a group's last
        row), the means of the others, and the moving averages "mean_loss" and "mean_accuracy".
    """
    epoch = columns["epoch"]
    stride = 1
    while len(epoch) // stride > most:
        stride *= 2
    whole = len(epoch) // stride * stride
    points = {"epoch": epoch[stride - 1 : whole : stride]}
    for field in columns.keys() - {"epoch"}:
        points[field] = columns[field][:whole].reshape(-1, stride).mean(axis=1)
    windows = np.minimum(SMOOTHING, SMOOTHED_SHARE * epoch[:whole])
    for field in ("loss", "accuracy"):
        average = moving_average(epoch[:whole], columns[field][:whole], windows)
        points[f"mean_{field}"] = average[stride - 1 :: stride]
    return stride, points


def moving_average(
    x: NDArray[np.float64], values: NDArray[np.float64], window: float | NDArray[np.float64]
) -> NDArray[np.float64]:
    """At every x, the mean of the values in (x − window, x]; x must not decrease. All (n,)."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    first = np.searchsorted(x, x - window, side="right")
    end = np.arange(1, len(x) + 1)
    first = np.minimum(first, end - 1)
    return (sums[end] - sums[first]) / (end - first)


def _json_ready(column: NDArray[np.float64]) -> list[float | None]:
    """Rounded to five significant digits; None for NaN, which JSON lacks."""
    return [_finite(value) for value in column.tolist()]


def _finite(value: float | None) -> float | None:
    return float(f"{value:.5g}") if value is not None and math.isfinite(value) else None
