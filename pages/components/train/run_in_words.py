"""A run in words: its hyperparameters, its expected time, its state and its progress."""

from __future__ import annotations

from mnist_core.config import settings
from mnist_core.config.config import TrainingConfig
from mnist_core.config.formatting import count, duration, percent
from mnist_core.config.names import name_of
from mnist_core.config.sizes import INPUTS, TRAINING_DIGITS
from mnist_core.digits.datasets import own_data
from mnist_core.jobs import queue
from mnist_core.runs import class_rules, store
from mnist_core.runs.history import EventRow
from mnist_core.runs.records import Control, Status
from mnist_core.runs.run import Run
from mnist_core.training.expected_time import expected_time
from pages.components.shell import dataset
from pages.components.shell.text import plain, roughly, sentence

STATES = {
    "queued": ("hourglass_empty", "Waiting for its turn"),
    "starting": ("hourglass_top", "Starting"),
    "distilling": ("school", "Training the teacher network"),
    "training": ("model_training", "Training"),
    "paused": ("pause_circle", "Paused"),
    "evaluating": ("fact_check", "Evaluating on the test images"),
    "done": ("check_circle", "Done"),
    "stopped": ("stop_circle", "Stopped"),
    "pruned": ("content_cut", "Pruned"),
    "failed": ("error", "Failed"),
    "interrupted": ("heart_broken", "Interrupted"),
    "damaged": ("broken_image", "Damaged"),
}
STARTING = "Starting its process"  # shown for a queued run with nothing ahead of it


def settings_in_words(config: TrainingConfig) -> str:
    """The network and its training in a line."""
    units = [layer.units for layer in config.layers]
    widths = " → ".join(map(str, (INPUTS, *units, len(config.class_names))))
    activations = ", ".join(dict.fromkeys(name_of(layer.activation) for layer in config.layers))
    return (
        f"{widths}, {activations}; {name_of(config.optimizer.name)}, learning rate "
        f"{config.optimizer.learning_rate:g} ({name_of(config.schedule.name)}), "
        f"batch size {config.batch_size}, {percent(config.validation_split, 0)} validation split, "
        f"seed {config.seed}{_extras(config)}"
    )


def _extras(config: TrainingConfig) -> str:
    """The training's hyperparameters beyond those that every training has."""
    parts = {
        "dropout": any(layer.dropout for layer in config.layers),
        "early stopping": config.early_stopping,
        "label smoothing": config.regularization.label_smoothing,
        "data augmentation": config.augmentation.enabled,
        "mixup": config.regularization.mixup,
        "added drawings": config.drawings,
        "knowledge distillation": config.distillation,
    }
    extras = ", ".join(text for text, used in parts.items() if used)
    return f"; with {extras}" if extras else ""


def expected_time_in_words(config: TrainingConfig, runs: list[Run]) -> str:
    """How long a training is likely to take on this computer, in Markdown.

    Args:
        runs: Earlier runs, whose times are known.
    """
    own = config.data
    data = None if own else dataset.if_loaded()
    digits = TRAINING_DIGITS if data is None else len(data.x_train)
    if own:
        digits = own_data.get(own.id).about.training
    expected = expected_time(config, digits, runs)
    most = "at most " if config.early_stopping else ""
    source = "from its earlier runs" if expected.measured else "an estimate before its first run"
    return f"On this computer {most}**{roughly(expected.seconds)}** ({source})."


def state_in_words(status: Status, control: Control) -> tuple[str, str]:
    """Icon and words for the state. What the visitor has asked for shows at once."""
    icon, text = STATES[status.state]
    if status.active and status.state != "evaluating":
        if control.stop:
            return STATES["stopped"][0], "Stopping…"
        if control.pause and status.state in ("distilling", "training"):
            return STATES["paused"][0], "Pausing…"
        if not control.pause and status.state == "paused":
            going_on = "training" if status.distilled is None else "distilling"
            return STATES[going_on][0], "Continuing…"
    return icon, text


def progress(run: Run, status: Status) -> tuple[float, str, str]:
    """The share of the training that is done, 0 to 1; words for it; and its speed, or ""."""
    rows = [row for row in run.last_rows() if not isinstance(row, EventRow)]
    epochs, last = run.config.epochs, rows[-1] if rows else None
    epoch, seconds = (last.epoch, last.time) if last else (0, 0.0)
    share = 1.0 if status.state == "done" else min(1.0, epoch / epochs)  # also if it ended early
    if status.state == "queued":
        return share, plain(status.message) or _queue(run), ""
    if status.distilled is not None and status.state in ("distilling", "paused"):
        what = "of the teacher's training is done; then this network learns from it"
        return status.distilled, f"{percent(status.distilled, 0, counted=True)} {what}", ""
    if status.message and (status.active or not status.summary):
        return share, plain(status.message), ""
    if status.state not in ("training", "paused"):
        return (
            share,
            f"{int(epoch)} of {count(epochs, 'epoch')} in {duration(seconds)}",
            "",
        )
    if last is None:
        return share, "Building the network", ""
    left = seconds * (1 / share - 1) if share else 0
    at_most = " at most" if run.config.early_stopping else ""
    text = (
        f"Epoch {min(int(epoch) + 1, epochs)} of {epochs} · "
        f"{duration(seconds)} so far, {duration(left)} left{at_most}"
    )
    recently = seconds - rows[0].time
    if status.state == "paused" or recently <= 0:
        return share, text, ""
    digits = (last.step - rows[0].step) * run.config.batch_size
    return share, text, f" · {round(digits / recently, -2):,.0f} images per second"


def _queue(run: Run) -> str:
    """What a queued run is waiting for."""
    if class_rules.read().halted:
        return "The teacher has halted the queue. Your run keeps its place in it."
    if not any(other.status().active for other in store.list_runs() if other.id != run.id):
        return STARTING
    ahead = _in_words(queue.waiting_before(run), run)
    when = ""
    if settings.is_shared():
        when = f" It is expected to start in {roughly(queue.expected_wait(run))}."
    if not ahead:
        return f"Another run is in training. Yours starts next.{when}"
    verb = "is" if ahead in (["1 run"], ["1 sweep"]) else "are"
    return (
        f"Another run is in training, and {sentence(ahead)} {verb} ahead of yours, which "
        f"starts automatically.{when}"
    )


def _in_words(ahead: list[Run], run: Run) -> list[str]:
    """What is ahead of a run in the queue; a sweep counts as one, but for the run's own."""
    parts = [other.description.sweep for other in ahead]
    own = sum(part is not None and part == run.description.sweep for part in parts)
    others = len({part.id for part in parts if part and part != run.description.sweep})
    single = parts.count(None)
    return [
        *([count(single, "run")] if single else []),
        *([count(others, "sweep")] if others else []),
        *([f"{count(own, 'run')} of the same sweep"] if own else []),
    ]
