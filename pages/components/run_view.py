"""A run on screen: its state, progress, curves, epochs and outcome."""

from __future__ import annotations

import csv
import io
import time

import streamlit as st

from mnist_core import jobs, runs
from mnist_core.config import TrainingConfig
from mnist_core.runs import Run, Status
from pages.components import layout
from pages.components.live_curves import learning_curves
from pages.components.training_form import name_of

REFRESH = 0.5  # seconds
FIRST_REFRESH = 0.2  # until there are points
STOP_PATIENCE = 15  # seconds after which a worker that does not stop may be ended
HISTORY_COLUMNS = (
    "kind", "epoch", "step", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate",
    "time", "event",
)  # fmt: skip
STATES = {
    "queued": ("hourglass_empty", "Waiting for its turn"),
    "starting": ("hourglass_top", "Starting"),
    "training": ("model_training", "Training"),
    "paused": ("pause_circle", "Paused"),
    "evaluating": ("fact_check", "Evaluating on the test digits"),
    "done": ("check_circle", "Done"),
    "stopped": ("stop_circle", "Stopped"),
    "failed": ("error", "Failed"),
    "interrupted": ("heart_broken", "Interrupted"),
}


def duration(seconds: float) -> str:
    """12 s, 3 min 5 s, 2 h 10 min."""
    seconds = round(seconds)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60} min"


def history_csv(run: Run) -> str:
    """All rows of the history, batches, epochs and events, as CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, HISTORY_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(run.history()[0])
    return text.getvalue()


def settings_in_words(config: TrainingConfig) -> str:
    """The network and its training in a line."""
    widths = " → ".join(str(width) for width in (784, *(la.units for la in config.layers), 10))
    activations = ", ".join(dict.fromkeys(name_of(layer.activation) for layer in config.layers))
    return (
        f"{widths}, {activations}; {name_of(config.optimizer)}, learning rate "
        f"{config.learning_rate:g} ({name_of(config.schedule)}), batch {config.batch_size}, "
        f"{config.validation_split:.0%} validation, seed {config.seed}"
    )


def show_run(run: Run) -> None:
    """Show a run; while it is active the view refreshes itself."""
    if run.status().active:
        begun = run.last_row() is not None
        st.fragment(_live, run_every=REFRESH if begun else FIRST_REFRESH)(run, begun)
    else:
        _view(run, run.status())


def _live(run: Run, begun: bool) -> None:
    status = run.status()
    if not status.active or (not begun and run.last_row() is not None):
        st.rerun()  # the whole page: its buttons and links change too, or the refresh rate
    _view(run, status)


def _view(run: Run, status: Status) -> None:
    rows = run.epoch_rows()
    _show_status(run, status, rows)
    with st.container(key="learning-curves-panel"):
        learning_curves(run)
    if status.summary:
        _show_summary(run, status)
    if rows:
        _show_epochs(rows)


def _show_status(run: Run, status: Status, rows: list[dict]) -> None:
    icon, text = STATES[status.state]
    stopping = status.active and run.control().stop
    with st.container(key="training-status"):
        st.markdown(
            f":material/{icon}: **{'Stopping' if stopping else text}** · {layout.plain(run.name)}"
        )
        if status.state == "queued" and not stopping:
            ahead = len(runs.waiting_before(run))
            place = f"{ahead} more wait before it." if ahead else "It is the next."
            st.caption(f"Another training is running. {place} It starts by itself.")
        elif status.message:
            show = st.error if status.state in ("failed", "interrupted") else st.caption
            show(layout.plain(status.message))
        if status.state in ("training", "paused"):
            _show_progress(run)
    if stopping and time.time() - run.control_path.stat().st_mtime > STOP_PATIENCE:
        st.warning("The training process does not answer.")
        if st.button("End it now", icon=":material/dangerous:", key="kill-training"):
            jobs.kill(run)
            st.rerun()


def _show_progress(run: Run) -> None:
    last = run.last_row()
    if last is None:
        st.progress(0.0, "Building the network")
        return
    share = min(1.0, last["epoch"] / run.config.epochs)
    left = last["time"] * (1 / share - 1) if share else 0
    at_most = " at most" if run.config.early_stopping_patience else ""
    st.progress(
        share,
        f"Epoch {min(int(last['epoch']) + 1, run.config.epochs)} of {run.config.epochs} · "
        f"{duration(last['time'])} so far, {duration(left)} left{at_most}",
    )


def _show_summary(run: Run, status: Status) -> None:
    s = status.summary
    data = "MNIST's" if status.dataset == "mnist" else "the offline sample's"
    st.subheader("How it went")
    with st.container(key="training-summary", horizontal=True):
        st.metric("Test accuracy", f"{s['test_accuracy']:.2%}", border=True)
        st.metric("Wrong", f"{s['test_errors']} of {s['test_size']:,}", border=True)
        st.metric("Test loss", f"{s['test_loss']:.4f}", border=True)
        if s["best_epoch"]:
            st.metric(
                "Best validation accuracy",
                f"{s['best_val_accuracy']:.2%}",
                border=True,
                help=f"After epoch {s['best_epoch']}, where the validation loss was lowest: "
                f"{s['best_val_loss']:.4f}.",
            )
        st.metric("Epochs", s["epochs"], border=True)
        st.metric("Parameters", f"{s['parameters']:,}", border=True)
        st.metric("Time", duration(s["seconds"]), border=True)
    st.caption(f"Measured on {data} {s['test_size']:,} test digits, which training never sees.")
    with st.container(horizontal=True):
        query = {"run": run.id}
        for page, label, icon in (
            ("pages/confusion_matrix.py", "Confusion matrix", "grid_on"),
            ("pages/misclassified.py", "Misclassified digits", "error_outline"),
            ("app.py", "Draw a digit for it", "draw"),
        ):
            st.page_link(page, label=label, icon=f":material/{icon}:", query_params=query)


def _show_epochs(rows: list[dict]) -> None:
    with st.expander(f"Epochs ({len(rows)})", icon=":material/table_rows:"):
        st.dataframe(
            {
                "Epoch": [row["epoch"] for row in rows],
                "Loss": [row["loss"] for row in rows],
                "Accuracy": [row["accuracy"] for row in rows],
                "Validation loss": [row["val_loss"] for row in rows],
                "Validation accuracy": [row["val_accuracy"] for row in rows],
                "Learning rate": [row["learning_rate"] for row in rows],
                "Seconds": [row["time"] for row in rows],
            },
            hide_index=True,
            column_config={
                "Loss": st.column_config.NumberColumn(format="%.4f"),
                "Validation loss": st.column_config.NumberColumn(format="%.4f"),
                "Accuracy": st.column_config.NumberColumn(format="percent"),
                "Validation accuracy": st.column_config.NumberColumn(format="percent"),
                "Learning rate": st.column_config.NumberColumn(format="%.2e"),
                "Seconds": st.column_config.NumberColumn(format="%.1f"),
            },
        )
