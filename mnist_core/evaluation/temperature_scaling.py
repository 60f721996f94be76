"""Temperature scaling, after which about 80 % of predictions with 80 % confidence are right.

After Guo et al. 2017, "On Calibration of Modern Neural Networks".
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax, softmax

from mnist_core.config.fields import Checked, Range
from mnist_core.digits.datasets import own_data
from mnist_core.digits.datasets.own_data import OwnDataError
from mnist_core.evaluation import cached_predictions
from mnist_core.evaluation.metrics import Evaluation
from mnist_core.runs import cache, files, records
from mnist_core.runs.records import RunDamagedError
from mnist_core.runs.run import Run

FILE_NAME = "calibration.json"
UNSURE_BELOW = 0.75
"""A prediction with a lower calibrated confidence counts as unsure."""

NO_TRAINING_DATA = "its training data are not available here"
"""Why `calibrate` returns None."""
MIN_IMAGES = 30
"""From fewer images no temperature is fitted."""
_RANGE = (0.05, 20.0)
_FRACTION = Range(0.0, 1.0)


@dataclass(frozen=True)
class Calibration(Checked):
    """A network's temperature, and what calibration changes.

    Attributes:
        temperature: Logits are divided by it; above 1 it lowers the confidence.
        error_before, error_after: Expected calibration error on the test digits, 0 to 1.
        weights: CRC-32 of the weights' file; for other weights the calibration does not hold.
        unsure: Share of the test digits whose prediction is unsure.
        unsure_wrong: Share of these that are misclassified; 0 if there are none.
    """

    temperature: Annotated[float, Range(*_RANGE)]
    error_before: Annotated[float, _FRACTION]
    error_after: Annotated[float, _FRACTION]
    weights: Annotated[int, Range(0, 2**32 - 1)]
    unsure: Annotated[float, _FRACTION] | None = None
    unsure_wrong: Annotated[float, _FRACTION] | None = None


def calibrated(probabilities: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    """The probabilities of logits divided by a temperature.

    Args:
        probabilities: (…, 10) float32, the softmax of the unscaled logits.
        temperature: Above 0.

    Returns:
        (…, 10) float32.
    """
    if temperature == 1:
        return probabilities
    return softmax(_logits(probabilities) / temperature, axis=-1)


def calibrated_evaluation(evaluation: Evaluation, temperature: float) -> Evaluation:
    """The same predictions with the probabilities of logits divided by a temperature."""
    probabilities = calibrated(evaluation.probabilities, temperature)
    return replace(evaluation, probabilities=probabilities)


def fit_temperature(labels: NDArray[np.integer], logits: NDArray[np.floating]) -> float:
    """The temperature from 0.05 to 20 that minimizes the cross-entropy; 1 if there are fewer than
    `MIN_IMAGES` or none is misclassified, as the cross-entropy then falls for ever as the
    temperature does.

    Args:
        labels: (n,) integers, the true digits.
        logits: (n, 10), unscaled; adding a constant to a row changes nothing.
    """
    if len(labels) < MIN_IMAGES or (logits.argmax(axis=1) == labels).all():
        return 1.0
    from scipy.optimize import minimize_scalar  # slow to import, and not needed to draw

    exact, rows = logits.astype(np.float64), np.arange(len(labels))

    def loss(temperature: float) -> float:
        return -log_softmax(exact / temperature, axis=1)[rows, labels].mean()

    return float(minimize_scalar(loss, bounds=_RANGE, method="bounded").x)


def load(run: Run) -> Calibration | None:
    """The network's stored calibration; None if there is none, it can't be read, or the weights
    have changed since. `calibrate` then makes a new one."""
    for directory in (run.directory, cache.directory(run)):
        path = directory / FILE_NAME
        with suppress(RunDamagedError, OSError):
            calibration = records.read(Calibration, path)
            if calibration.weights == files.checksum(run.weights_path):
                return calibration
    return None


def load_or_fit(run: Run) -> Calibration | None:
    """The stored calibration, or one that is made now, which takes seconds; None if there is none
    and the data for it are not here, see `calibrate`."""
    return load(run) or calibrate(run)


def calibrate(run: Run, *, ship: bool = False) -> Calibration | None:
    """Fit the temperature on validation digits, measure it on test digits, and save both.

    Args:
        run: A network with weights.
        ship: Save beside a shipped network's weights, not among the users' results.

    Returns:
        The calibration; None if the data that the network was trained on were deleted, or would
        have to be downloaded first.
    """
    try:
        data = own_data.dataset_of(run.config, offline=True)
    except OwnDataError:
        return None
    if data.name != (run.status().dataset or "mnist"):
        return None
    validation, test = (
        cached_predictions.evaluate(
            run, cached_predictions.split_of(data, name, run.config), data.name
        )
        for name in ("validation", "test")
    )
    temperature = fit_temperature(validation.labels, _logits(validation.probabilities))
    after = calibrated(test.probabilities, temperature)
    unsure = after.max(axis=1) < UNSURE_BELOW
    wrong = after[unsure].argmax(axis=1) != test.labels[unsure]
    calibration = Calibration(
        temperature,
        test.reliability().error,
        Evaluation(test.labels, after, data.name).reliability().error,
        files.checksum(run.weights_path),
        float(unsure.mean()),
        float(wrong.sum() / max(len(wrong), 1)),
    )
    directory = run.directory if ship else cache.make_directory(run)
    files.write_json(directory / FILE_NAME, calibration.to_dict())
    return calibration


def not_calibrated(name: str, reason: str) -> str:
    """A sentence that says that a network could not be calibrated, and what follows from that."""
    return (
        f"{name} could not be calibrated: {reason.rstrip('.')}. Its probabilities are shown as the "
        "network gives them."
    )


def _logits(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """The logits that softmax turned into these probabilities, up to a constant in each row."""
    return np.log(np.maximum(probabilities, 1e-38))
