"""The process that trains one run: `python -m mnist_core.jobs.worker DIRECTORY`.

It waits for its turn, trains, and notes in the run directory how that ended, whatever happens. It
imports TensorFlow only when its turn has come, so that a waiting worker needs little memory; a
`standby` imports it earlier.
"""

from __future__ import annotations

import os
import socket
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mnist_core.config.optional_libraries import LibraryMissingError
from mnist_core.jobs import search
from mnist_core.jobs.queue import wait_for_slot
from mnist_core.runs.records import RunDamagedError
from mnist_core.runs.run import Run

if TYPE_CHECKING:
    from mnist_core.digits.datasets.dataset import Dataset
    from mnist_core.training.train_step import Prepared

    Ready = Callable[[], tuple[Dataset | None, Prepared | None]]
    Wait = Callable[[Run], AbstractContextManager[object] | None]

NOTHING_TRAINED = "Stopped while waiting: nothing was trained."
RESERVE = 65536  # bytes, freed on a full disk so that the reason can still be written down


def main(
    directory: str, ready: Ready = lambda: (None, None), wait: Wait = lambda run: wait_for_slot(run)
) -> int:
    """Train the run in `directory`.

    Args:
        directory: The run's directory.
        ready: Returns the digits and the network that a standby has prepared, or None for either;
            waits until the standby has finished preparing.
        wait: Waits for the run's turn, see `wait_for_slot`.

    Returns:
        The exit code: 0 when the run has ended or was stopped, 1 when it has failed.
    """
    run = Run(Path(directory).resolve())
    with run.worker_lock().acquire(timeout=60):  # it may just be being repaired
        run.set_status(state="queued", pid=os.getpid(), host=socket.gethostname())
        remove_leftovers(run)
        reserve = run.directory / ".reserve"
        try:
            reserve.write_bytes(bytes(RESERVE))
            slot = wait(run)
            if slot is None and not run.directory.exists():
                return 0
            if slot is None:
                run.set_status(state="stopped", message=NOTHING_TRAINED, finished=time.time())
                return 0
            with slot:
                train(run, ready)
        except Exception as error:
            reserve.unlink(missing_ok=True)
            traceback.print_exc()
            run.set_status(state="failed", message=explain(error), finished=time.time())
            return 1
        finally:
            reserve.unlink(missing_ok=True)
    return 0


def remove_leftovers(run: Run) -> None:
    """Remove unfinished files of a worker that was killed before `files.replacing` could remove
    them: only files that workers alone write, as the app may be writing others now."""
    for unfinished in (".checkpoint.npz.*", ".weights.npz.*", ".*.keras.*", "epochs/.*"):
        for path in run.directory.glob(unfinished):
            path.unlink(missing_ok=True)


def train(run: Run, ready: Ready = lambda: (None, None)) -> None:
    """Load TensorFlow and the digits, and train, after a search has chosen the hyperparameters if
    it has to; for the arguments see `main`."""
    run = search.choose(run)
    run.set_status(state="starting", message="Loading TensorFlow and the digits", turn=time.time())
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    dataset, prepared = ready()
    from mnist_core.digits.datasets import own_data
    from mnist_core.training import trainer

    if dataset is None or run.config.data:
        dataset = own_data.dataset_of(run.config)
    hopeless = partial(search.why_hopeless, run)
    trainer.train(run.config, dataset, run, prepared, hopeless=hopeless)


def explain(error: Exception) -> str:
    """What went wrong, in words for the status; the traceback is in worker.log."""
    from mnist_core.digits.datasets.own_data import OwnDataError

    if isinstance(error, RunDamagedError | OwnDataError | LibraryMissingError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        what = f"{error.strerror} ({error.filename})" if error.filename else error.strerror
        return (
            f"A file could not be read or written: {what}. "
            "Free some disk space or repair the file, then resume."
        )
    if isinstance(error, ArithmeticError):
        return str(error)
    return f"{type(error).__name__}: {str(error).rstrip('.')}. The worker's log has the details."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
