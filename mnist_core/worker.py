"""The process that trains one run: ``python -m mnist_core.worker DIRECTORY``.

It waits for its turn, trains, and leaves its state in the run directory, whatever happens.
TensorFlow is imported when its turn has come: a waiting worker is small. The other way round is
``python -m mnist_core.worker --standby``: it makes everything ready first and then waits for a
directory, a line on its standard input; where that ends without one, so does the process.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from mnist_core import runs
from mnist_core.config import PRESETS, ConfigError
from mnist_core.runs import Run

if TYPE_CHECKING:
    from mnist_core.datasets import Dataset

POLL = 0.2  # seconds between two looks at the queue
RESERVE = 65536  # bytes held back, so that on a full disk the last words can be written
STANDBY_NICENESS = 10  # while a standby imports: visitors come first
WARM_UP_DIGITS = 256


def main(directory: str, prepared: Callable[[], Dataset | None] = lambda: None) -> int:
    """Train the run in ``directory``; returns the exit code.

    Args:
        directory: the run's.
        prepared: waits for what a standby makes ready and returns the digits, if it has them.
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
                train(run, prepared)
        except Exception as error:
            reserve.unlink(missing_ok=True)
            traceback.print_exc()
            run.set_status(state="failed", message=explain(error), finished=time.time())
            return 1
        finally:
            reserve.unlink(missing_ok=True)
    return 0


def wait_for_slot(run: Run) -> FileLock | None:
    """Wait until this run is the first of those waiting and a slot is free.

    A slot is a lock on a file: the operating system frees it when its holder dies.

    Returns:
        The held lock, or None if a stop was asked for in the meantime.
    """
    directory = runs.runs_directory() / ".slots"
    directory.mkdir(parents=True, exist_ok=True)
    while not run.control().stop:
        if not runs.waiting_before(run):
            for number in range(slots()):
                lock = FileLock(directory / f"{number}.lock")
                try:
                    lock.acquire(blocking=False)
                except Timeout:
                    continue
                return lock
        time.sleep(POLL)
    return None


def slots() -> int:
    """How many trainings may run at a time: ``DIGITLAB_SLOTS``, or one for each four cores.

    Raises:
        ValueError: where the variable is no whole number from 1 on.
    """
    return runs.setting("DIGITLAB_SLOTS", max(1, (os.cpu_count() or 1) // 4), 1)


def train(run: Run, prepared: Callable[[], Dataset | None] = lambda: None) -> None:
    """Load what is needed and train; for the arguments see ``main``."""
    run.set_status(state="starting", message="Loading TensorFlow and the digits")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    dataset = prepared()
    from mnist_core import datasets, training

    training.train(run.config, dataset or datasets.load(), run)


def standby() -> int:
    """Get ready, wait for a run and train it; returns the exit code."""
    import numpy  # noqa: F401  its threads are to have the usual priority

    found: list[Dataset] = []
    preparing = threading.Thread(target=lambda: found.append(_get_ready()))
    preparing.start()
    directory = sys.stdin.readline().strip()
    if not directory:
        return 0
    with (Path(directory) / "worker.log").open("ab") as log:
        os.dup2(log.fileno(), sys.stdout.fileno())
        os.dup2(log.fileno(), sys.stderr.fileno())

    def prepared() -> Dataset | None:
        preparing.join()  # had it failed, train() would find out why
        mnist = found and found[0].name == "mnist"  # in place of the sample it may be here by now
        return found[0] if mnist else None

    return main(directory, prepared)


def _get_ready() -> Dataset:
    """Import TensorFlow, load the digits and train a little, so that all that is loaded when
    first used is; returns the digits. Runs in a thread of its own with lower priority."""
    if sys.platform == "linux":  # where niceness belongs to a thread
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), STANDBY_NICENESS)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from mnist_core import datasets, training

    dataset = datasets.load()
    few = replace(
        dataset,
        x_train=dataset.x_train[:WARM_UP_DIGITS],
        y_train=dataset.y_train[:WARM_UP_DIGITS],
        x_test=dataset.x_test[:WARM_UP_DIGITS],
        y_test=dataset.y_test[:WARM_UP_DIGITS],
    )
    config = PRESETS["early-stopping"].with_changes(epochs=1)
    with tempfile.TemporaryDirectory() as directory:
        training.train(config, few, runs.create(config, "Warm-up", Path(directory)))
    return dataset


def explain(error: Exception) -> str:
    """What happened, for people; the traceback is in worker.log."""
    if isinstance(error, ConfigError):
        return f"The settings of this run are not possible. {error}"
    if isinstance(error, OSError) and error.strerror:
        what = f"{error.strerror} ({error.filename})" if error.filename else error.strerror
        return f"A file could not be read or written: {what}. Free space or mend it, then resume."
    if isinstance(error, ArithmeticError):
        return str(error)
    return f"{type(error).__name__}: {error}. The worker's log has the details."


if __name__ == "__main__":
    sys.exit(standby() if sys.argv[1] == "--standby" else main(sys.argv[1]))
