"""Downloads of a run: model, weights, predictions, history, and the training as a script."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from functools import partial

import streamlit as st

from mnist_core.config.optional_libraries import onnx_missing
from mnist_core.digits.datasets import mnist, own_data
from mnist_core.exports import formats
from mnist_core.network.inference import WeightsError, weights_npz
from mnist_core.runs.history import KINDS
from mnist_core.runs.run import Run
from pages.components.shell import dataset, networks
from pages.components.shell.text import plain

BINARY = "application/octet-stream"
ICON = ":material/download:"
HISTORY_COLUMNS = (
    "kind",
    "epoch",
    "step",
    "loss",
    "accuracy",
    "val_loss",
    "val_accuracy",
    "learning_rate",
    "time",
    "event",
)


def show_downloads(run: Run) -> None:
    """A button for each file that exists; a file is read when its button is clicked."""
    if run.model_path.exists():
        _button(run, "Model", "keras", run.model_path.read_bytes, BINARY)
    if run.weights_path.exists() and _weights_button(run):
        _onnx_button(run)
    if run.history_path.is_file():
        _button(run, "History", "csv", lambda: history_csv(run), "text/csv")
    if run.evaluation_path.exists():
        _button(
            run,
            "Predictions",
            "csv",
            partial(formats.csv_of_test_digits, run),
            "text/csv",
            "predictions",
        )
        errors = partial(formats.csv_of_test_digits, run, errors_only=True)
        _button(run, "Errors", "csv", errors, "text/csv", "errors")
    if run.usable and dataset.is_there(run.config.data):
        _button(run, "Report", "html", partial(_report, run), "text/html", "report")
    _button(run, "Keras script", "py", partial(formats.script_of, run), "text/x-python")
    _button(run, "Notebook", "ipynb", partial(formats.notebook_of, run), "application/x-ipynb+json")


def history_csv(run: Run) -> str:
    """All rows of the history, batches, epochs and events, as CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, HISTORY_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows({"kind": KINDS[type(row)], **row._asdict()} for row in run.history())
    return text.getvalue()


def _weights_button(run: Run) -> bool:
    """The weights, made from the model where they are not stored. If they are damaged, say so: the
    browser would only tell that there is no file. Returns whether they can be read."""
    label = "Weights"
    try:
        networks.classifier(run)
    except (WeightsError, OSError) as error:
        st.button(label, f"npz-{run.id}", icon=ICON, disabled=True, help=plain(str(error)))
        return False
    _button(run, label, "npz", partial(weights_npz, run.weights_path), BINARY)
    return True


def _report(run: Run) -> str:
    from mnist_core.exports.report import report

    if run.config.data:
        return report([run], own_data.load(run.config.data))
    return report([run], dataset.if_loaded() or mnist.load())


def _onnx_button(run: Run) -> None:
    """The network as ONNX; where the library for it is missing, the button says how to get it."""
    if missing := onnx_missing():
        st.button("ONNX", f"onnx-{run.id}", icon=ICON, disabled=True, help=plain(missing))
    else:
        _button(run, "ONNX", "onnx", partial(formats.onnx_of, run), BINARY)


def _button(
    run: Run,
    label: str,
    ending: str,
    data: Callable[[], str | bytes],
    kind: str,
    what: str = "",
) -> None:
    st.download_button(
        label,
        data,
        f"{run.id}{what and f'-{what}'}.{ending}",
        kind,
        icon=ICON,
        key=f"{what or ending}-{run.id}",
        on_click="ignore",
    )
