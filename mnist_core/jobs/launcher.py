"""Start, resume and stop the processes that train runs."""

from __future__ import annotations

import logging
import os
import re
import secrets
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Unpack

from mnist_core.config import settings
from mnist_core.config.config import TrainingConfig
from mnist_core.config.formatting import count
from mnist_core.config.sweep_plan import Plan
from mnist_core.errors import DigitLabError
from mnist_core.jobs import child_processes, limits, standby_control
from mnist_core.runs import store
from mnist_core.runs.records import RESUMABLE_STATES, Extra, SweepPart
from mnist_core.runs.run import (
    NAME_LENGTH,
    Run,
    RunActiveError,
    clean_name,
    remove_directory,
)

logger = logging.getLogger(__name__)

# A process that is suspended or hangs does not react to SIGTERM; Windows has no SIGKILL.
_END = getattr(signal, "SIGKILL", signal.SIGTERM)


class NothingToResumeError(DigitLabError, RuntimeError):
    """A run can't be resumed, as it has ended and its checkpoint is gone. Continue it from its
    weights, or train again."""


class WorkerElsewhereError(DigitLabError, RuntimeError):
    """The worker of a run is on another machine or in another container, so its process can't be
    reached from here. Ask it to stop, or have it ended there."""


def start(
    config: TrainingConfig,
    name: str,
    directory: Path | None = None,
    visitor: str | None = None,
    fill: Callable[[Run], None] = lambda run: None,
    **extra: Unpack[Extra],
) -> Run:
    """Create a run and launch its worker, which waits for its turn. Old runs are deleted.

    Args:
        config, name, directory, fill, extra: See `store.create`.
        visitor: Who starts it; `DIGITLAB_RUNS_PER_VISITOR` limits how many runs a visitor may have
            waiting or in training. None: somebody at the command line, who has no limit.

    Raises:
        SettingError: A setting that trainings need is wrong.
        DirectoryError: The run's directory can't be made.
        TooManyRunsError: The visitor already has as many runs as allowed.
        TooLargeError: The training is larger than a visitor's may be, see `limits`.
        OwnDataError: Its data set was deleted, or belongs to somebody else.
    """
    run = store.create(config, name, directory, fill, **limits.admit(visitor, config), **extra)
    launch(run)
    store.clean_up()
    return run


def start_sweep(name: str, plan: Plan, visitor: str | None = None) -> list[Run]:
    """Create a sweep's runs and launch their workers, which wait for their turns. A sweep counts as
    one of the visitor's runs. Old runs are deleted.

    Args:
        name: The sweep's name; each of its runs is named after it, with a number.
        plan: What it trains.
        visitor: See `start`.

    Raises:
        RunNameError: The name is empty or too long.
        SettingError, DirectoryError, TooManyRunsError, TooLargeError, OwnDataError: See `start`;
            no run is started then.
    """
    limit = settings.whole("DIGITLAB_RUNS_PER_SWEEP")
    if visitor is not None and len(plan.runs) > limit:
        raise limits.TooManyRunsError(
            f"A sweep may have at most {count(limit, 'run')} here; this one would have "
            f"{len(plan.runs)}. Leave out values or seeds."
        )
    for one in plan.runs:
        by = limits.admit(visitor, one.config, len(plan.runs))
    name = clean_name(name)
    part = SweepPart(
        id=secrets.token_hex(6),
        name=name,
        varied=" ".join(plan.varied) or "seed",
        runs=len(plan.runs),
        values=plan.values,
        seeds=plan.seeds,
        drawn=plan.drawn,
        search=plan.search,
    )
    runs: list[Run] = []
    try:
        for number, one in enumerate(plan.runs, 1):
            ending = f" {number}"
            named = name[: NAME_LENGTH - len(ending)] + ending
            runs.append(store.create(one.config, named, sweep=part, **by))
    except Exception:
        for run in runs:
            remove_directory(run.directory)
        raise
    launch(*runs)
    store.clean_up()
    return runs


