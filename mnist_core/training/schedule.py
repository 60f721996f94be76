"""Learning rate schedules."""

from __future__ import annotations

import math

from mnist_core.config.config import TrainingConfig


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
