"""Many runs at a glance: parallel coordinates, a scatter plot of two columns, learning curves and a
table, all showing the same chosen runs; experiment_table.js draws them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from mnist_core.config.config import parameter_count
from mnist_core.config.formatting import accuracy_text, duration
from mnist_core.config.names import title_of, value_text
from mnist_core.config.sweep_plan import differing
from mnist_core.evaluation.sweeps import best_so_far, value_in
from mnist_core.runs.run import Run
from pages.components.shell.javascript import component
from pages.components.train.curves.live_curves import epoch_rows

HTML = (
    '<div class="experiment"><div class="choices"><span role="status">–</span>'
    '<button type="button">Show all runs</button>'
    '<label>Horizontal axis <select data-axis="0"></select></label>'
    '<label>Vertical axis <select data-axis="1"></select></label></div>'
    '<div class="plots"><div class="parallel"><svg viewBox="0 0 720 300" role="group" '
    'aria-label="Parallel coordinates of the runs"></svg></div>'
    '<div class="scatter"><svg viewBox="0 0 440 300" role="img" '
    'aria-label="Scatter plot of the runs"></svg></div>'
    '<div class="curves"><svg viewBox="0 0 440 300" role="img" '
    'aria-label="Learning curves of the runs"></svg></div></div>'
    '<div class="rows" tabindex="0" role="region" aria-label="Table of the runs"><table>'
    "<thead><tr></tr></thead><tbody></tbody></table></div></div>"
)
TICKS_APART = 0.08  # least distance between tick labels, as a share of the axis
LOGARITHMIC_FROM = 20  # ratio of highest to lowest value from which an axis is logarithmic
MAX_SETTINGS = 5  # columns of settings
MAX_CURVES = 48  # the newest runs'; each curve is read from a file


@dataclass(frozen=True)
class Column:
    """A column: its heading; the runs' values, None for a missing one; how a value is written; and
    what is added to it, by the run's index."""

    title: str
    values: Sequence[Any]
    written: Callable[[Any], str]
    marks: Mapping[int, str] = field(default_factory=dict)


def differing_hyperparameters(runs: Sequence[Run]) -> list[str]:
    """The hyperparameters in which the runs differ: first those that sweeps vary, last the seed."""
    swept = {
        name for run in runs if (part := run.description.sweep) for name in part.hyperparameters
    }
    differ = differing([run.config for run in runs])
    return sorted(differ, key=lambda name: name not in swept)[:MAX_SETTINGS]


def columns_of(runs: Sequence[Run]) -> list[Column]:
    """A column for every hyperparameter that differs, and then the runs' results."""
    varied = [
        Column(title_of(name), [value_in(run, name) for run in runs], value_text)
        for name in differing_hyperparameters(runs)
    ]
    summaries = [run.status().summary for run in runs]
    states = [run.status().state for run in runs]
    cut = {n: f" ({s})" for n, s in enumerate(states) if s in ("stopped", "pruned")}
    return [
        *varied,
        Column("Parameters", [_parameters(run) for run in runs], "{:,}".format),
        Column("Time", [s.seconds if s else None for s in summaries], duration),
        Column("Test accuracy", [s.test_accuracy if s else None for s in summaries], accuracy_text),
        Column("Validation accuracy", [best_so_far(run) for run in runs], accuracy_text, cut),
    ]


def _parameters(run: Run) -> int | None:
    return None if run.description.undecided else parameter_count(run.config)[0]


def places(values: Sequence[Any]) -> list[float | None]:
    """The places of values on an axis from 0 to 1: words are evenly spaced in their order; numbers
    are placed by size, or by its logarithm if they differ much. NaN and None have no place."""
    if any(isinstance(value, str) for value in values):
        words = sorted({str(value) for value in values if value is not None})
        steps = max(len(words) - 1, 1)
        return [None if v is None else words.index(str(v)) / steps for v in values]
    numbers = [None if v is None or not math.isfinite(v) else float(v) for v in values]
    known = [number for number in numbers if number is not None]
    if not known:
        return [None for _ in values]
    if min(known) > 0 and max(known) / min(known) >= LOGARITHMIC_FROM:
        numbers = [None if number is None else math.log(number) for number in numbers]
        known = [number for number in numbers if number is not None]
    low, high = min(known), max(known)
    if low == high:
        return [None if number is None else 0.5 for number in numbers]
    return [None if number is None else (number - low) / (high - low) for number in numbers]


def payload(runs: Sequence[Run], names: dict[str, str]) -> dict[str, Any]:
    """What experiment_table.js draws.

    Args:
        runs: at least one.
        names: by id, see `networks.distinct_names`.
    """
    columns = columns_of(runs)
    by_column = [_column(column) for column in columns]
    strengths = [place if place is not None else 0.0 for place in by_column[-1]["places"]]
    return {
        "columns": by_column,
        "names": [names[run.id] for run in runs],
        "links": [f"train?run={run.id}" for run in runs],
        "strengths": strengths,
        "axes": [0, len(columns) - 1],
        "curves": curves(runs),
    }


def curves(runs: Sequence[Run]) -> dict[str, Any]:
    """The runs' validation accuracy after each epoch, of the newest `MAX_CURVES`."""
    newest = {run.id for run in sorted(runs, key=lambda run: run.created)[-MAX_CURVES:]}
    rows_of_runs = [
        [row for row in epoch_rows(run) if math.isfinite(row.val_accuracy)]
        if run.id in newest
        else []
        for run in runs
    ]
    heights = [row.val_accuracy for part in rows_of_runs for row in part]
    up = {height: place or 0.0 for height, place in zip(heights, places(heights), strict=True)}
    last = max((row.epoch for part in rows_of_runs for row in part), default=1)
    across = {epoch: (epoch - 1) / max(last - 1, 1) for epoch in range(1, last + 1)}
    return {
        "points": [
            [(across[row.epoch], up[row.val_accuracy]) for row in part] for part in rows_of_runs
        ],
        "across": _ticks({place: str(epoch) for epoch, place in across.items()}),
        "up": _ticks({up[height]: accuracy_text(height) for height in heights}),
    }


def show(runs: Sequence[Run], names: dict[str, str], key: str) -> None:
    """Show the runs; for the arguments see `payload`."""
    component(__file__, HTML)(key=key, data=payload(runs, names))
    st.caption(
        "Drag along an axis or across the scatter plot to choose runs; click to choose all again. "
        "With the keyboard: Tab to an axis, ↑ and ↓ choose a value, with Shift several, Esc all."
        + ("" if len(runs) <= MAX_CURVES else f" Curves are those of the newest {MAX_CURVES}.")
    )


def _column(column: Column) -> dict[str, Any]:
    positions = places(column.values)
    texts = ["–" if value is None else column.written(value) for value in column.values]
    known = {place: text for place, text in zip(positions, texts, strict=True) if place is not None}
    marked = [text + column.marks.get(number, "") for number, text in enumerate(texts)]
    return {"title": column.title, "places": positions, "texts": marked, "ticks": _ticks(known)}


def _ticks(texts: Mapping[float, str]) -> list[tuple[float, str]]:
    """The labels and their places on an axis, without overlapping or repeated labels."""
    ticks: list[tuple[float, str]] = []
    for place in sorted(texts):
        if not ticks or (place - ticks[-1][0] >= TICKS_APART and texts[place] != ticks[-1][1]):
            ticks.append((place, texts[place]))
    return ticks
