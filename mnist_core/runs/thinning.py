"""Thins out a run so that it is small enough to ship."""

from __future__ import annotations

import numpy as np

from mnist_core.runs import files
from mnist_core.runs.history import BatchRow, to_line
from mnist_core.runs.run import Run, RunActiveError


def thin(run: Run, batch_rows: int, epochs: int, epoch_bytes: int) -> None:
    """Delete from a run what does not ship. It can't be resumed afterwards.

    Args:
        run: A run that has ended.
        batch_rows: Keep every k-th batch row, so that at most this many remain.
        epochs: Keep the weights after at most this many epochs, most of them early ones, where
            weights change most.
        epoch_bytes: Keep those of fewer epochs, but at least two, if their files together would
            exceed this size.

    Raises:
        RunActiveError: The run is queued or training.
    """
    if run.status().active:
        raise RunActiveError(f"{run.name} is still training.")
    epochs_stored = np.array(run.epochs())
    if len(epochs_stored):
        fitting = epoch_bytes // run.epoch_path(epochs_stored[-1]).stat().st_size
        wanted = np.geomspace(epochs_stored[0], epochs_stored[-1], max(2, min(epochs, fitting)))
        nearest = epochs_stored[np.abs(epochs_stored - wanted[:, None]).argmin(axis=1)]
        for epoch in set(epochs_stored) - set(nearest):
            run.epoch_path(epoch).unlink()
    rows = run.history()
    every = -(-sum(isinstance(row, BatchRow) for row in rows) // batch_rows)
    kept = [row for row in rows if not isinstance(row, BatchRow) or row.step % every == 0]
    with files.replacing(run.history_path) as temporary:
        temporary.write_text("".join(map(to_line, kept)), "utf-8")
    for path in (run.checkpoint_path, run.teacher_path):
        path.unlink(missing_ok=True)
    if run.model_path.exists():  # it holds the same numbers, see `Run.weights_path`
        (run.directory / "weights.npz").unlink(missing_ok=True)
