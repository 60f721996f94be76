"""Events that are marked on the learning curves."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

from mnist_core.config.config import TrainingConfig
from mnist_core.runs.history import Rows


def marks(
    epochs: Rows,
    events: Rows,
    config: TrainingConfig,
    state: str,
    continued_at: int = 0,
) -> list[dict[str, Any]]:
    """What is marked on the curves, each as {"epoch", "kind", "text"}.

    Kinds: "best" (lowest validation loss), "rate" (the learning rate fell on a plateau or was
    changed by hand), "pause", "further" (here the run continues another one), "end" (stopped early
    or by hand).

    Args:
        epochs: Rows of the history, one an epoch.
        events: Its rows of kind "event", each with the "epoch" in which it happened.
        config: The run's configuration.
        state: The run's state.
        continued_at: The epoch after which it continues another run; 0 where it does not.
    """
    found = []
    if continued_at:
        found.append({"epoch": continued_at, "kind": "further", "text": "continued"})
    losses = [row["val_loss"] if row["val_loss"] is not None else math.inf for row in epochs]
    if losses and min(losses) < math.inf:
        best = epochs[losses.index(min(losses))]["epoch"]
        found.append({"epoch": best, "kind": "best", "text": "best"})
    by_hand = [event for event in events if event["event"] == "learning_rate"]
    for event in by_hand:
        text = f"rate {event['learning_rate']:.2g}"
        found.append({"epoch": event["epoch"], "kind": "rate", "text": text})
    if config.schedule.name == "plateau":
        for before, after in pairwise(epochs):
            old, new = before["learning_rate"], after["learning_rate"]
            changed = any(before["epoch"] <= event["epoch"] < after["epoch"] for event in by_hand)
            if old and new and new < 0.999 * old and not changed:
                found.append({"epoch": before["epoch"], "kind": "rate", "text": f"rate {new:.2g}"})
    for event in events:
        if event["event"] in ("pause", "stop"):
            kind, text = ("pause", "pause") if event["event"] == "pause" else ("end", "stopped")
            found.append({"epoch": event["epoch"], "kind": kind, "text": text})
    early = config.early_stopping and state == "done" and epochs
    if early and epochs[-1]["epoch"] < config.epochs:
        found.append({"epoch": epochs[-1]["epoch"], "kind": "end", "text": "stopped early"})
    return found
