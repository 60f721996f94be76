"""Wait for what a real worker does."""

from __future__ import annotations

import time
from collections.abc import Callable

from mnist_core.runs.records import Status
from mnist_core.runs.run import Run

PATIENCE = 600  # seconds: where much else runs, TensorFlow alone may take a minute to import


def wait_for(run: Run, condition: Callable[[Status], bool]) -> Status:
    """The run's status, once it fulfils the condition."""
    deadline = time.monotonic() + PATIENCE
    while not condition(status := run.status()):
        assert time.monotonic() < deadline, f"{status}\n{run.log_path.read_text()}"
        time.sleep(0.05)
    return status


def trains(status: Status) -> bool:
    return status.state == "training"


def ended(status: Status) -> bool:
    return not status.active
