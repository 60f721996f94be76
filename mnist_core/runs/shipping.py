"""Make a run small enough to ship."""

from __future__ import annotations

import numpy as np

from mnist_core.runs import files
from mnist_core.runs.history import BatchRow, to_line
from mnist_core.runs.run import Run, RunActiveError


def thin(run: Run, batch_rows: int, epochs: int, epoch_bytes: int) -> None:
    """Leave of a run what is to ship. It can't be resumed afterwards.

    Args:
        run: One that has ended.
        batch_rows: At most so many are kept: every k-th.
        epochs: The weights of at most so many are kept, close together at the beginning, where they
            differ most.
        epoch_bytes: The weights of fewer epochs, but at least two, are kept if their files would
            exceed this together.

    Raises:
        RunActiveError: While it is trained.
    """
    if run.status().active:
        raise RunActiveError(f"{run.name} is still training.")
    there = np.array(run.epochs())
    if len(there):
        fitting = epoch_bytes // run.epoch_path(there[-1]).stat().st_size
        wanted = np.geomspace(there[0], there[-1], max(2, min(epochs, fitting)))
        nearest = there[np.abs(there - wanted[:, None]).argmin(axis=1)]
        for epoch in set(there) - set(nearest):
            run.epoch_path(epoch).unlink()
    rows = run.history()
    every = -(-sum(isinstance(row, BatchRow) for row in rows) // batch_rows)
    kept = [row for row in rows if not isinstance(row, BatchRow) or row.step % every == 0]
    with files.replacing(run.history_path) as temporary:
        temporary.write_text("".join(map(to_line, kept)), "utf-8")
    for path in (run.checkpoint_path, run.teacher_path):
        path.unlink(missing_ok=True)
    if run.model_path.exists():  # which holds the same numbers; see `Run.weights_path`
        (run.directory / "weights.npz").unlink(missing_ok=True)
