"""What runs on the nodes of a Ray cluster: trainings, and the actor to which all of them belong.

Ray queues the trainings, reserves processors for each, and starts a training again if its node or
process is lost. It then goes on from its checkpoint, like a run that is resumed.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import ray
from filelock import FileLock

from mnist_core.jobs import queue, worker
from mnist_core.runs import class_rules
from mnist_core.runs.run import Run

NAMESPACE = "digit-lab"
RETRIES = 3  # A training whose node or process is lost is started again this many times.
ON_HEAD = {"node:__internal_head__": 0.001}  # a resource that only the head has


@ray.remote(max_calls=1, max_retries=RETRIES)  # one call: a run has a process of its own
def train(directory: str, settings: dict[str, str], cpus: int) -> None:
    """Train a run as a worker does, unless it has been deleted or has ended.

    Args:
        directory: The run's directory.
        settings: Environment variables of the server that started it.
        cpus: The number of processors reserved; TensorFlow computes in as many threads.
    """
    os.environ |= settings | {"TF_NUM_INTRAOP_THREADS": str(cpus)}
    run = Run(Path(directory))
    if not run.directory.exists():
        return
    with run.log_path.open("a") as log, redirect_stdout(log), redirect_stderr(log):
        if message := run.status().message:  # left by an earlier attempt
            print(message, flush=True)
        worker.main(directory, wait=wait_while_halted)


def wait_while_halted(run: Run) -> AbstractContextManager[object] | None:
    """Wait while the teacher halts the queue; Ray has already decided that it is the run's turn.
    Returns None if the run is to stop or was deleted meanwhile, as `queue.wait_for_slot` does."""
    while run.directory.exists() and not run.control().stop:
        if not class_rules.read().halted:
            return nullcontext()
        time.sleep(queue.POLL)
    return None


class Trainings:
    """An actor that owns the trainings, so that they outlive the server that started them. It holds
    a run's `cluster.lock` as long as Ray has the training."""

    def __init__(self) -> None:
        self.tasks: dict[str, ray.ObjectRef] = {}
        self.holders: dict[str, asyncio.Task[None]] = {}  # references, or Python would collect them
        self.cancelled: set[str] = set()

    async def start(
        self, directories: Sequence[str], settings: dict[str, str], cpus: int, gpus: int
    ) -> None:
        """Have runs trained, in this order; a run that Ray already has stays as it is."""
        for directory in directories:
            if directory in self.tasks:
                continue
            lock = Run(Path(directory)).cluster_lock()
            lock.acquire(timeout=10)
            task = train.options(num_cpus=cpus, num_gpus=gpus).remote(directory, settings, cpus)
            self.tasks[directory] = task
            self.holders[directory] = asyncio.create_task(self._hold(directory, lock))

    async def cancel(self, directories: Sequence[str]) -> None:
        """Take waiting runs out of the queue; those in training obey their control.json."""
        for directory in directories:
            run, task = Run(Path(directory)), self.tasks.get(directory)
            if task is None or run.worker_alive():
                continue
            self.cancelled.add(directory)
            ray.cancel(task)
            await asyncio.wait([self.holders[directory]])

    async def end(self, directories: Sequence[str]) -> None:
        """End trainings at once and do not retry them: their runs are then interrupted."""
        for directory in directories:
            if task := self.tasks.get(directory):
                ray.cancel(task, force=True)

    async def _hold(self, directory: str, lock: FileLock) -> None:
        """Hold the run's lock until Ray is done with it and its status says how it ended: without
        lock and status it would read as interrupted."""
        run = Run(Path(directory))
        try:
            await self.tasks[directory]
        except ray.exceptions.RayError as error:
            taken_out = isinstance(error, ray.exceptions.TaskCancelledError)
            if taken_out and directory in self.cancelled:
                message = worker.NOTHING_TRAINED
                run.set_status(state="stopped", message=message, finished=time.time())
            else:  # no more retries: the run reads as interrupted
                with run.log_path.open("a") as log:
                    print(error, file=log)
        finally:
            del self.tasks[directory], self.holders[directory]
            self.cancelled.discard(directory)
            lock.release()


def trainings() -> Any:
    """A handle of the cluster's `Trainings` actor, which is created if there is none yet."""
    actor: Any = ray.remote(num_cpus=0, max_restarts=-1, resources=ON_HEAD)(Trainings)
    return actor.options(name="trainings", lifetime="detached", get_if_exists=True).remote()
