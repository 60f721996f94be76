"""When to stop early, and when to lower the learning rate on a plateau."""

from __future__ import annotations

import math
from dataclasses import dataclass

PLATEAU_MIN_DELTA = 1e-4  # the default of keras.callbacks.ReduceLROnPlateau


@dataclass
class Patience:
    """Counts epochs without improvement, like Keras' EarlyStopping and ReduceLROnPlateau."""

    limit: int
    min_delta: float = 0.0
    best: float = math.inf
    waited: int = 0

    def exhausted(self, value: float) -> bool:
        """Take in an epoch's ``value`` (lower is better); True after ``limit`` epochs in a row
        that did not improve on the best by more than ``min_delta``."""
        if value < self.best - self.min_delta:
            self.best, self.waited = value, 0
            return False
        self.waited += 1
        return self.waited >= self.limit

    def reset(self) -> None:
        """Start waiting anew, keeping the best."""
        self.waited = 0
