"""Learning curves that grow in place: one chart element, which keeps zoom, hover and hidden lines.

`st.plotly_chart` would be built anew at every update of a polling fragment. Here the browser keeps
its points and is sent only new ones; when it lacks some, after a reload or a return to the page, it
asks for all. live_curves.js draws them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from mnist_core.config.palette import RUN_MARKS
from mnist_core.runs.history import EpochRow
from mnist_core.runs.run import Run
from pages.components.shell.javascript import component
from pages.components.shell.state import RUN_COLOURS
from pages.components.train.curves.curve_data import History, Sent
from pages.components.widgets.browser import plotly_library

HTML = '<div class="learning-curves plotly-chart" role="figure" aria-label="Learning curves"></div>'

LONG_TRAINING = 50  # epochs; of more, a linear axis shows most as a flat line


def learning_curves(
    *runs: Run,
    beside: Sequence[Run] = (),
    compared: bool = False,
    log_scale: bool = False,
    key: str = "learning-curves",
) -> None:
    """Show the runs' loss and accuracy by epoch; call it again to add what is new.

    Args:
        runs: One run, shown in full: batches, epochs, validation, learning rate; or several, of
            which the epochs are compared.
        beside: Runs whose epochs are drawn as thin lines beside the one run.
        compared: Whether one run alone is drawn as one of several, where others will join it.
        log_scale: Whether loss and error (1 − accuracy) have logarithmic axes.
        key: Identity of the chart in the page, also its CSS class `st-key-<key>`.
    """
    state_key = f"{key}-sent"
    sent = st.session_state.setdefault(state_key, Sent())
    known, payloads, now_sent = sent.certain(), [], {}
    compared_runs = [*runs, *beside] if compared or len(runs) > 1 else beside
    given = st.session_state.setdefault(RUN_COLOURS, {})
    give_colours(given, [run.id for run in compared_runs])
    for run in (*runs, *beside):
        history = _history(str(run.history_path))
        payload, now_sent[run.id] = history.payload(run, known.get(run.id))
        colour = given[run.id] if run in compared_runs else None
        payloads.append(payload | {"colour": colour})
    sent.add(now_sent)
    component(__file__, HTML)(
        key=key,
        data={"plotly": plotly_library.address(), "runs": payloads, "log": log_scale},
        on_resync_change=sent.missed,
    )


@st.fragment
def compared_curves(*runs: Run) -> None:
    """Show the curves of several runs in one chart, with a switch for a log scale."""
    place = st.container()
    long = any(run.config.epochs > LONG_TRAINING for run in runs)
    log_scale = st.toggle("Log scale", value=long, key="compared-log-scale")
    with place:
        learning_curves(*runs, log_scale=log_scale, key="compared-curves")


def epoch_rows(run: Run) -> list[EpochRow]:
    """The run's epochs so far; only what is new is read."""
    return _history(str(run.history_path)).epochs()


def preload() -> None:
    """Have the browser load Plotly before there are curves to draw."""
    with st.container(key="curves-to-come"):
        component(__file__, HTML)(
            key="preload-plotly", data={"plotly": plotly_library.address(), "runs": []}
        )


def give_colours(given: dict[str, int], shown: Sequence[str]) -> None:
    """Give runs that are shown together different colours.

    Args:
        given: Each run's index in RUN_MARKS; changed only if an earlier run has it.
        shown: Ids of at most as many runs as there are colours.
    """
    kept = {given[run_id]: run_id for run_id in reversed(shown) if run_id in given}
    free = set(range(len(RUN_MARKS))) - kept.keys()
    unused_first = iter(sorted(free, key=lambda colour: (colour in given.values(), colour)))
    for run_id in shown:
        if run_id not in kept.values():
            given[run_id] = next(unused_first)


@st.cache_resource(show_spinner=False, max_entries=64)
def _history(path: str) -> History:
    return History(Path(path))
