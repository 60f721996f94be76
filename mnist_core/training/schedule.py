"""Learning rate schedules, and what plateaus and the user make of them."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mnist_core.config.config import TrainingConfig
from mnist_core.training.checkpoint import Progress


def scheduled_rate(config: TrainingConfig, progress: float) -> float:
    """The learning rate at ``progress`` (0 at the first batch, 1 at the last) of the schedule.

    "cosine" falls from the configured rate to the minimum (Loshchilov & Hutter 2017, without
    restarts). "one_cycle" rises over the first 30 % from a 25th of it and falls to a ten
    thousandth of that, both as half cosines (Smith & Topin 2018, with fastai's numbers).
    "constant" and "plateau" stay.
    """
    peak, name = config.optimizer.learning_rate, config.schedule.name

    def between(start: float, end: float, share: float) -> float:
        return end + (start - end) * (1 + math.cos(math.pi * share)) / 2

    if name == "cosine":
        return between(peak, min(config.schedule.minimum_learning_rate, peak), progress)
    if name == "one_cycle":
        if progress < 0.3:
            return between(peak / 25, peak, progress / 0.3)
        return between(peak, peak / 25e4, (progress - 0.3) / 0.7)
    return peak


def batch_rates(
    config: TrainingConfig, progress: Progress, total_steps: int, count: int
) -> NDArray[np.float32]:
    """Learning rates (count,) of the coming batches of a training of ``total_steps``."""
    shares = [_share(progress.step + i, total_steps) for i in range(count)]
    rates = np.array([scheduled_rate(config, share) * progress.factor for share in shares])
    if config.schedule.name == "plateau":
        rates = np.maximum(rates, config.schedule.minimum_learning_rate)
    return np.minimum(rates, progress.ceiling).astype(np.float32)


def follow_user(config: TrainingConfig, progress: Progress, total_steps: int, rate: float) -> None:
    """Scale the schedule so that it is at the user's ``rate`` now and goes on from there, never
    above both this and the configured rate."""
    planned = scheduled_rate(config, _share(progress.step, total_steps))
    progress.factor = rate / max(planned, 1e-12)
    progress.ceiling = max(rate, config.optimizer.learning_rate)


def _share(step: int, total_steps: int) -> float:
    """How much of a training is done before the batch ``step``, counted from 0: 0 to 1."""
    return min(1.0, step / max(1, total_steps - 1))
