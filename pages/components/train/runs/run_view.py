"""A run on screen: its state, progress, learning curves, epochs and results."""

from __future__ import annotations

import math
import time

import streamlit as st

from mnist_core.config.formatting import accuracy_text
from mnist_core.evaluation.learning_curves import findings
from mnist_core.evaluation.run_figures import (
    VALIDATION_ACCURACY,
    summary_figures,
    training_figures,
)
from mnist_core.jobs import queue
from mnist_core.runs import store
from mnist_core.runs.history import EpochRow
from mnist_core.runs.records import RESUMABLE_STATES, SUMMED_UP_STATES, Status, Summary
from mnist_core.runs.run import Run
from pages.components.shell import dataset, empty_states, networks, presence
from pages.components.shell.classes import a_thing, things
from pages.components.shell.steady import steady
from pages.components.shell.text import plain
from pages.components.train.curves import curves_in_words
from pages.components.train.curves.live_curves import epoch_rows, learning_curves
from pages.components.train.experiments import ab_test
from pages.components.train.runs.downloads import show_downloads
from pages.components.train.runs.fine_tuning_result import before_and_after
from pages.components.train.runs.replay import (
    WatchedDigits,
    choose_watched_digits,
    show_replay,
    show_watched_digits,
)
from pages.components.train.runs.run_controls import show_status

REFRESH = 0.5  # seconds
WAITING_REFRESH = 2.0  # seconds, where others are ahead in the queue
HANDOVER = 0.15  # seconds within which a standby, if there is one, takes a run
MAX_BESIDE = 6
EPOCH_COLUMNS = {  # field: (heading, number format)
    "epoch": ("Epoch", None),
    "loss": ("Loss", "%.4f"),
    "accuracy": ("Accuracy", "percent"),
    "val_loss": ("Validation loss", "%.4f"),
    "val_accuracy": ("Validation accuracy", "percent"),
    "learning_rate": ("Learning rate", "%.2e"),
    "time": ("Seconds", "%.1f"),
}
_HELP = {
    "Test loss": "Mean cross-entropy, in nats, before calibration.",
    "Parameters": "Weights and biases.",
}
_NEW = "view-is-new"


def show_run(run: Run) -> None:
    """Show a run; while it is active the view refreshes itself."""
    view = st.container()
    with steady():
        data = None
        if dataset.is_there(run.config.data):
            data = dataset.get()
            watched = choose_watched_digits(data)
        else:
            watched = WatchedDigits.none()
            st.info(empty_states.data_gone(run.config.data.name if run.config.data else "MNIST"))
    active, every = run.status().active, refresh(run)
    st.session_state[_NEW] = True
    with view:
        # A fragment even when nothing changes: its elements then keep their places on the page.
        st.fragment(_live, run_every=every)(run, watched, every)
    if not active:
        if data:
            show_replay(run, watched, data)
        if rows := epoch_rows(run):
            _show_epochs(rows)
        if run.status().state in RESUMABLE_STATES:
            _watch_for_resuming(run)
        if run.ready and not (networks.calibration(run) or networks.not_calibrated(run)):
            _watch_for_calibration(run)


def refresh(run: Run) -> float | None:
    """Seconds between two looks at a run; None for one that has ended. In a class many wait for
    minutes: the pages of 25 who look twice a second would take a core of the server."""
    status = run.status()
    if not status.active:
        return None
    waits = status.state == "queued" and queue.waiting_before(run)
    return WAITING_REFRESH if waits else REFRESH


@st.fragment(run_every=4 * REFRESH)
def _watch_for_resuming(run: Run) -> None:
    """Rerun the page when another visitor resumes or deletes the run."""
    if run.status().active or not run.directory.exists():
        st.rerun()


@st.fragment(run_every=2 * REFRESH)
def _watch_for_calibration(run: Run) -> None:
    """Rerun the page when the network, whose training has just ended, is calibrated."""
    if networks.calibration(run) is not None or networks.not_calibrated(run):
        st.rerun()


def _live(run: Run, watched: WatchedDigits, every: float | None) -> None:
    new, active = st.session_state.pop(_NEW, False), every is not None
    if active and not new:
        _wait_for_first_point(run, new=False)
    presence.note(run, presence.WATCHES)
    status = run.status()
    if every != refresh(run) or not run.directory.exists():
        st.rerun()  # the whole page: its links change too, or it says that the run is gone
    show_status(run, status)
    if active and new:  # once its state is on screen
        _wait_for_first_point(run, new=True)
    _view(run, status, watched)


