"""The process that trains one run: ``python -m mnist_core.jobs.worker DIRECTORY``.

It waits for its turn, trains, and leaves its state in the run directory, whatever happens.
TensorFlow is imported when its turn has come: a waiting worker is small. ``standby`` does it the
other way round.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from mnist_core.config.fields import ConfigError
from mnist_core.runs.run import Run

if TYPE_CHECKING:
    from mnist_core.digits.dataset import Dataset
    from mnist_core.training.train_step import Prepared

    Ready = Callable[[], tuple[Dataset | None, Prepared | None]]
from mnist_core.jobs.slots import wait_for_slot

RESERVE = 65536  # bytes held back, so that on a full disk the last words can be written


def main(directory: str, ready: Ready = lambda: (None, None)) -> int:
    """Train the run in ``directory``; returns the exit code.

    Args:
        directory: the run's.
        ready: waits for a standby's digits and prepared network and returns what there is.
    """
    run = Run(Path(directory).resolve())
    with run.worker_lock().acquire(timeout=10):
        run.set_status(state="queued", pid=os.getpid())
        reserve = run.directory / ".reserve"
        try:
            reserve.write_bytes(bytes(RESERVE))
            slot = wait_for_slot(run)
            if slot is None:
                message = "Stopped while waiting: nothing was trained."
                run.set_status(state="stopped", message=message, finished=time.time())
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


def train(run: Run, ready: Ready = lambda: (None, None)) -> None:
    """Load what is needed and train; for the arguments see ``main``."""
    run.set_status(state="starting", message="Loading TensorFlow and the digits")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    dataset, prepared = ready()
    from mnist_core.digits import mnist
    from mnist_core.training import trainer

    trainer.train(run.config, dataset or mnist.load(), run, prepared)


def explain(error: Exception) -> str:
    """What happened, for people; the traceback is in worker.log."""
    if isinstance(error, ConfigError):
        return f"The settings of this run are not possible. {error}"
    if isinstance(error, OSError) and error.strerror:
        what = f"{error.strerror} ({error.filename})" if error.filename else error.strerror
        return f"A file could not be read or written: {what}. Free space or mend it, then resume."
    if isinstance(error, ArithmeticError):
        return str(error)
    return f"{type(error).__name__}: {str(error).rstrip('.')}. The worker's log has the details."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
