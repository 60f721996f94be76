"""A training of seconds for tests, and what it leaves behind."""

import pytest

from mnist_core.config.config import Layer, Optimizer, TrainingConfig
from mnist_core.runs.history import KINDS, EventRow
from mnist_core.training import trainer as training

SMALL = TrainingConfig(
    layers=(Layer(32, "relu", "after", 0.2),),
    epochs=3,
    batch_size=32,
    optimizer=Optimizer(learning_rate=3e-3),
)


def rows(run, kind):
    return [row for row in run.history() if KINDS[type(row)] == kind]


def without_times(run):
    return [row._replace(time=0.0) for row in run.history()]


def without_events(run):
    return [row for row in without_times(run) if not isinstance(row, EventRow)]


def break_off(config, dataset, run):
    """Train until the disk is full, after 12 batches."""

    def fail(trainer, count, original=training.Trainer._rates):
        if trainer.progress.step >= 12:
            raise OSError(28, "No space left on device")
        return original(trainer, count)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training.Trainer, "_rates", fail)
        with pytest.raises(OSError, match="No space"):
            training.train(config, dataset, run)


TAUGHT = SMALL.with_changes(distillation={"epochs": 2})


def contents(run):
    return {path: path.read_bytes() for path in run.directory.rglob("*") if path.is_file()}