def _wait_for_first_point(run: Run, new: bool) -> None:
    """Until there are points on the curves, look often, so that the first point and each change of
    state show at once.

    A view that was just opened waits until there is a point. One that is already on screen stops
    waiting at a change of state too, and early enough that Streamlit does not grey it out. Neither
    waits for a queued run.
    """
    before, begun = run.status().state, time.monotonic()
    patience = REFRESH if new else REFRESH / 2
    while run.last_row() is None and (waited := time.monotonic() - begun) < patience:
        state = run.status().state
        if state == "queued" and not (new and waited < HANDOVER):
            return
        if state != before and not new:
            return
        time.sleep(0.02)


def _view(run: Run, status: Status, watched: WatchedDigits) -> None:
    left, right = st.columns([5, 2]) if watched.names else (st.container(), None)
    curves = left.container(key="learning-curves-panel", gap="xxsmall")
    with left.container(horizontal=True, vertical_alignment="center"):
        log_scale = st.toggle("Log scale", key="log-scale")
        beside = _runs_beside(run)
    with curves:
        found = findings(epoch_rows(run), run.config, status)
        curves_in_words.headline(found)
        learning_curves(run, beside=beside, log_scale=log_scale)
        curves_in_words.details(found)
    if right is not None:
        with right:
            show_watched_digits(run, watched)
    if status.summary and status.state in SUMMED_UP_STATES:
        _show_summary(run, status, status.summary)


def _runs_beside(run: Run) -> list[Run]:
    """The runs that the visitor compares this one with."""
    others = {
        other.id: other
        for other in (*networks.visible_runs(), *store.list_pretrained())
        if other.id != run.id and other.history_path.is_file()
    }
    names = networks.distinct_names(list(others.values()))
    chosen = st.multiselect(
        "Compare with",
        list(others),
        key=f"beside-{run.id}",
        format_func=lambda run_id: names.get(run_id, run_id),
        max_selections=MAX_BESIDE,
        placeholder="Compare with other runs",
        label_visibility="collapsed",
    )
    return [others[run_id] for run_id in chosen if run_id in others]


def _show_summary(run: Run, status: Status, s: Summary) -> None:
    data = "MNIST's" if status.dataset == "mnist" else "the offline sample's"
    if run.config.data:
        data = f"the {plain(run.config.data.name)} data's"
    st.header("How it went")
    with st.container(key="training-summary", horizontal=True):
        for name, figure in summary_figures(s).items():
            st.metric(name, figure, border=True, help=_HELP.get(name))
        _show_validation(run, s)
        for name, figure in training_figures(run).items():
            if name != VALIDATION_ACCURACY:
                st.metric(name, figure, border=True, help=_HELP.get(name))
    st.caption(f"Measured on {data} {s.test_size:,} test {things()}, never used in training.")
    if run.base_name:  # it was fine-tuned on somebody's handwriting
        before_and_after(run, status)
    ab_test.outcome(run)
    with st.container(horizontal=True):
        query = {"run": run.id}
        for page, label, icon in (
            ("pages/confusion_matrix.py", "Confusion matrix", "grid_on"),
            ("pages/misclassified.py", f"Misclassified {things()}", "error_outline"),
            ("app.py", f"Draw {a_thing()} for it", "draw"),
        ):
            st.page_link(page, label=label, icon=f":material/{icon}:", query_params=query)
        ab_test.button(run)
    with st.container(horizontal=True, key="take-along"):
        show_downloads(run)


def _show_validation(run: Run, s: Summary) -> None:
    """The highest validation accuracy, and the one at the lowest validation loss."""
    if s.best_val_loss is None or s.best_val_accuracy is None:
        return
    measured = [row for row in epoch_rows(run) if math.isfinite(row.val_accuracy)]
    lowest = f"Where the validation loss was lowest ({s.best_val_loss:.4f}, epoch {s.best_epoch})"
    if not measured:
        st.metric(
            VALIDATION_ACCURACY,
            accuracy_text(s.best_val_accuracy),
            border=True,
            help=f"{lowest}.",
        )
        return
    best = max(measured, key=lambda row: row.val_accuracy)
    st.metric(
        "Best validation accuracy",
        accuracy_text(best.val_accuracy),
        border=True,
        help=f"After epoch {best.epoch}. {lowest} it was {accuracy_text(s.best_val_accuracy)}.",
    )


def _show_epochs(rows: list[EpochRow]) -> None:
    with st.expander(f"Epochs ({len(rows)})", icon=":material/table_rows:"):
        st.dataframe(
            {
                heading: [getattr(row, field) for row in rows]
                for field, (heading, _) in EPOCH_COLUMNS.items()
            },
            hide_index=True,
            column_config={
                heading: st.column_config.NumberColumn(format=form)
                for heading, form in EPOCH_COLUMNS.values()
            },
        )
