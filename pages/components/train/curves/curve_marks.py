"""Events that are marked on the learning curves."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

from mnist_core.config.config import TrainingConfig
from mnist_core.runs.history import EpochRow, EventRow

_EVENTS = {  # event: (kind, text)
    "pause": ("pause", "pause"),
    "stop": ("end", "stopped"),
    "prune": ("end", "pruned"),
}


def marks(
    epochs: list[EpochRow],
    events: list[tuple[float, EventRow]],
    config: TrainingConfig,
    state: str,
    continued_at: int = 0,
) -> list[dict[str, Any]]:
    """What is marked on the curves, each as {"epoch", "kind", "text"}.

    Kinds: "best" (lowest validation loss), "rate" (the learning rate fell on a plateau or was
    changed by hand), "pause", "further" (here the run continues another one), "end" (stopped early
    or by hand, or pruned).

    Args:
        epochs: The history's rows of epochs.
        events: Its events, each with the epoch in which it happened.
        config: The run's configuration.
        state: The run's state.
        continued_at: The epoch after which it continues another run; 0 where it does not.
    """
    drawn: list[dict[str, Any]] = []
    if continued_at:
        drawn.append({"epoch": continued_at, "kind": "further", "text": "continued"})
    measured = [row for row in epochs if math.isfinite(row.val_loss)]
    if measured:
        best = min(measured, key=lambda row: row.val_loss).epoch
        drawn.append({"epoch": best, "kind": "best", "text": "best"})
    by_hand = [(at, row) for at, row in events if row.event == "learning_rate"]
    for at, row in by_hand:
        drawn.append({"epoch": at, "kind": "rate", "text": f"rate {row.learning_rate or 0:.2g}"})
    if config.schedule.name == "plateau":
        for before, after in pairwise(epochs):
            new = after.learning_rate
            changed = any(before.epoch <= at < after.epoch for at, _ in by_hand)
            if 0 < new < 0.999 * before.learning_rate and not changed:
                drawn.append({"epoch": before.epoch, "kind": "rate", "text": f"rate {new:.2g}"})
    for at, row in events:
        if row.event in _EVENTS:
            kind, text = _EVENTS[row.event]
            drawn.append({"epoch": at, "kind": kind, "text": text})
    ended = config.early_stopping and state == "done" and epochs
    if ended and epochs[-1].epoch < config.epochs:
        drawn.append({"epoch": epochs[-1].epoch, "kind": "end", "text": "stopped early"})
    return drawn
