"""Downloads of a run: model, weights, history, and the training as a Keras script."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from functools import partial

import streamlit as st

from mnist_core.config.fields import ConfigError
from mnist_core.network.inference import WeightsError, weights_npz
from mnist_core.runs.history import KINDS, EventRow
from mnist_core.runs.run import Run
from pages.components.shell import networks
from pages.components.shell.text import plain

HISTORY_COLUMNS = (
    "kind", "epoch", "step", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate",
    "time", "event",
)  # fmt: skip


def show_downloads(run: Run) -> None:
    """A button for each file that exists; a file is read when its button is clicked."""
    binary = "application/octet-stream"
    if run.model_path.exists():
        _button(run, "Model", "keras", run.model_path.read_bytes, binary)
    if run.weights_path.exists():
        _weights_button(run)
    if run.history_path.is_file():
        _button(run, "History", "csv", lambda: history_csv(run), "text/csv")
    _button(run, "Keras script", "py", lambda: _script(run), "text/x-python")


def history_csv(run: Run) -> str:
    """All rows of the history, batches, epochs and events, as CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, HISTORY_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows({"kind": KINDS[type(row)], **row._asdict()} for row in run.history())
    return text.getvalue()


def _weights_button(run: Run) -> None:
    """The weights, made from the model where they are not stored. If they are damaged, say so: the
    browser would only tell that there is no file."""
    label, icon = "Weights", ":material/download:"
    try:
        networks.classifier(run)
    except (WeightsError, OSError) as error:
        st.button(label, f"npz-{run.id}", icon=icon, disabled=True, help=plain(str(error)))
    else:
        data = partial(weights_npz, run.weights_path)
        _button(run, label, "npz", data, "application/octet-stream")


def _script(run: Run) -> str:
    from mnist_core.training.keras_script import keras_script

    try:
        events = [row for row in run.history() if isinstance(row, EventRow)]
        return keras_script(run.config, run.name, run.id, events, run.continued_at)
    except ConfigError as error:  # a configuration edited by hand
        return "".join(f"# {line}\n" for line in str(error).splitlines())


def _button(run: Run, label: str, ending: str, data: Callable[[], str | bytes], kind: str) -> None:
    st.download_button(
        label,
        data,
        f"{run.id}.{ending}",
        kind,
        icon=":material/download:",
        key=f"{ending}-{run.id}",
        on_click="ignore",
    )
