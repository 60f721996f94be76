"""A run in each format to which it can be exported, for the command line and the pages."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import get_args

from mnist_core.config.fields import ConfigError
from mnist_core.digits.datasets.dataset import Dataset
from mnist_core.errors import DigitLabError
from mnist_core.evaluation import cached_predictions, temperature_scaling
from mnist_core.evaluation.cached_predictions import SplitName
from mnist_core.evaluation.metrics import Evaluation, EvaluationError
from mnist_core.evaluation.temperature_scaling import calibrated_evaluation
from mnist_core.exports import tensorboard_logs
from mnist_core.exports.notebook import notebook
from mnist_core.exports.onnx_model import onnx_model
from mnist_core.exports.predictions_csv import predictions_csv
from mnist_core.network.inference import WeightsError
from mnist_core.predict.predictor import temperature
from mnist_core.runs.history import EventRow
from mnist_core.runs.run import Run


class UnknownSplitError(DigitLabError, ValueError):
    """There is no split of this name; the message lists them."""


class NoModelError(DigitLabError, LookupError):
    """A run has no Keras model yet; let its training end first."""


def csv_of(run: Run, dataset: Dataset, split: str, errors_only: bool = False) -> str:
    """The predictions for a split as CSV, calibrated as on all pages; see `predictions_csv`.

    Raises:
        UnknownSplitError, FileNotFoundError, WeightsError.
    """
    name: SplitName | None = next((n for n in get_args(SplitName) if n == split), None)
    if name is None:
        expected = ", ".join(get_args(SplitName))
        raise UnknownSplitError(f"There is no split {split!r}; choose one of {expected}.")
    digits = cached_predictions.split_of(dataset, name, run.config)
    evaluation = cached_predictions.evaluate(run, digits, dataset.name)
    return predictions_csv(
        calibrated_evaluation(evaluation, temperature_of(run)),
        digits.indices,
        errors_only,
        run.config.class_names,
    )


def csv_of_test_digits(run: Run, errors_only: bool = False) -> str:
    """The predictions for the test digits as CSV, from the evaluation at the end of the training;
    see `predictions_csv`.

    Raises:
        EvaluationError: The evaluation is missing or damaged.
    """
    return predictions_csv(
        calibrated_evaluation(Evaluation.load(run.evaluation_path), temperature_of(run)),
        errors_only=errors_only,
        names=run.config.class_names,
    )


def onnx_of(run: Run) -> bytes:
    """The network as ONNX. Raises LibraryMissingError, FileNotFoundError, WeightsError."""
    return onnx_model(cached_predictions.load_classifier(run), temperature_of(run), run.id)


def tflite_of(run: Run) -> bytes:
    """The network as TensorFlow Lite, before calibration. Loads TensorFlow. Raises NoModelError."""
    from mnist_core.network.tflite import tflite_model

    if not run.model_path.exists():
        raise NoModelError(f"{run.id} has no Keras model yet: train it to its end first.")
    return tflite_model(run.model_path)


def script_of(run: Run) -> str:
    """The training as a Keras script, see `keras_script`."""
    from mnist_core.training.keras_script import keras_script

    try:
        events = [row for row in run.history() if isinstance(row, EventRow)]
        return keras_script(run.config, run.name, run.id, events, run.continued_at)
    except ConfigError as error:  # the configuration was edited by hand
        return "".join(f"# {line}\n" for line in str(error).splitlines())


def notebook_of(run: Run) -> str:
    """The training as a Jupyter notebook, see `notebook`."""
    return notebook(script_of(run))


def write_tensorboard(run: Run, directory: Path) -> Path:
    """Write a run's curves for TensorBoard, see `tensorboard_logs.write`."""
    return tensorboard_logs.write(run, directory)


def temperature_of(run: Run) -> float:
    """The network's temperature: the stored one, or one fitted now; 1 if that can't be done."""
    calibration = None
    if run.usable:
        with suppress(WeightsError, EvaluationError, OSError):
            calibration = temperature_scaling.load_or_fit(run)
    return temperature(run, calibration)
