"""A report on a run, or a comparison of several, as one self-contained HTML file."""

from __future__ import annotations

import json
import math
import os
import platform
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, StrictUndefined

import mnist_core
from mnist_core.config import hyperparameters
from mnist_core.config.config import TrainingConfig
from mnist_core.config.formatting import accuracy_text, bin_text, count, percent, ratio
from mnist_core.config.names import is_used, name_of, title_of, value_text
from mnist_core.config.palette import MUTED, PAGE, TEXT, TRAINING_MARK, VALIDATION_MARK, WRONG
from mnist_core.config.presets import PRESETS
from mnist_core.digits.data_uri import data_uri, png_uri
from mnist_core.digits.datasets.dataset import Dataset
from mnist_core.evaluation.comparison import compare
from mnist_core.evaluation.metrics import Evaluation, EvaluationError
from mnist_core.evaluation.robustness import stress_test
from mnist_core.evaluation.robustness.corruptions import CORRUPTIONS
from mnist_core.evaluation.run_figures import NONE, evaluation_figures, training_figures
from mnist_core.evaluation.temperature_scaling import calibrated_evaluation
from mnist_core.exports.formats import temperature_of
from mnist_core.runs.history import EpochRow
from mnist_core.runs.run import Run

TEMPLATE = Path(__file__).with_suffix(".html")
MAX_ERRORS = 60  # misclassified images that a report shows
_NOTHING_AT_ZERO = ("early_stopping_patience", "teacher_epochs", "digits_per_epoch")
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 470, 20, 170  # edges of a chart's plot area, as in the template


def report(runs: Sequence[Run], dataset: Dataset) -> str:
    """The report on one or several runs, as HTML; the first is compared with each of the others.

    Whatever visitors wrote is escaped. Errors are shown with images if the run was evaluated on
    `dataset`; the stress test is included if it has been measured.

    Args:
        runs: One or more runs.
        dataset: The data that the app uses now.
    """
    evaluations = [_evaluation(run) for run in runs]
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    template = environment.from_string(TEMPLATE.read_text("utf-8"))
    settings = [_in_words(run.config) for run in runs]
    return template.render(
        title=" and ".join(run.name for run in runs),
        version=mnist_core.__version__,
        when=time.strftime("%d %B %Y, %H:%M"),
        colours={"page": PAGE, "text": TEXT, "muted": MUTED, "wrong": WRONG},
        marks=(TRAINING_MARK, VALIDATION_MARK),
        figures=_figures(runs, evaluations),
        comparisons=_comparisons(runs, evaluations),
        settings=[
            (name, [one.get(name, NONE) for one in settings])
            for name in dict.fromkeys(name for one in settings for name in one)
        ],
        runs=[_of_run(*pair, dataset) for pair in zip(runs, evaluations, strict=True)],
        environment=[
            ("Python", platform.python_version()),
            ("NumPy", np.__version__),
            ("System", f"{platform.system()} {platform.machine()}"),
            ("Processor cores", os.cpu_count()),
            ("Data", runs[0].config.data.name if runs[0].config.data else dataset.name),
        ],
    )


def _evaluation(run: Run) -> Evaluation | None:
    """The calibrated predictions for the test digits; None if the run has none."""
    try:
        return calibrated_evaluation(Evaluation.load(run.evaluation_path), temperature_of(run))
    except EvaluationError:
        return None


def _figures(
    runs: Sequence[Run], evaluations: Sequence[Evaluation | None]
) -> list[tuple[str, list[str]]]:
    """The rows of the table of results, each with a name and a text for each run."""
    columns = []
    for run, evaluation in zip(runs, evaluations, strict=True):
        status, own = run.status(), run.config.data
        columns.append(
            {"State": status.state, "Trained on": own.name if own else status.dataset or NONE}
            | training_figures(run)
            | (evaluation_figures(evaluation, temperature_of(run) != 1) if evaluation else {})
        )
    names = dict.fromkeys(name for column in columns for name in column)
    return [(name, [column.get(name, NONE) for column in columns]) for name in names]


def _comparisons(runs: Sequence[Run], evaluations: Sequence[Evaluation | None]) -> list[str]:
    """What McNemar's test says about the first run and each of the others, one sentence each."""
    first, said = evaluations[0], []
    for run, other in zip(runs[1:], evaluations[1:], strict=True):
        if first and other and np.array_equal(first.labels, other.labels):
            difference = compare(first, other)
            said.append(
                f"{run.name} fixes {count(difference.fixed.size, 'error')} of {runs[0].name} and "
                f"adds {difference.added.size:,}. {difference.in_words()}"
            )
    return said


def _in_words(config: TrainingConfig) -> dict[str, str]:
    """The hyperparameters on which a training depends, by name, in words."""
    found = {}
    for number, layer in enumerate(config.layers, 1):
        parts = [count(layer.units, "unit"), name_of(layer.activation)]
        if layer.normalization != "none":
            parts.append(f"batch normalization {name_of(layer.normalization)}")
        if layer.dropout:
            parts.append(f"dropout {value_text(layer.dropout)}")
        found[f"Hidden layer {number}"] = ", ".join(parts)
    for name, value in hyperparameters.values(next(iter(PRESETS)), config).items():
        if is_used(name, config) and (value or name not in _NOTHING_AT_ZERO):
            found[title_of(name)] = value_text(value)
    for name, value in config.augmentation.to_dict().items():
        if value:
            found[f"Data augmentation: {name}"] = value_text(value)
    if config.base:
        found["Starts from"] = config.base
    if config.drawings:
        found["Added drawings"] = f"{count(config.drawings.copies, 'copy', 'copies')} an epoch"
    return found


