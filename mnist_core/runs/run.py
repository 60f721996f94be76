"""One run: its files, its status, and what a user asks of it."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from mnist_core.config.config import TrainingConfig
from mnist_core.errors import DigitLabError
from mnist_core.runs import environment, files
from mnist_core.runs.history import HistoryReader, Rows

ACTIVE_STATES = ("queued", "starting", "distilling", "training", "paused", "evaluating")
RESUMABLE_STATES = ("stopped", "failed", "interrupted")
SUMMED_UP_STATES = ("done", "stopped")  # in others a summary is that of an earlier session
STATES = (*ACTIVE_STATES, "done", *RESUMABLE_STATES)
START_GRACE = 30.0  # seconds that a worker may take from being launched to holding its lock
NAME_LENGTH = 60


class NameMissingError(DigitLabError, ValueError):
    """A run was given an empty name. Give it one of 1–60 characters."""


class RunNotFoundError(DigitLabError, LookupError):
    """No run has this id, or it was deleted. Look in the list of runs."""


class RunActiveError(DigitLabError, RuntimeError):
    """The run is queued or training. Stop it first."""


@dataclass(frozen=True)
class Status:
    """What is known of a run's progress.

    Attributes:
        state: one of ``STATES``.
        message: for people: why it failed or was interrupted, or what it is doing.
        updated, started, finished: seconds since 1970; None where it hasn't happened.
        pid: the worker's process id, once there is one.
        dataset: "mnist" or "sample" once the data are loaded.
        distilled: share of its teacher's training that is done, 0–1, while that goes on (in the
            state "distilling", or paused in it); else None.
        summary: once training has ended: test_accuracy, test_loss, test_errors, test_size,
            best_epoch, best_val_loss, best_val_accuracy, epochs, parameters, seconds.
    """

    state: str = "queued"
    message: str = ""
    updated: float = 0.0
    started: float | None = None
    finished: float | None = None
    pid: int | None = None
    dataset: str | None = None
    distilled: float | None = None
    summary: dict[str, Any] = field(default_factory=dict)

    @property
    def active(self) -> bool:
        """True while a worker has the run or waits for its turn."""
        return self.state in ACTIVE_STATES


@dataclass(frozen=True)
class Control:
    """What the user asks of a running training.

    Attributes:
        stop: end, keeping the best epoch so far.
        pause: wait until this is False again.
        learning_rate: go on at this rate (the schedule is scaled to meet it); None: as planned.
    """

    stop: bool = False
    pause: bool = False
    learning_rate: float | None = None


@dataclass(frozen=True)
class Run:
    """A run directory. Cheap to make: files are read when asked for."""

    directory: Path

    @property
    def id(self) -> str:
        return self.directory.name

    @property
    def pretrained(self) -> bool:
        """True for the networks that ship with the project."""
        return self.directory.parent == environment.pretrained_directory()

    @cached_property
    def _description(self) -> dict[str, Any]:
        return json.loads((self.directory / "config.json").read_text("utf-8"))

    @property
    def name(self) -> str:
        return self._description["name"]

    @property
    def created(self) -> float:
        """Seconds since 1970."""
        return self._description["created"]

    @property
    def visitor(self) -> str | None:
        """Who has started it, as the app tells visitors apart; None outside of the app."""
        return self._description.get("visitor")

    @property
    def base_name(self) -> str | None:
        """Name of the network that was taught a handwriting here; None where none was."""
        return self._description.get("base_name")

    @property
    def continued_at(self) -> int:
        """The epoch of another run from which on it is this one's; 0 where it began by itself."""
        return self._description.get("continued_at", 0)

    @property
    def kept(self) -> bool:
        """True where ``clean_up`` is never to delete it."""
        return self._description.get("kept", False)

    @cached_property
    def config(self) -> TrainingConfig:
        """Raises ConfigError where config.json was edited into something impossible."""
        return TrainingConfig.from_dict(self._description["training"])

    @property
    def weights_path(self) -> Path:
        """What inference reads: weights.npz, or model.keras in a shipped network, which has
        nothing else."""
        weights = self.directory / "weights.npz"
        return weights if weights.exists() or not self.model_path.exists() else self.model_path

    @property
    def model_path(self) -> Path:
        return self.directory / "model.keras"

    @property
    def base_path(self) -> Path:
        """A copy of the Keras model whose weights it starts from."""
        return self.directory / "base.keras"

    @property
    def teacher_path(self) -> Path:
        """The trained teacher, where it has one."""
        return self.directory / "teacher.keras"

    @property
    def evaluation_path(self) -> Path:
        return self.directory / "evaluation.npz"

    @property
    def history_path(self) -> Path:
        return self.directory / "history.jsonl"

    @property
    def checkpoint_path(self) -> Path:
        return self.directory / "checkpoint.npz"

    @property
    def control_path(self) -> Path:
        return self.directory / "control.json"

    @property
    def log_path(self) -> Path:
        return self.directory / "worker.log"

    def epoch_path(self, epoch: int) -> Path:
        """Weights after ``epoch`` (from 1), as float16."""
        return self.directory / "epochs" / f"{epoch:03d}.npz"

    def epochs(self) -> list[int]:
        """The epochs whose weights are kept, ascending."""
        return sorted(int(path.stem) for path in self.directory.glob("epochs/[0-9]*.npz"))

    @property
    def usable(self) -> bool:
        """True once there are weights to classify with."""
        return self.weights_path.exists()

    @property
    def ready(self) -> bool:
        """Whether it can classify and is not in training: a network to choose."""
        return self.usable and not self.status().active

    def status(self) -> Status:
        """The status; an active state without a living worker reads as interrupted."""
        status = self._stored_status()
        if not status.active or self.worker_alive():
            return status
        if status.state == "queued" and time.time() - status.updated < START_GRACE:
            return status
        # The worker may have written its last status between our reading and asking for its lock.
        status = self._stored_status()
        if not status.active:
            return status
        message = (
            f"The training process ended without a word while {status.state}: it was killed, "
            "memory ran out, or the computer restarted."
        )
        return _changed(status, state="interrupted", message=message, finished=status.updated)

    def _stored_status(self) -> Status:
        try:
            return Status(**json.loads((self.directory / "status.json").read_text("utf-8")))
        except (OSError, ValueError, TypeError) as error:
            return Status(state="failed", message=f"status.json can't be read: {error}")

    def set_status(self, **changes: Any) -> Status:
        """Write the status with these fields changed; replaces the file atomically."""
        path = self.directory / "status.json"
        old = self._stored_status() if path.exists() else Status()
        new = _changed(old, **changes, updated=time.time())
        files.write_json(path, asdict(new))
        return new

    def worker_lock(self) -> FileLock:
        """The lock that a worker holds for its whole life; the system frees it at its death."""
        return FileLock(self.directory / "worker.lock")

    def worker_alive(self) -> bool:
        """Whether a process holds the worker's lock."""
        if not (self.directory / "worker.lock").exists():
            return False
        lock = self.worker_lock()
        try:
            lock.acquire(blocking=False)
        except Timeout:
            return True
        lock.release()
        return False

    def history(self) -> Rows:
        """All rows so far."""
        return HistoryReader(self.history_path).read()[0]

    def last_rows(self, size: int = 16384) -> Rows:
        """The rows within the last ``size`` bytes of the history; the rest is not read."""
        if not self.history_path.exists():
            return []
        start = max(0, self.history_path.stat().st_size - size)
        with self.history_path.open("rb") as file:
            file.seek(start)
            lines = file.read().split(b"\n")
        return [json.loads(line) for line in (lines[1:-1] if start else lines[:-1])]

    def last_row(self) -> dict[str, Any] | None:
        """The newest batch or epoch row."""
        return next((row for row in reversed(self.last_rows()) if row["kind"] != "event"), None)

    def epoch_rows(self) -> Rows:
        """The epoch rows of the history."""
        return [row for row in self.history() if row["kind"] == "epoch"]

    def thin(self, batch_rows: int, epochs: int, epoch_bytes: int) -> None:
        """Make a run small enough to ship: keep every k-th batch row, so that at most so many are
        left, and the weights of so many epochs, close at the beginning, where they differ most;
        of fewer where these are larger than `epoch_bytes`, but of two at least.

        A thinned run can't be resumed. Raises RunActiveError while it is trained.
        """
        if self.status().active:
            raise RunActiveError(f"{self.name} is still training.")
        there = np.array(self.epochs())
        if len(there):
            fitting = epoch_bytes // self.epoch_path(there[-1]).stat().st_size
            wanted = np.geomspace(there[0], there[-1], max(2, min(epochs, fitting)))
            nearest = there[np.abs(there - wanted[:, None]).argmin(axis=1)]
            for epoch in set(there) - set(nearest):
                self.epoch_path(epoch).unlink()
        rows = self.history()
        every = -(-sum(row["kind"] == "batch" for row in rows) // batch_rows)
        kept = [row for row in rows if row["kind"] != "batch" or row["step"] % every == 0]
        with files.replacing(self.history_path) as temporary:
            temporary.write_text("".join(json.dumps(row) + "\n" for row in kept), "utf-8")
        for path in (self.checkpoint_path, self.teacher_path):
            path.unlink(missing_ok=True)
        if self.model_path.exists():  # which holds the same numbers
            (self.directory / "weights.npz").unlink(missing_ok=True)

    def control(self) -> Control:
        """What the user asks of the worker."""
        if not self.control_path.exists():
            return Control()
        return Control(**json.loads(self.control_path.read_text("utf-8")))

    def request(self, **changes: Any) -> None:
        """Ask the worker to ``stop``, ``pause`` or change the ``learning_rate``; it obeys at the
        next look, some tenths of a second later. A rate is asked for once, not again by the
        next request."""
        files.write_json(
            self.control_path, asdict(self.control()) | {"learning_rate": None} | changes
        )

    def rename(self, name: str) -> Run:
        """Give the run another name; returns it anew. Raises NameMissingError for an empty name."""
        return self.describe(name=clean_name(name))

    def keep(self, kept: bool) -> Run:
        """Keep it for good, or no longer; returns it anew."""
        return self.describe(kept=kept)

    def describe(self, **entries: Any) -> Run:
        """Put entries into config.json, as it is now: another visitor may have changed it since it
        was read here. Returns the run anew. Raises RunNotFoundError where it has been deleted."""
        self._assert_there()
        files.write_json(self.directory / "config.json", Run(self.directory)._description | entries)
        return Run(self.directory)

    def delete(self) -> None:
        """Remove the directory. Raises RunActiveError while the run is queued or training, and
        RunNotFoundError where it has been deleted before."""
        self._assert_there()
        if self.pretrained:
            raise RunActiveError(f"{self.name} ships with Digit Lab and can't be deleted.")
        if self.status().active:
            raise RunActiveError(f"{self.name} is still training: stop it first, then delete it.")
        remove_directory(self.directory)

    def _assert_there(self) -> None:
        if not self.directory.exists():
            raise RunNotFoundError("This run has been deleted in the meantime.")


def clean_name(name: str) -> str:
    """The name in one line, cut at 60 characters; NameMissingError where nothing is left."""
    cleaned = "".join(c for c in " ".join(str(name).split()) if c.isprintable())[:NAME_LENGTH]
    if not cleaned:
        raise NameMissingError("A run needs a name: 1–60 characters, got none.")
    return cleaned


def remove_directory(directory: Path) -> None:
    """Delete a run's directory, whoever else deletes it or still writes into it."""
    hidden = directory.with_name(f".{directory.name}.{secrets.token_hex(4)}")
    with suppress(FileNotFoundError):
        os.replace(directory, hidden)
    shutil.rmtree(hidden, ignore_errors=True)


def _changed(status: Status, **changes: Any) -> Status:
    return Status(**(asdict(status) | changes))
