"""Patience: when to stop early, and when to lower the learning rate on a plateau.

How many epochs patience lasts is set by `config.EarlyStopping.patience`; the presets' values are in
`config/presets.py`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

PLATEAU_MIN_DELTA = 1e-4  # the default of keras.callbacks.ReduceLROnPlateau


@dataclass
class Patience:
    """Counts epochs without improvement, like Keras' EarlyStopping and ReduceLROnPlateau.

    Attributes:
        limit: The number of epochs without improvement after which patience is exhausted.
        min_delta: A value is an improvement if it is lower than the best by more than this.
        best: The lowest value so far.
        waited: Epochs since the best value, or since `reset`.
    """

    limit: int
    min_delta: float = 0.0
    best: float = math.inf
    waited: int = 0

    def update(self, value: float) -> bool:
        """Count an epoch with this `value` (lower is better). Returns whether patience is now
        exhausted: the last `limit` epochs have brought no improvement."""
        if value < self.best - self.min_delta:
            self.best, self.waited = value, 0
            return False
        self.waited += 1
        return self.waited >= self.limit

    def reset(self) -> None:
        """Count from 0 again, but keep the best value."""
        self.waited = 0
