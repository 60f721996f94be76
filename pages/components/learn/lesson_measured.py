"""What a lesson measures, computed in the background and shared by all visitors."""

from __future__ import annotations

from dataclasses import asdict

from mnist_core.digits.datasets.dataset import Dataset
from mnist_core.lessons import measuring
from mnist_core.lessons.lesson import Lesson
from mnist_core.lessons.measuring import Curve, Measured, Resources
from mnist_core.predict.predictor import Predictor
from mnist_core.runs import store
from pages.components.shell.background import result_of
from pages.components.widgets.charts.sketch import Axes


def measured(lesson: Lesson, data: Dataset) -> Measured:
    """The outcome of a lesson's set-up without trainings, with progress while it is computed.

    Raises:
        MeasuringError, RunNotFoundError, WeightsError, EvaluationError, OSError: it can't be
            computed.
    """
    resources = Resources(data, store.get, Predictor.load)
    names = ("shift", "unit", "confidence", "labels", "comparison")
    setup = [str(asdict(one)) for name in names if (one := getattr(lesson.header, name))]
    return result_of(
        ("lesson", data.name, lesson.id, *setup),
        lambda report: measuring.measure(lesson.header, resources),
        "Running",
    )


def axes_of_sketch(lesson: Lesson) -> Axes:
    """The axes of the chart in which the visitor sketches a curve."""
    header, sketch = lesson.header, lesson.header.sketch
    assert sketch
    key, _, name = sketch.curve.partition(".")
    if header.training:
        (epochs,) = (run.training.epochs for run in header.training.runs if run.key == key)
        names = {
            "loss": "training loss",
            "accuracy": "training accuracy",
            "val_loss": "validation loss",
            "val_accuracy": "validation accuracy",
        }
        return Axes(range(1, epochs + 1), "epoch", names[name], sketch.lowest, sketch.highest)
    assert header.shift
    return shift_axes(header.shift.farthest, sketch.lowest, sketch.highest)


def shift_axes(farthest: int, lowest: float = 0.0, highest: float = 1.0) -> Axes:
    """The axes of accuracy by the number of pixels that digits are moved by."""
    return Axes(range(farthest + 1), "pixels to the right", "accuracy", lowest, highest)


def on_axes(curve: Curve, axes: Axes) -> list[float]:
    """A curve's value at each place of the axes, NaN where it has none."""
    known = dict(zip(curve.x.tolist(), curve.y.tolist(), strict=True))
    return [known.get(float(x), float("nan")) for x in axes.x]
