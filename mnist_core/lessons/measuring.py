"""What a lesson measures: figures and curves for its set-up, from existing networks and runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mnist_core.config.config import parameter_count
from mnist_core.config.formatting import accuracy_text, percent
from mnist_core.config.sizes import CLASSES, IMAGE_SIDE
from mnist_core.digits import non_digits
from mnist_core.digits.datasets.dataset import Dataset
from mnist_core.errors import DigitLabError
from mnist_core.evaluation import cached_predictions, label_issues
from mnist_core.evaluation.comparison import compare
from mnist_core.evaluation.internals.forward_pass import number_text
from mnist_core.evaluation.metrics import Evaluation
from mnist_core.evaluation.non_digit_detector import OODDetector
from mnist_core.evaluation.temperature_scaling import calibrated_evaluation
from mnist_core.lessons.lesson import Comparison, Confidence, Header, Labels, Shift, Training, Unit
from mnist_core.lessons.template import Figure
from mnist_core.predict.predictor import Predictor
from mnist_core.runs.run import Run

SURE = 0.9  # least confidence at which a lesson counts a prediction as sure
_ACCURACY_DIGITS = 2000  # test digits that are moved, in a lesson on shifts
_UNIT_DIGITS = 10_000  # test digits over which a unit's activations are averaged
_RUN_FIGURES: dict[str, Callable[[float], str]] = {
    "loss": "{:.3f}".format,
    "accuracy": accuracy_text,
    "val_loss": "{:.3f}".format,
    "val_accuracy": accuracy_text,
    "lowest_val_loss": "{:.3f}".format,
    "lowest_epoch": "{:.0f}".format,
    "best_val_accuracy": accuracy_text,
    "gap": lambda points: f"{points:.1f}",
    "rise": lambda times: f"{times:.1f}",
    "epochs": "{:.0f}".format,
    "learning_rate": "{:g}".format,
}
_CURVES = ("loss", "accuracy", "val_loss", "val_accuracy")
_NUMBER = "{:,.0f}".format


class MeasuringError(DigitLabError, ValueError):
    """A lesson's set-up can't be measured on this installation; the message says why."""


class Curve(NamedTuple):
    """A measured curve; a value is NaN where none was measured."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Measured:
    """The outcome of a set-up.

    Attributes:
        figures: The figures by name; `names` lists the names.
        curves: The curves by name.
        images: (n, 28, 28) uint8, the images that a page shows: the digit as it is and moved,
            images that are not digits, or digits with doubtful labels; empty if it shows none.
        probabilities: (n, 10) float32, what the network predicts for the images.
        labels: (n,) uint8, the images' labels, if they have any.
        indices: (n,) int64, the images' indices in the test set, if they are from it.
        by_digit: (10,) floats, a unit's mean activation by digit; empty if there is no unit.
        pattern: (28, 28) float32, the unit's weights; empty if there is no unit.
    """

    figures: dict[str, Figure]
    curves: dict[str, Curve] = field(default_factory=dict)
    images: NDArray[np.uint8] = field(
        default_factory=lambda: np.empty((0, IMAGE_SIDE, IMAGE_SIDE), np.uint8)
    )
    probabilities: NDArray[np.float32] = field(default_factory=lambda: np.empty((0, CLASSES), "f4"))
    labels: NDArray[np.integer] = field(default_factory=lambda: np.empty(0, int))
    indices: NDArray[np.integer] = field(default_factory=lambda: np.empty(0, int))
    by_digit: NDArray[np.floating] = field(default_factory=lambda: np.empty(0, "f4"))
    pattern: NDArray[np.floating] = field(default_factory=lambda: np.empty((0, 0), "f4"))


class Resources(NamedTuple):
    """What measuring needs besides the lesson: the digits, and the shipped networks by id."""

    data: Dataset
    run: Callable[[str], Run]
    predictor: Callable[[Run], Predictor]


