"""Start and stop the processes that train runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from mnist_core import runs
from mnist_core.config import TrainingConfig
from mnist_core.runs import Run

_ROOT = Path(__file__).resolve().parent.parent
_children: list[subprocess.Popen] = []  # kept to be reaped


def start(config: TrainingConfig, name: str, directory: Path | None = None, **extra: object) -> Run:
    """Create a run and launch its worker, which queues for a slot. See ``runs.create``."""
    run = runs.create(config, name, directory, **extra)
    launch(run)
    return run


def launch(run: Run) -> None:
    """Start the worker of a run, in a session of its own so that it outlives this process."""
    _children[:] = [child for child in _children if child.poll() is None]
    detached = (
        {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.DETACHED_PROCESS}
        if sys.platform == "win32"
        else {"start_new_session": True}
    )
    with run.log_path.open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "mnist_core.worker", str(run.directory)],
            cwd=_ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            **detached,
        )
    _children.append(child)


def resume(run: Run) -> None:
    """Go on with an interrupted, failed or stopped run from its last finished epoch.

    Raises:
        runs.RunActiveError: while a worker has it.
    """
    if run.status().active:
        raise runs.RunActiveError(f"{run.name} is already being trained.")
    run.request(stop=False, pause=False)
    run.set_status(state="queued", message="", finished=None)
    launch(run)


def stop(run: Run) -> None:
    """Ask the worker to stop and keep the best epoch so far; it does so at the next batch."""
    run.request(stop=True)


def kill(run: Run) -> None:
    """End a worker that does not answer. The run then reads as interrupted."""
    pid = run.status().pid
    if pid is not None and run.worker_alive():
        os.kill(pid, signal.SIGTERM)
