"""Learning curves in words: what a run's epochs show, why, and what to try."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean

from mnist_core.config.config import TrainingConfig
from mnist_core.config.formatting import accuracy_text, count, percent
from mnist_core.config.warnings import warnings_for
from mnist_core.runs.history import EpochRow
from mnist_core.runs.records import SUMMED_UP_STATES, Status

DIVERGED = "The training diverged"  # how the status message of such a run begins
LEARNED = 2  # times the accuracy of guessing: from here on the network has learned something
RISEN = 1.05  # times the lowest validation loss: above this it is overfitting
CHANGED = 0.02  # as a fraction of the validation loss: less is hardly a change
UNSTABLE = 1.5  # times the lowest training loss: above this it diverges
ABOVE = 0.002  # accuracy: training and validation clearly differ if by more than this
LOWER_THE_RATE = (
    "Try a schedule that lowers the learning rate, such as cosine or one-cycle: smaller steps find "
    "a lower loss."
)


@dataclass(frozen=True)
class Finding:
    """Something that the curves show.

    Attributes:
        kind: "diverged", "never learned", "overfitting", "levelled off", "no trend", "still
            learning", "too early", "validation above training" or "stopped".
        title: The finding in a few words: "Overfitting since epoch 9".
        figures: The run's figures that show it, in one or two sentences.
        advice: What to try; empty where there is nothing to do.
    """

    kind: str
    title: str
    figures: str
    advice: str = ""


def findings(epochs: Sequence[EpochRow], config: TrainingConfig, status: Status) -> list[Finding]:
    """What the curves show after these epochs, the most important first.

    Args:
        epochs: The history's epoch rows, in order; rows without figures do not count.
        config: The run's configuration.
        status: The run's status, which says whether the training has ended.
    """
    known = [e for e in epochs if all(map(math.isfinite, (e.loss, e.val_loss, e.val_accuracy)))]
    ended = status.state in SUMMED_UP_STATES
    found = [_diverged(known, config, status) or (_never_learned(known, config) if known else None)]
    if known and found[0] is None:
        found = [_overfitting(known, config, status) or _progress(known, config, ended)]
        found.append(_validation_above_training(known, config))
    if ended and status.message:
        found.append(_stopped(config, status))
    return [finding for finding in found if finding]


def _diverged(epochs: Sequence[EpochRow], config: TrainingConfig, status: Status) -> Finding | None:
    rate = config.optimizer.learning_rate
    advice = f"Try a learning rate of {rate / 10:g} instead of {rate:g}."
    if status.state == "failed" and status.message.startswith(DIVERGED):
        last = f" After epoch {epochs[-1].epoch} it was {epochs[-1].loss:.4g}." if epochs else ""
        return Finding(
            "diverged", "Diverged", f"The loss grew until it was no longer a number.{last}", advice
        )
    lowest = min(epochs, key=lambda row: row.loss, default=None)
    if lowest and epochs[-1].loss > UNSTABLE * lowest.loss:
        figures = (
            f"The training loss has risen from {lowest.loss:.4g} after epoch {lowest.epoch} to "
            f"{epochs[-1].loss:.4g}: the steps are too large."
        )
        return Finding("diverged", f"Diverging since epoch {lowest.epoch}", figures, advice)
    return None


def _never_learned(epochs: Sequence[EpochRow], config: TrainingConfig) -> Finding | None:
    last, guessing = epochs[-1], 1 / len(config.class_names)
    learned = min(LEARNED * guessing, (1 + guessing) / 2)  # with two classes, less than 1
    if max(last.accuracy, last.val_accuracy) >= learned:
        return None
    best = max(max(row.accuracy, row.val_accuracy) for row in epochs)
    title = "Nothing learned yet" if len(epochs) == 1 else "Never learned"
    now = ""
    if best >= learned:
        title, now = "Guessing again", f", now {accuracy_text(last.val_accuracy)}"
    rate = config.optimizer.learning_rate
    known = warnings_for(config)
    return Finding(
        "never learned",
        title,
        f"At best {accuracy_text(best)} were right after {count(len(epochs), 'epoch')}{now}; "
        f"guessing gets {percent(guessing, 0)}.",
        known[0] if known else f"Try a learning rate of {rate / 10:g} or {min(rate * 10, 10):g}.",
    )


def _overfitting(
    epochs: Sequence[EpochRow], config: TrainingConfig, status: Status
) -> Finding | None:
    best, last = min(epochs, key=lambda row: row.val_loss), epochs[-1]
    since = epochs[epochs.index(best) + 1 :]
    if len(since) < 2 or last.loss >= best.loss or last.val_accuracy == 1:
        return None
    now = mean(row.val_loss for row in since[-2:])
    if now <= RISEN * best.val_loss:
        return None
    cures = {
        "dropout": not any(layer.dropout for layer in config.layers),
        "data augmentation": not config.augmentation.enabled,
        "a smaller network": True,
    }
    advice = f"Try {_joined_by_or([cure for cure, missing in cures.items() if missing])}."
    keeps = config.early_stopping is not None or status.state in ("stopped", "pruned")
    if keeps and status.state in SUMMED_UP_STATES:
        advice = f"It does no harm: the weights of epoch {best.epoch} are kept. {advice}"
    elif not keeps:
        advice += f" Early stopping would have kept the weights of epoch {best.epoch}."
    return Finding(
        "overfitting",
        f"Overfitting since epoch {best.epoch}",
        f"The validation loss has risen from {best.val_loss:.4f} to {now:.4f}, while the training "
        f"loss fell from {best.loss:.4f} to {last.loss:.4f}: the network learns its training set "
        "by heart. Its validation accuracy went from "
        f"{accuracy_text(best.val_accuracy)} to {accuracy_text(last.val_accuracy)}.",
        advice,
    )


def _progress(epochs: Sequence[EpochRow], config: TrainingConfig, ended: bool) -> Finding:
    """Whether the validation loss still falls: it was lowest in the last fifth of the epochs, and
    its mean there is clearly below that of as many epochs before. Or whether it has just begun to
    rise, or hardly changes."""
    size = max(1, len(epochs) // 5)
    before, now = epochs[-2 * size : -size], epochs[-size:]
    last, best = epochs[-1], min(epochs, key=lambda row: row.val_loss)
    right = f"{accuracy_text(last.val_accuracy)} of the validation set is classified correctly"
    if not before:
        return Finding("too early", "Too early to tell", f"After one epoch {right}.")
    old, new = (mean(row.val_loss for row in part) for part in (before, now))
    change = f"from {old:.4f} to {new:.4f}"
    averaged = "" if size == 1 else f" (means of {size} epochs)"
    complete = ended and last.epoch >= config.epochs  # of one cut short, `_stopped` has the advice
    if new < (1 - CHANGED) * old and best in now:
        figures = f"The validation loss fell {change}{averaged}; {right}."
        advice = _how_to_go_on(config) if complete else ""
        return Finding("still learning", "Still learning", figures, advice)
    if len(epochs) < 5:
        figures = f"The validation loss went {change}; {right}."
        return Finding("too early", "Too early to tell", figures)
    if new > RISEN * old:
        figures = (
            f"The validation loss rose {change}{averaged}, by chance or because overfitting "
            f"begins; {right}."
        )
        advice = "Try more epochs: if it goes on rising, the network is overfitting."
        return Finding("too early", "Validation loss rising", figures, advice if complete else "")
    if abs(new - old) <= CHANGED * old:
        figures = f"The validation loss hardly changes, {change}{averaged}; {right}."
        return Finding("levelled off", "Levelled off", figures, _what_else_to_try(last, config))
    figures = (
        f"The validation loss went {change}{averaged}; it was lowest, {best.val_loss:.4f}, after "
        f"epoch {best.epoch}. {right}."
    )
    advice = LOWER_THE_RATE if config.schedule.name == "constant" else ""
    return Finding("no trend", "No clear trend", figures, advice)


def _how_to_go_on(config: TrainingConfig) -> str:
    """How a training can go on that was still learning after its last epoch."""
    if config.schedule.name in ("cosine", "one_cycle"):
        return (
            "Start a new training with more epochs: this one's learning rate fell to its end, "
            "so that going on would gain little."
        )
    return "Try more epochs: continue this training."


def _what_else_to_try(last: EpochRow, config: TrainingConfig) -> str:
    """What to try where more epochs bring nothing."""
    if config.schedule.name == "constant":
        return LOWER_THE_RATE
    if last.accuracy - last.val_accuracy > ABOVE:
        return (
            "The training set is classified better than the validation set: try data augmentation "
            "or more dropout."
            if not config.augmentation.enabled
            else "The training set is classified better than the validation set: try more "
            "augmentation."
        )
    return "Try a larger network."


def _validation_above_training(
    epochs: Sequence[EpochRow], config: TrainingConfig
) -> Finding | None:
    last = epochs[-1]
    if config.regularization.label_smoothing and last.loss > last.val_loss:
        return Finding(
            "validation above training",
            "Training loss above validation loss",
            f"{last.loss:.4f} against {last.val_loss:.4f}, which is no mistake. Label smoothing "
            "makes training targets that no prediction can match exactly; validation uses the "
            "plain labels.",
        )
    if not last.val_accuracy > last.accuracy + ABOVE:
        return None
    harder = {
        "dropout switches units off": any(layer.dropout for layer in config.layers),
        "images are augmented": config.augmentation.enabled,
        "images are blended (mixup)": config.regularization.mixup,
    }
    reasons = [reason for reason, used in harder.items() if used]
    why = (
        f"Only in training {' and '.join(reasons)}."
        if reasons
        else "The training figure is the mean over the whole epoch; validation comes after it."
    )
    return Finding(
        "validation above training",
        "Validation above training",
        f"{accuracy_text(last.val_accuracy)} against {accuracy_text(last.accuracy)}, which is no "
        f"mistake. {why}",
    )


def _stopped(config: TrainingConfig, status: Status) -> Finding:
    if status.state == "done" and not status.message.startswith("Stopped early"):
        return Finding("stopped", "All epochs done", status.message)
    title, reason = re.split("[.:] ", f"{status.message} ", maxsplit=1)  # so that none is repeated
    figures = reason[:1].upper() + reason[1:].rstrip()
    if status.state == "done":
        patience = config.early_stopping.patience if config.early_stopping else 0
        advice = f"If the curve was only shaky, try a patience of {2 * patience}."
    else:
        advice = (
            "Resume continues it." if status.state == "stopped" else "Resume trains it to the end."
        )
    return Finding("stopped", title, figures, advice)


def _joined_by_or(things: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(things[:-1]), things[-1])))
