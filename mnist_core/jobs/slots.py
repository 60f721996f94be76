"""The queue: how many trainings run at a time, and whose turn is next."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from mnist_core.runs import environment
from mnist_core.runs.run import Run
from mnist_core.runs.store import list_runs

if TYPE_CHECKING:
    from mnist_core.digits.dataset import Dataset
    from mnist_core.training.train_step import Prepared

    Ready = Callable[[], tuple[Dataset | None, Prepared | None]]

POLL = 0.2  # seconds between two looks at the queue


def wait_for_slot(run: Run) -> FileLock | None:
    """Wait until this run is the first of those waiting and a slot is free.

    A slot is a lock on a file: the operating system frees it when its holder dies.

    Returns:
        The held lock, or None if a stop was asked for in the meantime.
    """
    directory = environment.runs_directory() / ".slots"
    directory.mkdir(parents=True, exist_ok=True)
    while not run.control().stop:
        if not waiting_before(run):
            for number in range(slot_count()):
                lock = FileLock(directory / f"{number}.lock")
                try:
                    lock.acquire(blocking=False)
                except Timeout:
                    continue
                return lock
        time.sleep(POLL)
    return None


def slot_count() -> int:
    """How many trainings may run at a time: ``DIGITLAB_SLOTS``, or one for each four cores.

    Raises:
        ValueError: where the variable is no whole number from 1 on.
    """
    return environment.setting("DIGITLAB_SLOTS", max(1, (os.cpu_count() or 1) // 4), 1)


def waiting_before(run: Run) -> list[Run]:
    """The users' runs that wait for their turn and were created before this one."""
    return [
        other
        for other in reversed(list_runs())
        if other.created < run.created and other.status().state == "queued"
    ]