def names(header: Header) -> tuple[set[str], set[str]]:
    """The names of the figures and of the curves that a lesson measures."""
    curves: set[str] = set()
    if header.training:
        keys = [run.key for run in header.training.runs]
        known = {f"{key}.{name}" for key in keys for name in _RUN_FIGURES}
        curves = {f"{key}.{name}" for key in keys for name in _CURVES}
    elif header.shift:
        parts = ("centred", "shifted")
        known = {f"{part}.{name}" for part in parts for name in ("digit", "confidence", "label")}
        known |= {f"accuracy{step}" for step in range(header.shift.farthest + 1)}
        known |= {"digit", "digits", "half"}
        curves = {"accuracy"}
    elif header.unit:
        known = {"strongest", "second", "weakest", "active", "active_strongest", "digits"}
        known |= {f"mean{digit}" for digit in range(CLASSES)}
    elif header.confidence:
        known = {
            "accuracy", "confidence", "errors", "errors_confidence", "errors_sure",
            "calibration_error", "strange", "strange_confidence", "strange_sure", "rejected",
        }  # fmt: skip
    elif header.labels:
        known = {"count", "digits", "networks", "first.label", "first.suggested"}
        known |= {"first.label_probability", "errors", "errors_doubted"}
    else:
        keys = ["first", "second"]
        known = {f"{key}.{name}" for key in keys for name in ("errors", "accuracy", "parameters")}
        known |= {"fixed", "added", "chance", "times"}
    if header.sketch:
        known |= {"sketch.distance", "sketch.first", "sketch.last", "sketch.lowest_at"}
    return known, curves


def measure(header: Header, resources: Resources) -> Measured:
    """Measure a lesson's set-up, unless it consists of trainings. This takes up to a few seconds.

    Args:
        header: The lesson's header.
        resources: Digits and networks.

    Raises:
        MeasuringError: Something that it needs is missing.
        RunNotFoundError: A network is missing.
        WeightsError, EvaluationError, OSError: A network can't be read.
    """
    if header.shift:
        return _of_shift(header.shift, resources)
    if header.unit:
        return _of_unit(header.unit, resources)
    if header.confidence:
        return _of_confidence(header.confidence, resources)
    if header.labels:
        return _of_labels(header.labels, resources)
    assert header.comparison
    return _of_comparison(header.comparison, resources)


def of_training(setup: Training, runs: Mapping[str, Run]) -> Measured:
    """The results of the trainings so far. A figure is NaN if a run has no finished epoch yet."""
    figures, curves = {}, {}
    for planned in setup.runs:
        rows = runs[planned.key].epoch_rows() if planned.key in runs else []
        columns = {name: np.array([getattr(row, name) for row in rows]) for name in _CURVES}
        for name, column in columns.items():
            curves[f"{planned.key}.{name}"] = Curve(np.arange(1.0, len(rows) + 1), column)
        values = dict.fromkeys(_RUN_FIGURES, math.nan)
        values |= {"epochs": len(rows), "learning_rate": planned.training.optimizer.learning_rate}
        if rows:
            values |= {name: float(column[-1]) for name, column in columns.items()}
        if rows and np.isfinite(columns["val_loss"]).any():
            lowest = int(np.nanargmin(columns["val_loss"]))
            values |= {
                "lowest_val_loss": float(columns["val_loss"][lowest]),
                "lowest_epoch": rows[lowest].epoch,
                "best_val_accuracy": float(np.nanmax(columns["val_accuracy"])),
                "gap": 100 * (values["accuracy"] - values["val_accuracy"]),
                "rise": values["val_loss"] / float(columns["val_loss"][lowest]),
            }
        for name, value in values.items():
            written = "–" if math.isnan(value) else _RUN_FIGURES[name](value)
            figures[f"{planned.key}.{name}"] = Figure(value, written)
    return Measured(figures, curves)


def shifted(images: NDArray[np.uint8], right: int, down: int) -> NDArray[np.uint8]:
    """Images, (n, 28, 28) uint8, moved by whole pixels; ink moved over the edge is lost, and paper
    fills the gap."""
    moved = np.zeros_like(images)
    to_x, to_y = (slice(max(step, 0), IMAGE_SIDE + min(step, 0)) for step in (right, down))
    from_x, from_y = (slice(max(-step, 0), IMAGE_SIDE + min(-step, 0)) for step in (right, down))
    moved[:, to_y, to_x] = images[:, from_y, from_x]
    return moved


