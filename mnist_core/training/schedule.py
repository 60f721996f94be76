"""Learning rate schedules, and how plateaus and the user modify them."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mnist_core.config.config import END_DIVISOR, START_DIVISOR, WARM_UP, TrainingConfig
from mnist_core.training.checkpoint import Progress


def scheduled_rate(config: TrainingConfig, progress: float) -> float:
    """The learning rate that the schedule plans.

    "cosine" falls from the configured rate to the minimum (Loshchilov & Hutter 2017, without
    restarts). "one_cycle" rises from a small part of the configured rate to that rate, then falls
    to a far smaller one, each time along half a cosine (Smith & Topin 2018). "constant" and
    "plateau" plan the configured rate.

    Args:
        config: The run's configuration.
        progress: How much of the training is done: 0 at the first batch, 1 at the last.
    """
    peak, name = config.optimizer.learning_rate, config.schedule.name

    def between(start: float, end: float, share: float) -> float:
        return end + (start - end) * (1 + math.cos(math.pi * share)) / 2

    if name == "cosine":
        return between(peak, min(config.schedule.minimum_learning_rate, peak), progress)
    if name == "one_cycle":
        if progress < WARM_UP:
            return between(peak / START_DIVISOR, peak, progress / WARM_UP)
        return between(peak, peak / END_DIVISOR, (progress - WARM_UP) / (1 - WARM_UP))
    return peak


def batch_rates(
    config: TrainingConfig, progress: Progress, total_steps: int, count: int
) -> NDArray[np.float32]:
    """The learning rates, (count,), of the next batches in a training of `total_steps` batches."""
    shares = [_share(progress.step + i, total_steps) for i in range(count)]
    rates = np.array([scheduled_rate(config, share) * progress.factor for share in shares])
    if config.schedule.name == "plateau":
        rates = np.maximum(rates, config.schedule.minimum_learning_rate)
    return np.minimum(rates, progress.ceiling).astype(np.float32)


def follow_user(config: TrainingConfig, progress: Progress, total_steps: int, rate: float) -> None:
    """Scale the schedule so that it continues from the `rate` that the user asked for. No later
    rate exceeds the higher of that one and the configured one."""
    planned = scheduled_rate(config, _share(progress.step, total_steps))
    progress.factor = rate / max(planned, 1e-12)
    progress.ceiling = max(rate, config.optimizer.learning_rate)


def _share(step: int, total_steps: int) -> float:
    """How much of a training is done before the batch `step`, counted from 0: 0 to 1."""
    return min(1.0, step / max(1, total_steps - 1))