def launch(*runs: Run) -> None:
    """Have each run trained by the cluster, the standby or a new worker. A worker has its own
    session, so that it outlives this process."""
    for run in runs:
        logger.info("Run %s waits for its turn", nameless(run))
    child_processes.reap()
    if settings.text("DIGITLAB_RAY_ADDRESS"):
        _tell_cluster("start", *runs)
        return
    for run in runs:
        if not standby_control.hand_over(run):
            with run.log_path.open("ab") as log:
                child_processes.start("worker", str(run.directory), output=log)


def _tell_cluster(order: str, *runs: Run) -> None:
    """Pass an order to the cluster in a separate process; see `cluster`."""
    directories = [str(run.directory) for run in runs]
    with runs[0].log_path.open("ab") as log:
        child_processes.start("cluster", order, *directories, output=log)


def resume(run: Run, visitor: str | None = None) -> None:
    """Resume an interrupted, failed, stopped or pruned run from its checkpoint, or from the
    beginning if it has none.

    Args:
        run: The run. If it is done, it must still have its checkpoint. If a search pruned it, it is
            now trained to the end.
        visitor: Who resumes it; the run then counts as theirs, see `start`.

    Raises:
        RunActiveError: It is waiting or training already.
        NothingToResumeError: It is done, and its checkpoint is gone.
        SettingError, TooManyRunsError, TooLargeError, OwnDataError: See `start`.
    """
    status = run.status()
    if status.active:
        raise RunActiveError(f"{run.name} is already being trained.")
    if status.state not in RESUMABLE_STATES and not run.checkpoint_path.exists():
        raise NothingToResumeError(f"{run.name} is {status.state}: there is nothing to resume.")
    run.update_description(**limits.admit(visitor, run.config))
    to_end = run.control().to_end or status.state == "pruned"
    run.request(stop=False, pause=False, learning_rate=None, to_end=to_end)
    run.set_status(state="queued", message="", finished=None)
    launch(run)


def continue_training(run: Run, epochs: int, visitor: str | None = None) -> Run:
    """Launch a new run that continues an ended one for more epochs: from its checkpoint, or if it
    has none, like a shipped network, from its weights alone.

    Args:
        run: The ended run, which is not changed.
        epochs: How many more epochs to train.
        visitor: See `start`.

    Returns:
        The new run, see `store.branch` and `store.refine`.

    Raises:
        ConfigError: These would be too many epochs.
        FileNotFoundError: There is neither a checkpoint nor a model.
        SettingError, DirectoryError, TooManyRunsError, TooLargeError, OwnDataError: See `start`.
    """
    ending = f", +{epochs}"
    name = run.name[: NAME_LENGTH - len(ending)] + ending
    resumes = run.checkpoint_path.exists()
    done = store.epochs_done(run) if resumes else 0
    config = run.config.with_changes(epochs=done + epochs, distillation=None)
    make = store.branch if resumes else store.refine
    new = make(run, name, epochs, **limits.admit(visitor, config))
    launch(new)
    store.clean_up()
    return new


def stop(run: Run) -> None:
    """Ask the worker to stop and keep the best epoch so far; it does so within a few batches."""
    logger.info("Run %s is asked to stop", nameless(run))
    run.request(stop=True)
    if run.in_cluster() and run.status().state == "queued":
        _tell_cluster("cancel", run)


def kill(run: Run) -> None:
    """End a worker that does not respond; the run's state is then "interrupted", and its message
    says that it was ended by hand.

    Raises:
        WorkerElsewhereError: The worker is on another machine.
    """
    if run.in_cluster():
        _tell_cluster("end", run)
        return
    status = run.status()
    pid = status.pid
    if pid is not None and run.worker_alive():
        if status.host not in (None, socket.gethostname()):
            raise WorkerElsewhereError(
                "This training runs on another server, so it can't be ended from here. Whoever "
                "runs the servers can end it there; it can then be resumed."
            )
        logger.warning("The worker of run %s is ended", nameless(run))
        os.kill(pid, _END)
        message = "Its training process did not respond and was ended by hand."
        run.set_status(state="interrupted", message=message, finished=time.time())


def nameless(run: Run) -> str:
    """A run's id for the log, without the run's name that is part of it, as that may be a
    person's."""
    return re.sub(r"(?<=^\d{8}-\d{6})-.*-", "…", run.id)