def with_sketch(measured: Measured, curve: str, sketch: list[float]) -> Measured:
    """The outcome with figures about a sketch of one of its curves.

    Args:
        measured: The outcome.
        curve: The name of the curve that the sketch predicts.
        sketch: A value for each of the curve's points.

    Returns:
        The outcome with `sketch.distance`, the mean distance between sketch and curve,
        `sketch.first` and `sketch.last`, the sketch's ends, and `sketch.lowest_at`, the number of
        its lowest point, from 1.
    """
    drawn, found = np.array(sketch, float), measured.curves[curve].y
    both = min(len(drawn), len(found))
    far = float(np.nanmean(np.abs(drawn[:both] - found[:both]))) if both else math.nan
    figures = {
        "sketch.distance": Figure(far, f"{far:.2f}"),
        "sketch.first": Figure(float(drawn[0]), f"{drawn[0]:.2f}"),
        "sketch.last": Figure(float(drawn[-1]), f"{drawn[-1]:.2f}"),
        "sketch.lowest_at": _whole(int(drawn.argmin()) + 1),
    }
    return replace(measured, figures=measured.figures | figures)


def _of_shift(setup: Shift, resources: Resources) -> Measured:
    predictor, data = resources.predictor(resources.run(setup.network)), resources.data
    classify = predictor.probabilities
    candidates = np.flatnonzero(data.y_test == setup.digit)
    found = data.x_test[candidates]
    moved = shifted(found, setup.right, setup.down)
    whole = moved.sum(axis=(1, 2)) == found.sum(axis=(1, 2))
    right = whole & (classify(found).argmax(axis=1) == setup.digit)
    if not right.any():
        raise MeasuringError(
            f"{setup.network} classifies no {setup.digit} of these correctly that can be moved so "
            "far without losing ink."
        )
    index = int(candidates[right][0])
    image = data.x_test[index : index + 1]
    images = np.concatenate([image, shifted(image, setup.right, setup.down)])
    probabilities = classify(images)
    figures = {"digit": _whole(setup.digit)}
    for part, row in zip(("centred", "shifted"), probabilities, strict=True):
        figures[f"{part}.digit"] = _whole(int(row.argmax()))
        figures[f"{part}.confidence"] = _share(float(row.max()))
        figures[f"{part}.label"] = _share(float(row[setup.digit]))
    some, labels = data.x_test[:_ACCURACY_DIGITS], data.y_test[:_ACCURACY_DIGITS]
    steps = np.arange(setup.farthest + 1)
    accuracies = np.array(
        [predictor.classifier.accuracy(shifted(some, int(step), 0), labels) for step in steps]
    )
    for step, accuracy in zip(steps, accuracies, strict=True):
        figures[f"accuracy{step}"] = Figure(float(accuracy), percent(float(accuracy), 0, True))
    below = np.flatnonzero(accuracies < 0.5)
    figures["half"] = _whole(int(below[0])) if below.size else Figure(math.nan, "–")
    figures["digits"] = _whole(len(some))
    return Measured(
        figures,
        {"accuracy": Curve(steps.astype(float), accuracies)},
        images,
        probabilities,
        np.full(2, setup.digit),
        np.full(2, index),
    )


def _of_unit(setup: Unit, resources: Resources) -> Measured:
    classifier = resources.predictor(resources.run(setup.network)).classifier
    if setup.unit >= classifier.kernels[0].shape[1]:
        raise MeasuringError(
            f"{setup.network} has no unit {setup.unit} in its first layer; it has "
            f"{classifier.kernels[0].shape[1]}, from 0 on."
        )
    images, labels = resources.data.x_test[:_UNIT_DIGITS], resources.data.y_test[:_UNIT_DIGITS]
    active = classifier.activations(images)[0][:, setup.unit]
    by_digit = np.array([active[labels == digit].mean() for digit in range(CLASSES)])
    order = np.argsort(-by_digit)
    strongest = int(order[0])
    figures = {
        "strongest": _whole(strongest),
        "second": _whole(int(order[1])),
        "weakest": _whole(int(order[-1])),
        "active": _share(float((active > 0).mean()), counted=True),
        "active_strongest": _share(float((active[labels == strongest] > 0).mean()), counted=True),
        "digits": _whole(len(labels)),
    }
    for digit, value in enumerate(by_digit):
        figures[f"mean{digit}"] = Figure(float(value), number_text(float(value), 2))
    most = np.argsort(-active, kind="stable")[:8]
    return Measured(
        figures,
        images=images[most],
        probabilities=resources.predictor(resources.run(setup.network)).probabilities(images[most]),
        labels=labels[most],
        indices=most,
        by_digit=by_digit,
        pattern=classifier.kernels[0][:, setup.unit].reshape(IMAGE_SIDE, IMAGE_SIDE),
    )


