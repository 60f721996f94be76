"""A run: its files, its status, and a user's requests to it."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from filelock import FileLock

from mnist_core.config.config import TrainingConfig
from mnist_core.errors import DigitLabError
from mnist_core.runs import environment, files, records
from mnist_core.runs.history import BatchRow, EpochRow, EventRow, HistoryReader, Row, rows_of
from mnist_core.runs.records import Control, Description, RunDamagedError, Status

START_GRACE = 30.0  # seconds that a worker may take from its launch until it holds its lock
NAME_LENGTH = 60
_EPOCH = re.compile("(?!000)[0-9]{3}|[1-9][0-9]{3}")  # as `epoch_path` writes 1 to 1000


class RunNameError(DigitLabError, ValueError):
    """A run was given an empty name or one that is too long. Give it one of 1–60 characters."""


class RunNotFoundError(DigitLabError, LookupError):
    """No run has this id, or it was deleted. Look in the list of runs."""


class RunActiveError(DigitLabError, RuntimeError):
    """The run is queued or training. Stop it first."""


@dataclass(frozen=True)
class Run:
    """A run directory. Its files are read only when they are needed."""

    directory: Path

    @property
    def id(self) -> str:
        return self.directory.name

    @property
    def pretrained(self) -> bool:
        """True for the networks that ship with the project."""
        return self.directory.parent == environment.pretrained_directory()

    @cached_property
    def description(self) -> Description:
        """What config.json says, read once. Raises RunDamagedError if it can't be read."""
        return records.read(Description, self.config_path)

    @property
    def name(self) -> str:
        return self.description.name

    @property
    def created(self) -> float:
        return self.description.created

    @property
    def visitor(self) -> str | None:
        return self.description.visitor

    @property
    def base_name(self) -> str | None:
        return self.description.base_name

    @property
    def continued_at(self) -> int:
        return self.description.continued_at

    @property
    def kept(self) -> bool:
        return self.description.kept

    @property
    def config(self) -> TrainingConfig:
        return self.description.training

    @property
    def config_path(self) -> Path:
        return self.directory / "config.json"

    @property
    def status_path(self) -> Path:
        return self.directory / "status.json"

    @property
    def weights_path(self) -> Path:
        """The weights that inference reads: weights.npz, or model.keras in a shipped network, which
        has no weights.npz."""
        weights = self.directory / "weights.npz"
        return weights if weights.exists() or not self.model_path.exists() else self.model_path

    @property
    def model_path(self) -> Path:
        return self.directory / "model.keras"

    @property
    def base_path(self) -> Path:
        """A copy of the Keras model whose weights the training starts from."""
        return self.directory / "base.keras"

    @property
    def teacher_path(self) -> Path:
        """The trained teacher of a distillation."""
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
        """Weights after `epoch` (from 1), as float16."""
        return self.directory / "epochs" / f"{epoch:03d}.npz"

    def epochs(self) -> list[int]:
        """The epochs whose weights are stored, ascending. Files with other names do not count."""
        names = (path.stem for path in self.directory.glob("epochs/*.npz"))
        return sorted(int(name) for name in names if _EPOCH.fullmatch(name))

    @property
    def usable(self) -> bool:
        """Whether there are weights to classify with."""
        return self.weights_path.exists()

    @property
    def ready(self) -> bool:
        """Whether the run has weights and is not queued or training, so that its network can be
        chosen."""
        return self.usable and not self.status().active

    def status(self) -> Status:
        """The run's status. An active state without a living worker reads as "interrupted", or as
        "queued" while a cluster is going to train the run again; if status.json can't be read, the
        state is "damaged" and the message says why."""
        status = self._stored_status()
        if not status.active or self.worker_alive():
            return status
        grace = abs(time.time() - status.updated) < START_GRACE
        if status.state == "queued" and (grace or self.in_cluster()):
            return status
        # The worker may have written its last status between our reading it and trying the lock.
        status = self._stored_status()
        if not status.active:
            return status
        if self.in_cluster():
            return status.with_changes(
                state="queued",
                message=f"Interrupted while {status.state}: its process or its computer"
                f"{f' ({status.host})' if status.host else ''} was lost. It goes on from its last "
                "finished epoch by itself, as soon as the cluster has room.",
            )
        message = (
            f"The training process ended unexpectedly while {status.state}: it was killed, memory "
            "ran out, or the computer restarted."
        )
        return status.with_changes(state="interrupted", message=message, finished=status.updated)

    def _stored_status(self) -> Status:
        try:
            return records.read(Status, self.status_path)
        except RunDamagedError as error:
            return Status(state="damaged", message=str(error))

    def set_status(self, **changes: object) -> Status:
        """Write the status with these fields changed; replaces the file atomically."""
        old = self._stored_status() if self.status_path.exists() else Status()
        new = old.with_changes(**changes, updated=time.time())
        files.write_json(self.status_path, new.to_dict())
        return new

    def worker_lock(self) -> FileLock:
        """The lock that a worker holds as long as it lives; the system releases it when the worker
        dies."""
        return FileLock(self.directory / "worker.lock")

    def worker_alive(self) -> bool:
        """Whether a worker has the run: a process holds its lock."""
        return files.is_locked(self.directory / "worker.lock")

    def cluster_lock(self) -> FileLock:
        """The lock that is held as long as a cluster has the run, also while the run waits
        there."""
        return FileLock(self.directory / "cluster.lock")

    def in_cluster(self) -> bool:
        """Whether a cluster has the run: it is training it, or will."""
        return files.is_locked(self.directory / "cluster.lock")

    def history(self) -> list[Row]:
        """All rows so far; damaged ones are left out."""
        return HistoryReader(self.history_path).read()[0]

    def last_rows(self, size: int = 16384) -> list[Row]:
        """The rows within the last `size` bytes of the history; the rest is not read."""
        if not self.history_path.is_file():
            return []
        start = max(0, self.history_path.stat().st_size - size)
        with self.history_path.open("rb") as file:
            file.seek(start)
            lines = file.read().split(b"\n")
        return rows_of(lines[1:-1] if start else lines[:-1])

    def last_row(self) -> BatchRow | EpochRow | None:
        """The newest batch or epoch row."""
        rows = reversed(self.last_rows())
        return next((row for row in rows if not isinstance(row, EventRow)), None)

    def epoch_rows(self) -> list[EpochRow]:
        """The epoch rows of the history."""
        return [row for row in self.history() if isinstance(row, EpochRow)]

    def control(self) -> Control:
        """What the user asks of the worker. A missing or damaged file asks for nothing: it must not
        end a training, and the next request replaces it."""
        try:
            return records.read(Control, self.control_path)
        except RunDamagedError:
            return Control()

    def request(self, **changes: object) -> None:
        """Ask the worker to `stop`, `pause` or change the `learning_rate`; it obeys within some
        tenths of a second. Earlier requests that are not named stay in force."""
        control = self.control()
        if changes.get("learning_rate") is not None:
            changes["rate_requests"] = control.rate_requests + 1
        files.write_json(self.control_path, control.with_changes(**changes).to_dict())

    def rename(self, name: str) -> Run:
        """Give the run another name; returns the changed run. Raises RunNameError for an empty
        name."""
        return self.update_description(name=clean_name(name))

    def keep(self, kept: bool) -> Run:
        """Protect the run from `clean_up`, or no longer; returns the changed run."""
        return self.update_description(kept=kept)

    def update_description(self, **changes: object) -> Run:
        """Change fields of config.json, which is read again first, as others may have changed it.
        Returns the changed run. Raises RunNotFoundError if the run has been deleted."""
        self._assert_there()
        description = Run(self.directory).description.with_changes(**changes)
        files.write_json(self.config_path, description.to_dict())
        return Run(self.directory)

    def delete(self) -> None:
        """Delete the run's directory, and what browsers can fetch of it.

        Raises:
            RunActiveError: The run is queued or training, or ships with the app.
            RunNotFoundError: It has already been deleted.
        """
        self._assert_there()
        if self.pretrained:
            raise RunActiveError(f"{self.id} ships with Digit Lab and can't be deleted.")
        status = self.status()
        if status.active or (status.state == "damaged" and self.worker_alive()):
            raise RunActiveError("This run is still training: stop it first, then delete it.")
        remove_directory(self.directory)
        shutil.rmtree(environment.published_weights(self.id), ignore_errors=True)

    def _assert_there(self) -> None:
        if not self.directory.exists():
            raise RunNotFoundError("This run has been deleted in the meantime.")


def clean_name(name: str) -> str:
    """The name on one line. Raises RunNameError unless it then has 1–60 characters."""
    cleaned = one_line(name)
    if not 1 <= len(cleaned) <= NAME_LENGTH:
        raise RunNameError(f"Expected a name of 1–{NAME_LENGTH} characters, got {len(cleaned)}.")
    return cleaned


def one_line(text: str) -> str:
    """The text on one line, without what can't be printed."""
    return "".join(c for c in " ".join(str(text).split()) if c.isprintable())


def remove_directory(directory: Path) -> None:
    """Delete a run's directory, even if others delete it or write into it at the same time."""
    hidden = directory.with_name(f".{directory.name}.{secrets.token_hex(4)}")
    with suppress(FileNotFoundError):
        os.replace(directory, hidden)
    shutil.rmtree(hidden, ignore_errors=True)
