"""Learning curves that grow in place: one chart element, which keeps zoom, hover and hidden lines.

Why not `st.plotly_chart`: inside a polling fragment it is built anew at every update. Here the
browser keeps the points that it has and is sent new ones only; when it lacks some (a reload, a
return to the page) it asks for all. live_curves.js draws them.
"""

from __future__ import annotations

import math
import os
import secrets
import shutil
import threading
from array import array
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import plotly
import streamlit as st
from numpy.typing import NDArray

from mnist_core.config import TrainingConfig
from mnist_core.runs import Run

HERE = Path(__file__).parent
STATIC = HERE.parents[1] / "static"
MAX_POINTS = 2000  # batch points a run on screen; more rows are averaged in groups of 2, 4, 8 …
SMOOTHING = 0.25  # epochs up to a point that its moving average covers, at most
SMOOTHED_SHARE = 0.1  # of what has been seen that it covers, at most: it is to show the start
BATCH_FIELDS = ("epoch", "loss", "accuracy", "learning_rate")
EPOCH_FIELDS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate")
COLOURS = 6  # of live_curves.js, for runs among others

Columns = dict[str, NDArray[np.float64]]


def learning_curves(
    *runs: Run, beside: Sequence[Run] = (), log_scale: bool = False, key: str = "learning-curves"
) -> None:
    """Show loss and accuracy of the runs, over epochs; call it again to add what is new.

    Args:
        runs: One run (each batch, training, validation and learning rate), or several to compare.
        beside: Runs whose epochs are drawn as thin lines beside the one.
        log_scale: Whether the loss has a logarithmic axis.
        key: Identity of the chart in the page, also its CSS class `st-key-<key>`.
    """
    state_key = f"{key}-sent"
    sent = st.session_state.get(state_key, {})
    payloads, now_sent = [], {}
    for run in (*runs, *beside):
        history = _history(str(run.directory))
        payload, now_sent[run.id] = history.payload(run, sent.get(run.id))
        alone = len(runs) == 1 and run is runs[0]
        payloads.append(payload | {"colour": None if alone else _colour(run)})
    st.session_state[state_key] = now_sent
    _component()(
        key=key,
        data={
            "runs": payloads,
            "log": log_scale,
            "plotly": _plotly_file(),
        },
        on_resync_change=lambda: st.session_state.pop(state_key, None),
    )


def preload() -> None:
    """Have the browser load Plotly before there are curves to draw."""
    with st.container(key="curves-to-come"):
        _component()(key="preload-plotly", data={"runs": [], "plotly": _plotly_file()})


def _plotly_file() -> str:
    return f"plotly.min.js?v={plotly.__version__}"


def _colour(run: Run) -> int:
    """Number of the colour that is this run's as long as the visitor stays."""
    given = st.session_state.setdefault("run-colours", {})
    return given.setdefault(run.id, len(given) % COLOURS)