def _of_confidence(setup: Confidence, resources: Resources) -> Measured:
    run = resources.run(setup.network)
    predictor, test = resources.predictor(run), _evaluated(run, resources)
    maker = non_digits.KINDS[setup.images]
    strange = non_digits.make(maker, setup.count, 0, resources.data.x_test)
    probabilities = predictor.probabilities(strange)
    confidence, on_errors = probabilities.max(axis=1), test.confidence[~test.correct]
    rejected = OODDetector.load().is_out_of_distribution(strange)
    figures = {
        "accuracy": Figure(test.accuracy, accuracy_text(test.accuracy)),
        "confidence": _share(float(test.confidence.mean()), 2),
        "errors": _whole(test.errors),
        "errors_confidence": _share(float(on_errors.mean()) if test.errors else math.nan),
        "errors_sure": _share(float((on_errors >= SURE).mean()) if test.errors else math.nan, 0),
        "calibration_error": _share(test.reliability().error, 2),
        "strange": _whole(setup.count),
        "strange_confidence": _share(float(confidence.mean()), 0),
        "strange_sure": _share(float((confidence >= SURE).mean()), 0, counted=True),
        "rejected": _share(float(rejected.mean()), 0, counted=True),
    }
    order = np.argsort(-confidence, kind="stable")
    shown = order[np.linspace(0, len(order) - 1, 6).astype(int)]
    return Measured(figures, images=strange[shown], probabilities=probabilities[shown])


def _of_labels(setup: Labels, resources: Resources) -> Measured:
    networks = [resources.run(name) for name in _SHIPPED]
    evaluations = [_evaluated(run, resources) for run in networks]
    mean = label_issues.mean_probabilities(evaluations)
    labels = resources.data.y_test
    issues = label_issues.find_label_issues(labels, mean)
    wrong = mean.argmax(axis=1) != labels
    shown = issues.indices[: setup.shown]
    figures = {
        "count": _whole(issues.indices.size),
        "digits": _whole(labels.size),
        "networks": _whole(len(networks)),
        "errors": _whole(int(wrong.sum())),
        "errors_doubted": _whole(int(wrong[issues.indices].sum())),
        "first.label": Figure(math.nan, "–"),
        "first.suggested": Figure(math.nan, "–"),
        "first.label_probability": Figure(math.nan, "–"),
    }
    if issues.indices.size:
        figures |= {
            "first.label": _whole(int(labels[shown[0]])),
            "first.suggested": _whole(int(issues.suggested[0])),
            "first.label_probability": _share(float(issues.label_probability[0])),
        }
    return Measured(
        figures,
        images=resources.data.x_test[shown],
        probabilities=mean[shown],
        labels=labels[shown],
        indices=shown,
    )


def _of_comparison(setup: Comparison, resources: Resources) -> Measured:
    runs = resources.run(setup.first), resources.run(setup.second)
    first, second = (_evaluated(run, resources) for run in runs)
    comparison = compare(first, second)
    sizes = [parameter_count(run.config)[0] for run in runs]
    figures = {}
    for key, test, size in zip(("first", "second"), (first, second), sizes, strict=True):
        figures[f"{key}.errors"] = _whole(test.errors)
        figures[f"{key}.accuracy"] = Figure(test.accuracy, accuracy_text(test.accuracy))
        figures[f"{key}.parameters"] = _whole(size)
    figures |= {
        "fixed": _whole(comparison.fixed.size),
        "added": _whole(comparison.added.size),
        "chance": Figure(comparison.p_value, comparison.chance),
        "times": Figure(sizes[1] / sizes[0], f"{sizes[1] / sizes[0]:.1f}"),
    }
    shown = np.concatenate([comparison.fixed[:4], comparison.added[:4]])
    return Measured(
        figures,
        images=resources.data.x_test[shown],
        probabilities=second.probabilities[shown],
        labels=resources.data.y_test[shown],
        indices=shown,
    )


_SHIPPED = ("champion", "compact", "early-stopping", "leaky-relu")


def _evaluated(run: Run, resources: Resources) -> Evaluation:
    """The network's calibrated predictions for the test digits."""
    split = cached_predictions.split_of(resources.data, "test", run.config)
    before = cached_predictions.evaluate(run, split, resources.data.name)
    return calibrated_evaluation(before, resources.predictor(run).temperature)


def _whole(number: int) -> Figure:
    return Figure(float(number), _NUMBER(number))


def _share(share: float, places: int = 1, counted: bool = False) -> Figure:
    return Figure(share, percent(share, places, counted))
