"""Start and stop the processes that train runs.

A standby is a worker that has TensorFlow, the digits and the network ready before there is a run.
It saves some ten seconds from the click to the first point; without one everything works, only
later. ``DIGITLAB_STANDBY=0`` does without, for computers with little memory.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO

from mnist_core.config.config import TrainingConfig
from mnist_core.errors import DigitLabError
from mnist_core.runs import environment, store
from mnist_core.runs.run import NAME_LENGTH, RESUMABLE_STATES, Run, RunActiveError

_ROOT = Path(__file__).resolve().parents[2]
_children: list[subprocess.Popen] = []  # kept to be reaped
_standby: subprocess.Popen | None = None
_prepared: TrainingConfig | None = None  # what the standby was told last
_standby_lock = threading.Lock()


class NothingToResumeError(DigitLabError, RuntimeError):
    """A run has ended and its checkpoint is gone, so nothing can be resumed. Branch it, or train
    anew."""


class TooManyRunsError(DigitLabError, RuntimeError):
    """A visitor has as many runs queued or training as one may have. Stop one of them, or wait for
    one to end."""


def start(
    config: TrainingConfig,
    name: str,
    directory: Path | None = None,
    visitor: str | None = None,
    fill: Callable[[Run], None] = lambda run: None,
    **extra: object,
) -> Run:
    """Create a run and launch its worker, which queues for a slot. Old runs are cleaned up.

    Args:
        visitor: who starts it. One visitor may have ``DIGITLAB_RUNS_PER_VISITOR`` runs waiting
            or training, by default 3; 0 is without a limit.
        config, name, directory, fill, extra: see ``runs.create``.

    Raises:
        TooManyRunsError: at that limit.
    """
    run = store.create(config, name, directory, fill, **extra, **_admitted(visitor))
    launch(run)
    store.clean_up()
    return run


def _admitted(visitor: str | None) -> dict[str, str]:
    """What a run notes of who starts it; raises TooManyRunsError at the limit."""
    if visitor is None:
        return {}
    most = environment.setting("DIGITLAB_RUNS_PER_VISITOR", 3, 0)
    going = sum(run.visitor == visitor and run.status().active for run in store.list_runs())
    if most and going >= most:
        raise TooManyRunsError(
            f"You already have {going} {'run' if going == 1 else 'runs'}; the limit is {most}. "
            "Stop one of them, or wait until one has ended."
        )
    return {"visitor": visitor}


def launch(run: Run) -> None:
    """Give a run to the standby or to a new worker, in a session of its own so that it outlives
    this process."""
    _children[:] = [child for child in _children if child.poll() is None]
    if _give_to_standby(run):
        return
    with run.log_path.open("ab") as log:
        _children.append(_popen("worker", str(run.directory), output=log))


def ensure_standby() -> subprocess.Popen | None:
    """Have a standby made ready unless it is unwanted or a run is going on, which needs the
    processor itself. Returns the standby that there is. It ends with this process."""
    global _standby, _prepared
    with _standby_lock:
        wanted = os.environ.get("DIGITLAB_STANDBY") != "0"
        there = _standby is not None and _standby.poll() is None
        if wanted and not there and not any(run.status().active for run in store.list_runs()):
            _standby = _popen("standby", stdin=subprocess.PIPE)
            _prepared = None
        return _standby


def prepare(config: TrainingConfig) -> None:
    """Have the standby, where there is one, get ready for this very configuration."""
    global _prepared
    with _standby_lock:
        if _standby is None or config == _prepared:
            return
        _prepared = config
        try:
            _standby.stdin.write(f"{json.dumps(config.to_dict())}\n".encode())
            _standby.stdin.flush()
        except OSError:  # it has died: the next run is trained without
            return


def _give_to_standby(run: Run) -> bool:
    """Hand the run to the standby if there is one and nothing has to be waited for."""
    global _standby
    with _standby_lock:
        if _standby is None or any(
            other.status().active for other in store.list_runs() if other.id != run.id
        ):
            return False
        child, _standby = _standby, None
    _children.append(child)
    try:
        with child.stdin as pipe:
            pipe.write(f"{run.directory}\n".encode())
    except OSError:  # it has died
        return False
    return child.poll() is None


def _popen(
    module: str,
    *arguments: str,
    output: IO | int = subprocess.DEVNULL,
    stdin: int = subprocess.DEVNULL,
) -> subprocess.Popen:
    """Run a module of this package."""
    detached = (
        {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.DETACHED_PROCESS}
        if sys.platform == "win32"
        else {"start_new_session": True}
    )
    return subprocess.Popen(
        [sys.executable, "-m", f"mnist_core.jobs.{module}", *arguments],
        cwd=_ROOT,
        stdin=stdin,
        stdout=output,
        stderr=output,
        **detached,
    )


def resume(run: Run, visitor: str | None = None) -> None:
    """Go on with an interrupted, failed or stopped run from its last finished epoch.

    Args:
        visitor: who asks for it and has it from now on, see ``start``.

    Raises:
        runs.RunActiveError: while a worker has it.
        NothingToResumeError: where it has ended and nothing to go on from is kept.
        TooManyRunsError: at the visitor's limit.
    """
    status = run.status()
    if status.active:
        raise RunActiveError(f"{run.name} is already being trained.")
    if status.state not in RESUMABLE_STATES and not run.checkpoint_path.exists():
        raise NothingToResumeError(f"{run.name} is {status.state}: there is nothing to go on from.")
    run.describe(**_admitted(visitor))
    run.request(stop=False, pause=False)
    run.set_status(state="queued", message="", finished=None)
    launch(run)


def train_further(run: Run, epochs: int, visitor: str | None = None) -> Run:
    """Launch a run that goes on where this one has ended; without a checkpoint, as with shipped
    networks, from its weights alone. See ``runs.branch``, ``runs.refine`` and ``start``."""
    ending = f", +{epochs}"
    name = run.name[: NAME_LENGTH - len(ending)] + ending
    make = store.branch if run.checkpoint_path.exists() else store.refine
    new = make(run, name, epochs, **_admitted(visitor))
    launch(new)
    store.clean_up()
    return new


def stop(run: Run) -> None:
    """Ask the worker to stop and keep the best epoch so far; it obeys at once."""
    run.request(stop=True)


def kill(run: Run) -> None:
    """End a worker that does not answer. The run then reads as interrupted."""
    pid = run.status().pid
    if pid is not None and run.worker_alive():
        os.kill(pid, signal.SIGTERM)
