"""The queue: how many trainings run at a time, and whose turn is next."""

from __future__ import annotations

import time

from filelock import FileLock, Timeout

from mnist_core.config import settings
from mnist_core.runs import environment
from mnist_core.runs.run import Run
from mnist_core.runs.store import list_runs

POLL = 0.2  # seconds between two looks at the queue


def wait_for_slot(run: Run) -> FileLock | None:
    """Wait until no run is ahead of this one in the queue and a slot is free.

    A slot is a lock on a file; the operating system frees it when the process that holds it dies.

    Returns:
        The lock, held, or None if the run was asked to stop before its turn.
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
        SettingError: the variable is not a whole number of at least 1.
    """
    return settings.whole("DIGITLAB_SLOTS")


def waiting_before(run: Run) -> list[Run]:
    """The runs ahead of this one in the queue, the next one first: those that wait for their turn
    and were created earlier."""
    return [
        other
        for other in reversed(list_runs())
        if other.created < run.created and other.status().state == "queued"
    ]
