"""How long a training will take, estimated from a model of its cost and from this computer's speed
in earlier runs."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from mnist_core.config.config import TrainingConfig, parameter_count
from mnist_core.runs.history import EventRow
from mnist_core.runs.records import SUMMED_UP_STATES
from mnist_core.runs.run import Run

# Fitted to the histories of the shipped networks, trained on two cores: seconds per batch, per
# parameter and digit, and per augmented digit.
BATCH_SECONDS = 1.5e-3
PARAMETER_SECONDS = 6e-11
AUGMENTATION_SECONDS = 44e-6
RECENT = 5  # runs whose speed counts: before these, the computer may have been busy, or another one


@dataclass(frozen=True)
class ExpectedTime:
    """The time that all epochs of a training are expected to take.

    Attributes:
        seconds: Without the training of a teacher, and without waiting for other runs.
        measured: Whether earlier runs have shown how fast this computer is.
    """

    seconds: float
    measured: bool


def expected_time(config: TrainingConfig, digits: int, earlier: Iterable[Run]) -> ExpectedTime:
    """The time that a training will take on this computer.

    Args:
        config: The configuration to be trained.
        digits: How many digits the training set has, including those for validation.
        earlier: Runs that were trained on this computer, the newest first.
    """
    trained_on = config.digits_per_epoch or digits * (1 - config.validation_split)
    batches = config.epochs * math.ceil(trained_on / config.batch_size)
    slowness: list[float] = []
    for run in earlier:
        if len(slowness) < RECENT and (measured := measured_batch_seconds(run)):
            slowness.append(measured / batch_seconds(run.config))
    factor = median(slowness) if slowness else 1.0
    return ExpectedTime(batches * batch_seconds(config) * factor, bool(slowness))


def batch_seconds(config: TrainingConfig) -> float:
    """How long a batch takes on two cores, in seconds, by the model."""
    augmented = config.augmentation.enabled / config.data_echoing
    digit = PARAMETER_SECONDS * parameter_count(config)[0] + AUGMENTATION_SECONDS * augmented
    return BATCH_SECONDS + config.batch_size * digit


def measured_batch_seconds(run: Run) -> float | None:
    """How long a batch of an ended run took, in seconds, validation included. None if that is
    unknown: the run has no results, or had a teacher, whose time is included in the run's."""
    status = run.status()
    if run.config.distillation or not status.summary or status.state not in SUMMED_UP_STATES:
        return None
    rows = [row for row in run.last_rows(1024) if not isinstance(row, EventRow)]
    return status.summary.seconds / rows[-1].step if rows and rows[-1].step else None
