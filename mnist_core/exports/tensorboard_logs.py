"""A run's history in the format that TensorBoard reads."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from mnist_core.config.optional_libraries import EXPORT, optional
from mnist_core.runs.history import BatchRow, EpochRow
from mnist_core.runs.run import Run

BATCH_FIELDS: tuple[str, ...] = ("loss", "accuracy", "learning_rate")
EPOCH_FIELDS: tuple[str, ...] = ("loss", "accuracy", "val_loss", "val_accuracy")


def write(run: Run, directory: Path) -> Path:
    """Write a run's curves below a directory; `tensorboard --logdir DIRECTORY` shows
    them, several runs side by side.

    Args:
        run: The run.
        directory: Where to make a directory named after the run.

    Returns:
        That directory.

    Raises:
        LibraryMissingError: TensorBoard is not installed.
        OSError: The directory can't be written to.
    """
    with optional(EXPORT):
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary
        from tensorboard.summary.writer.event_file_writer import EventFileWriter
    written_to = directory / run.id
    written_to.mkdir(parents=True, exist_ok=True)
    writer = EventFileWriter(str(written_to))

    def add(seconds: float, step: int, summary: Any) -> None:
        writer.add_event(Event(wall_time=run.created + seconds, step=step, summary=summary))

    try:
        for row in run.history():
            if isinstance(row, BatchRow):
                prefix, fields, step = "batch", BATCH_FIELDS, row.step
            elif isinstance(row, EpochRow):
                prefix, fields, step = "epoch", EPOCH_FIELDS, row.epoch
            else:
                continue
            values = [(field, getattr(row, field)) for field in fields]
            numbers = [
                Summary.Value(tag=f"{prefix}/{field}", simple_value=value)
                for field, value in values
                if value is not None and math.isfinite(value)
            ]
            add(row.time, step, Summary(value=numbers))
        if summary := run.status().summary:
            last = Summary.Value(tag="test_accuracy", simple_value=summary.test_accuracy)
            add(summary.seconds, summary.epochs, Summary(value=[last]))
    finally:
        writer.close()
    return written_to
