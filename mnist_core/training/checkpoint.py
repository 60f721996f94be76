"""What a training needs to resume where it broke off."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field

from mnist_core.errors import DigitLabError
from mnist_core.training.early_stopping import Patience

OTHER_VERSION = (
    "Its checkpoint was made by another version of Digit Lab, which computes otherwise. "
    "Start the training anew."
)


class CheckpointError(DigitLabError, RuntimeError):
    """A checkpoint or a teacher doesn't fit the configuration. Train again from the start."""


@dataclass
class Progress:
    """How far a training has come: all that a resumed one needs beside weights and optimiser.

    Attributes:
        epoch, step: epochs and batches done.
        seconds: time spent training, over all sessions.
        factor: of the scheduled learning rate, by plateaus and by hand.
        ceiling: what a rate given by hand does not let the rates that follow exceed.
        plateau, stopping: the two counters of epochs without improvement.
        best_epoch, best_loss, best_accuracy: the epoch of the lowest validation loss.
        history_bytes: length of the history at that moment.
    """

    epoch: int = 0
    step: int = 0
    seconds: float = 0.0
    factor: float = 1.0
    ceiling: float = math.inf
    plateau: Patience = field(default_factory=lambda: Patience(1))
    stopping: Patience = field(default_factory=lambda: Patience(1))
    ended_early: bool = False
    best_epoch: int = 0
    best_loss: float = math.inf
    best_accuracy: float = 0.0
    history_bytes: int = 0

    @classmethod
    def from_json(cls, text: str) -> Progress:
        data = json.loads(text)
        patience = {key: Patience(**data[key]) for key in ("plateau", "stopping")}
        return cls(**(data | patience))