def _of_run(run: Run, evaluation: Evaluation | None, dataset: Dataset) -> dict[str, Any]:
    """What the template shows of a run, by the template's names."""
    found: dict[str, Any] = dict.fromkeys(
        ("matrix", "report", "errors", "reliability", "stress"), ()
    )
    found |= {
        "name": run.name,
        "names": run.config.class_names,
        "what": "classes" if run.config.data else "digits",
        "curves": _curves(run.epoch_rows()),
        **_repetition(run),
    }
    if test := stress_test.load(run, dataset.name):
        found["stress_text"] = (
            f"Accuracy on {test.digits:,} test digits by severity. Mean corruption error "
            f"{accuracy_text(test.error())}; over the fifteen corruptions of MNIST-C "
            f"{accuracy_text(test.mnist_c_error)}."
        )
        found["stress"] = [
            (
                kind.title,
                kind.range_in_words,
                *(accuracy_text(float(a)) for a in test.accuracy_by_severity(name)),
            )
            for name, kind in CORRUPTIONS.items()
        ]
    return found | (_of_evaluation(run, evaluation, dataset) if evaluation else {})


def _repetition(run: Run) -> dict[str, str]:
    """How to train a run again: words, a command, and its configuration, as JSON and as a file."""
    config, description = run.config, run.description
    command, words = description.command, "It was trained by this command:"
    if command is None and (config.base or config.drawings or description.continues):
        start = "added drawings" if config.drawings else "another network"
        command, words = "", f"It needs {start}, so that no command alone trains it again."
    elif command is None:
        command = "python -m mnist_core train --config config.json"
        words = "Save its configuration, below, as config.json; this command then trains it again:"
    status = run.status()
    if status.state in ("stopped", "pruned"):
        all_of_it = f"{count(config.epochs, 'epoch')}, to the end, so that another network results."
        words = f"{status.message} To train it again means {all_of_it} {words}"
    text = json.dumps(config.to_dict(), indent=2)
    return {
        "repeat": words,
        "command": command,
        "config": text,
        "config_file": data_uri(text.encode(), "application/json"),
    }


def _of_evaluation(run: Run, evaluation: Evaluation, dataset: Dataset) -> dict[str, Any]:
    reliability, divided_by = evaluation.reliability(), temperature_of(run)
    names = run.config.class_names
    order = evaluation.misclassified()[:MAX_ERRORS]
    same = evaluation.dataset == dataset.name and np.array_equal(evaluation.labels, dataset.y_test)
    return {
        "digits": count(evaluation.labels.size, "test digit"),
        "matrix": evaluation.confusion_matrix().tolist(),
        "report": [
            (row.name, ratio(row.precision), ratio(row.recall), ratio(row.f1), f"{row.support:,}")
            for row in evaluation.report(names)
        ],
        "errors_text": f"The most confident {order.size} of {evaluation.errors:,}.",
        "errors": [
            {
                "image": png_uri(dataset.x_test[index], compression=6),
                "label": names[evaluation.labels[index]],
                "predicted": names[evaluation.predicted[index]],
                "confidence": percent(float(evaluation.confidence[index])),
                "index": int(index),
            }
            for index in (order.tolist() if same else ())
        ],
        "calibration": f"Expected calibration error {percent(reliability.error, 2)}; "
        + (f"temperature {divided_by:.3f}." if divided_by != 1 else "not calibrated."),
        "reliability": [
            (
                bin_text(*reliability.edges[b : b + 2]),
                f"{reliability.counts[b]:,}",
                percent(float(reliability.confidence[b])),
                accuracy_text(float(reliability.accuracy[b])),
            )
            for b in np.flatnonzero(reliability.counts)
        ],
    }


def _curves(rows: Sequence[EpochRow]) -> list[dict[str, Any]]:
    """Loss and accuracy by epoch as the points of lines; empty before the second epoch is done."""
    if len(rows) < 2:
        return []
    charts = []
    for title, fields in (
        ("Loss", ("loss", "val_loss")),
        ("Accuracy", ("accuracy", "val_accuracy")),
    ):
        lines = [
            [
                (row.epoch, value)
                for row in rows
                if (value := getattr(row, field)) is not None and math.isfinite(value)
            ]
            for field in fields
        ]
        values = [value for line in lines for _, value in line]
        if not values:
            continue
        low, high = min(values), max(values)
        first, last = rows[0].epoch, rows[-1].epoch

        def point(epoch: int, value: float, ends: tuple = (first, last, low, high)) -> str:
            first, last, low, high = ends
            x = _LEFT + (_RIGHT - _LEFT) * (epoch - first) / max(last - first, 1)
            y = _BOTTOM - (_BOTTOM - _TOP) * (value - low) / ((high - low) or 1)
            return f"{x:.1f},{y:.1f}"

        charts.append(
            {
                "title": title,
                "low": f"{low:.3g}",
                "high": f"{high:.3g}",
                "first": first,
                "last": last,
                "lines": [" ".join(point(*pair) for pair in line) for line in lines if line],
            }
        )
    return charts
