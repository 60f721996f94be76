"""The queue: how many trainings run at a time, and which run is next.

For one person it is first come, first served. On a shared installation it is fair: a visitor who
has had a turn goes behind those who have waited since then, however many runs each has started.
"""

from __future__ import annotations

import heapq
import time
from collections import Counter
from collections.abc import Iterable
from itertools import takewhile

from filelock import FileLock, Timeout

from mnist_core.config import settings
from mnist_core.config.config import TrainingConfig
from mnist_core.config.sizes import TRAINING_DIGITS
from mnist_core.runs import class_rules, environment
from mnist_core.runs.run import Run
from mnist_core.runs.store import list_runs
from mnist_core.training.expected_time import expected_time

POLL = 0.2  # seconds between checks of control.json, and of the slots by the run that is next
START = 8.0  # seconds that a worker without a standby takes to load TensorFlow and build its graph
MAX_POLLS = 25  # most polls of `POLL` seconds between a waiting run's checks of the queue: 5 s


def wait_for_slot(run: Run) -> FileLock | None:
    """Wait until no run is ahead of this one in the queue and a slot is free.

    A slot is a lock on a file; the operating system frees it when the process that holds it dies.
    The more runs are ahead, the less often a run checks the queue, as each check takes processor
    time from trainings.

    Returns:
        The lock, which is held, or None if the run was asked to stop before its turn, or its
        directory is gone.
    """
    directory = environment.runs_directory() / ".slots"
    directory.mkdir(parents=True, exist_ok=True)
    polls = 0  # before the next check of the queue
    while run.directory.exists() and not run.control().stop:
        if polls == 0 and not class_rules.read().halted:
            polls = min(len(waiting_before(run)), MAX_POLLS)
            if polls == 0 and (lock := _free_slot()):
                return lock
        polls = max(0, polls - 1)
        time.sleep(POLL)
    return None


def _free_slot() -> FileLock | None:
    """Take a free slot and return its lock; None if no slot is free."""
    for number in range(slot_count()):
        lock = FileLock(environment.runs_directory() / ".slots" / f"{number}.lock")
        try:
            lock.acquire(blocking=False)
        except Timeout:
            continue
        return lock
    return None


def slot_count() -> int:
    """How many trainings may run at a time: `DIGITLAB_SLOTS`, whose default depends on the cores.

    Raises:
        SettingError: The variable is not a whole number of at least 1.
    """
    return settings.whole("DIGITLAB_SLOTS")


def waiting_before(run: Run) -> list[Run]:
    """The runs ahead of this one in the queue, the next one first."""
    return list(takewhile(lambda other: other.id != run.id, _in_turn(list_runs())))


def expected_wait(run: Run) -> float:
    """In how many seconds a waiting run is likely to start, if no run is added or stopped."""
    runs = list_runs()
    ends = []  # of the trainings, in seconds from now
    for other in runs:
        status = other.status()
        if status.active and status.state != "queued":
            row = other.last_row()
            ends.append(max(0.0, _seconds(other, runs) - (row.time if row else 0.0)))
    ends = sorted([*ends, *[0.0] * (slot_count() - len(ends))])
    for other in takewhile(lambda other: other.id != run.id, _in_turn(runs)):
        heapq.heapreplace(ends, ends[0] + _seconds(other, runs))
    return ends[0]


def expected_sweep(configs: Iterable[TrainingConfig]) -> float:
    """In how many seconds these trainings are likely to be done, if nothing else is trained."""
    runs = list_runs()
    times = [expected_time(config, TRAINING_DIGITS, runs).seconds + START for config in configs]
    return sum(times) / slot_count()


def _seconds(run: Run, runs: list[Run]) -> float:
    return expected_time(run.config, TRAINING_DIGITS, runs).seconds


def _in_turn(runs: Iterable[Run]) -> list[Run]:
    """Those of these runs that are waiting, in the order of their turns.

    On a shared installation a run counts as waiting since it was created, or since its visitor last
    had a turn if that was later. Of each visitor's waiting runs, the second comes after everybody's
    first, and so on.
    """
    # The queue of a cluster is Ray's: first come, first served.
    fair = settings.is_shared() and not settings.text("DIGITLAB_RAY_ADDRESS")
    waiting: list[Run] = []
    turns: dict[str | None, float] = {}
    for run in sorted(runs, key=lambda run: (run.created, run.id)):
        status = run.status()
        if status.state == "queued":
            waiting.append(run)
        elif fair and status.turn:
            turns[run.visitor] = max(status.turn, turns.get(run.visitor, 0.0))
    if not fair:
        return waiting
    rounds: Counter[str | None] = Counter()
    keys = {}
    for run in waiting:
        since = max(run.created, turns.get(run.visitor, 0.0))
        keys[run.id] = (rounds[run.visitor], since, run.created, run.id)
        rounds[run.visitor] += 1
    return sorted(waiting, key=lambda run: keys[run.id])