class History:
    """A run's rows as columns, read on from where the file ended at the last call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._clear()

    def _clear(self) -> None:
        self._offset = 0
        self._version = secrets.token_hex(4)
        self._batches = {field: array("d") for field in BATCH_FIELDS}
        self._epochs: list[dict[str, float | None]] = []
        self._events: list[dict[str, Any]] = []

    def read(self, run: Run) -> None:
        """Take in the rows that were added; start anew where the file was replaced."""
        path = run.history_path
        if self._offset > (path.stat().st_size if path.exists() else 0):
            self._clear()
        rows, self._offset = run.history(self._offset)
        for row in rows:
            if row["kind"] == "batch":
                for field, column in self._batches.items():
                    value = row.get(field)
                    column.append(math.nan if value is None else value)
            elif row["kind"] == "epoch":
                self._epochs.append({field: _finite(row.get(field)) for field in EPOCH_FIELDS})
            else:
                last = self._batches["epoch"][-1] if self._batches["epoch"] else 0.0
                self._events.append(row | {"epoch": last})

    def payload(
        self, run: Run, sent: tuple[str, int] | None
    ) -> tuple[dict[str, Any], tuple[str, int]]:
        """What the browser lacks, and a mark of what it has then.

        Args:
            run: The run that this is the history of.
            sent: The mark that came with the last payload; None where nothing was sent.
        """
        with self._lock:
            self.read(run)
            stride, points = batch_points({k: np.array(v) for k, v in self._batches.items()})
            version = f"{self._version}-{stride}"
            epochs, events = list(self._epochs), list(self._events)
        start = sent[1] if sent is not None and sent[0] == version else 0
        payload = {
            "id": run.id,
            "name": run.name,
            "version": version,
            "start": start,
            "batches": {name: _json_ready(column[start:]) for name, column in points.items()},
            "epochs": epochs,
            "marks": marks(epochs, events, run.config, run.status().state),
        }
        return payload, (version, len(points["epoch"]))


def marks(
    epochs: list[dict[str, float | None]],
    events: list[dict[str, Any]],
    config: TrainingConfig,
    state: str,
) -> list[dict[str, Any]]:
    """What is worth a mark on the curves, as {"epoch", "kind", "text"}.

    Kinds: "best" (lowest validation loss), "rate" (the learning rate fell on a plateau or was
    changed by hand), "pause", "end" (stopped early or by hand).
    """
    found = []
    losses = [row["val_loss"] if row["val_loss"] is not None else math.inf for row in epochs]
    if losses and min(losses) < math.inf:
        best = epochs[losses.index(min(losses))]["epoch"]
        found.append({"epoch": best, "kind": "best", "text": "best"})
    by_hand = [event for event in events if event["event"] == "learning_rate"]
    for event in by_hand:
        text = f"rate {event['learning_rate']:.2g}"
        found.append({"epoch": event["epoch"], "kind": "rate", "text": text})
    if config.schedule == "plateau":
        for before, after in pairwise(epochs):
            old, new = before["learning_rate"], after["learning_rate"]
            changed = any(before["epoch"] <= event["epoch"] < after["epoch"] for event in by_hand)
            if old and new and new < 0.999 * old and not changed:
                found.append({"epoch": before["epoch"], "kind": "rate", "text": f"rate {new:.2g}"})
    for event in events:
        if event["event"] in ("pause", "stop"):
            kind, text = ("pause", "pause") if event["event"] == "pause" else ("end", "stopped")
            found.append({"epoch": event["epoch"], "kind": kind, "text": text})
    early = config.early_stopping_patience and state == "done" and epochs
    if early and epochs[-1]["epoch"] < config.epochs:
        found.append({"epoch": epochs[-1]["epoch"], "kind": "end", "text": "stopped early"})
    return found


def batch_points(columns: Columns, most: int = MAX_POINTS) -> tuple[int, Columns]:
    """Thin batch rows to at most `most` points, each the mean of `stride` rows.

    Points never change as rows are added, until the stride doubles.

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
    """Mean of the values in (x − window, x] at every x; x must not fall. (n,) float64."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    first = np.searchsorted(x, x - window, side="right")
    end = np.arange(1, len(x) + 1)
    first = np.minimum(first, end - 1)
    return (sums[end] - sums[first]) / (end - first)


def _json_ready(column: NDArray[np.float64]) -> list[float | None]:
    """Five significant digits are more than a screen shows; JSON has no NaN."""
    return [_finite(value) for value in column.tolist()]


def _finite(value: float | None) -> float | None:
    return float(f"{value:.5g}") if value is not None and math.isfinite(value) else None


@st.cache_resource(show_spinner=False, max_entries=64)
def _history(directory: str) -> History:
    return History()


@cache
def _component():
    publish_plotly()
    return st.components.v2.component(
        "digit_lab_learning_curves",
        html='<div class="learning-curves" role="img" aria-label="Learning curves"></div>',
        css=(HERE / "live_curves.css").read_text("utf-8"),
        js=(HERE / "live_curves.js").read_text("utf-8"),
        isolate_styles=False,
    )


def publish_plotly(static: Path = STATIC) -> Path:
    """Copy plotly.min.js from the installed package to where Streamlit serves files; its path."""
    source = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    target = static / source.name
    if not target.exists() or target.stat().st_size != source.stat().st_size:
        static.mkdir(exist_ok=True)
        unfinished = target.with_name(f"{target.name}.{os.getpid()}.tmp")
        shutil.copyfile(source, unfinished)
        os.replace(unfinished, target)
    return target
