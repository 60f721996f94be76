"""A run is a directory: what was asked for, what happened, and what came of it.

    config.json       name, creation time, training configuration
    status.json       state, message, times, summary; replaced atomically
    history.jsonl     a row a line, "kind" batch or epoch
    weights.npz       what inference reads         epochs/NNN.npz  the same after each epoch
    model.keras       the Keras model              evaluation.npz  test labels and probabilities
    checkpoint.npz    all that resuming needs      control.json    what the user asks of the worker
    worker.log        what the worker printed      worker.lock     held while the worker lives
    base.keras        the model it starts from     drawings.npz    drawings that it trains on

Nothing in it is pickled. Readers ignore an unfinished last line of the history.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from mnist_core.config.config import RANGES, TrainingConfig
from mnist_core.runs.history import HistoryReader, Rows

ACTIVE_STATES = ("queued", "starting", "training", "paused", "evaluating")
RESUMABLE_STATES = ("stopped", "failed", "interrupted")
SUMMED_UP_STATES = ("done", "stopped")  # in others a summary is that of an earlier session
STATES = (*ACTIVE_STATES, "done", *RESUMABLE_STATES)
START_GRACE = 30.0  # seconds that a worker may take from being launched to holding its lock
NAME_LENGTH = 60
REPLACE_TRIES = 20  # 10 ms apart: Windows replaces no file while someone reads it
_RESULTS = (
    "status.json", "history.jsonl", "weights.npz", "model.keras",
    "evaluation.npz", "checkpoint.npz", "control.json", "teacher.keras", "base.keras",
    "drawings.npz",
)  # fmt: skip
_GOES_ALONG = ("epochs", "drawings.npz", "base.keras", "teacher.keras")  # with a run that goes on
_INHERITED = ("base_name", "drawings")  # of config.json
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")
_MODELS = Path(__file__).resolve().parents[2] / "models"


class NameMissingError(ValueError):
    """A run was to have an empty name."""


class RunNotFoundError(LookupError):
    """No run has this id."""


class RunActiveError(RuntimeError):
    """The run is queued or training, so it can't be deleted."""


@dataclass(frozen=True)
class Status:
    """What is known of a run's progress.

    Attributes:
        state: one of ``STATES``.
        message: for people: why it failed or was interrupted, or what it is doing.
        updated, started, finished: seconds since 1970; None where it hasn't happened.
        pid: the worker's process id, once there is one.
        dataset: "mnist" or "sample" once the data are loaded.
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
        return self.directory.parent == pretrained_directory()

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
        return self.directory / "weights.npz"

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
        write_json(path, asdict(new))
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
        with replacing(self.history_path) as temporary:
            temporary.write_text("".join(json.dumps(row) + "\n" for row in kept), "utf-8")
        for path in (self.checkpoint_path, self.teacher_path):
            path.unlink(missing_ok=True)

    def control(self) -> Control:
        """What the user asks of the worker."""
        if not self.control_path.exists():
            return Control()
        return Control(**json.loads(self.control_path.read_text("utf-8")))

    def request(self, **changes: Any) -> None:
        """Ask the worker to ``stop``, ``pause`` or change the ``learning_rate``; it obeys at the
        next look, some tenths of a second later. A rate is asked for once, not again by the
        next request."""
        write_json(self.control_path, asdict(self.control()) | {"learning_rate": None} | changes)

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
        write_json(self.directory / "config.json", Run(self.directory)._description | entries)
        return Run(self.directory)

    def delete(self) -> None:
        """Remove the directory. Raises RunActiveError while the run is queued or training, and
        RunNotFoundError where it has been deleted before."""
        self._assert_there()
        if self.pretrained:
            raise RunActiveError(f"{self.name} ships with Digit Lab and can't be deleted.")
        if self.status().active:
            raise RunActiveError(f"{self.name} is still training: stop it first, then delete it.")
        _remove(self.directory)

    def _assert_there(self) -> None:
        if not self.directory.exists():
            raise RunNotFoundError("This run has been deleted in the meantime.")


def runs_directory() -> Path:
    """Where users' runs are: ``DIGITLAB_RUNS``, or models/runs in the project."""
    return Path(os.environ.get("DIGITLAB_RUNS") or _MODELS / "runs").resolve()


def pretrained_directory() -> Path:
    """Where the shipped networks are."""
    return _MODELS / "pretrained"


def create(
    config: TrainingConfig,
    name: str,
    directory: Path | None = None,
    fill: Callable[[Run], None] = lambda run: None,
    **extra: Any,
) -> Run:
    """Make a queued run.

    Args:
        config: what to train.
        name: for people, 1–60 characters.
        directory: where to make it; by default a new directory with a unique id among the
            users' runs. Its history, status and results of an earlier run are removed.
        fill: puts further files into the directory. Where it fails, a new one is removed again.
        extra: further JSON-ready entries for config.json.

    Raises:
        NameMissingError: for an empty name.
        RunActiveError: for the directory of a training that goes on.
    """
    name, made = clean_name(name), directory is None
    if directory is None:
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40].strip("-") or "run"
        stamp = time.strftime("%Y%m%d-%H%M%S")
        directory = runs_directory() / f"{stamp}-{slug}-{secrets.token_hex(2)}"
        directory.mkdir(parents=True)
    else:
        directory = Path(directory).resolve()
        if (directory / "config.json").exists() and Run(directory).status().active:
            raise RunActiveError(f"A training goes on in {directory}: stop it first.")
        directory.mkdir(parents=True, exist_ok=True)
        for file in _RESULTS:
            (directory / file).unlink(missing_ok=True)
        shutil.rmtree(directory / "epochs", ignore_errors=True)
    run = Run(directory)
    run.set_status(state="queued")
    description = {"name": name, "created": time.time(), **extra, "training": config.to_dict()}
    try:
        fill(run)
        write_json(directory / "config.json", description)  # last: with it the run is listed
    except BaseException:
        if made:
            _remove(directory)
        raise
    return run


def branch(run: Run, name: str, epochs: int, **extra: Any) -> Run:
    """A queued run that goes on where ``run`` has ended, for ``epochs`` more epochs.

    The first run stays as it is. For ``extra`` see ``create``.

    Raises:
        ConfigError: where that makes too many epochs.
        FileNotFoundError: where ``run`` has no checkpoint.
    """
    rows = run.epoch_rows()
    done = rows[-1]["epoch"] if rows else 0
    config = run.config.with_changes(epochs=done + epochs)
    told = {key: run._description[key] for key in _INHERITED if key in run._description}

    def fill(new: Run) -> None:
        shutil.copyfile(run.checkpoint_path, new.checkpoint_path)
        shutil.copyfile(run.history_path, new.history_path)
        for path in (run.directory / name for name in _GOES_ALONG):
            if path.is_dir():
                shutil.copytree(path, new.directory / path.name)
            elif path.exists():
                shutil.copyfile(path, new.directory / path.name)

    return create(config, name, fill=fill, continues=run.id, continued_at=done, **told, **extra)


def refine(run: Run, name: str, epochs: int, **extra: Any) -> Run:
    """A queued run that starts from the network of ``run``, which has no checkpoint: with a fresh
    optimiser, at a tenth of the learning rate, on MNIST's digits alone. For ``extra`` see
    ``create``.

    Raises:
        FileNotFoundError: where ``run`` has no model.
    """
    config = run.config.with_changes(
        base=run.id,
        epochs=epochs,
        learning_rate=max(run.config.learning_rate / 10, RANGES["learning_rate"][1]),
        teacher_epochs=0,
        data_echoing=1,
        precision="float32",
        drawings_sha256="",
        drawing_copies=1,
        drawing_holdout=0.0,
        writers_held_out=0,
    )

    def fill(new: Run) -> None:
        shutil.copyfile(run.model_path, new.base_path)

    return create(config, name, fill=fill, continues=run.id, **extra)


def list_runs() -> list[Run]:
    """The users' runs, newest first. Directories without a readable config.json are left out."""
    return sorted(_runs_in(runs_directory()), key=lambda run: run.created, reverse=True)


def list_pretrained() -> list[Run]:
    """The shipped networks, by name."""
    return sorted(_runs_in(pretrained_directory()), key=lambda run: run.id)


def get(run_id: str) -> Run:
    """The run or shipped network with this id.

    Raises:
        RunNotFoundError: where there is none; ids that are no plain names never reach the disk.
    """
    if isinstance(run_id, str) and _ID.fullmatch(run_id):
        for parent in (runs_directory(), pretrained_directory()):
            if (parent / run_id / "config.json").is_file():
                return Run(parent / run_id)
    raise RunNotFoundError(f"There is no run {run_id!r}. Look for its id in the list of runs.")


def waiting_before(run: Run) -> list[Run]:
    """The users' runs that wait for their turn and were created before this one."""
    return [
        other
        for other in reversed(list_runs())
        if other.created < run.created and other.status().state == "queued"
    ]


def clean_up() -> list[str]:
    """Delete old runs: of those that have ended and that nobody keeps, the newest
    ``DIGITLAB_KEEP_RUNS`` stay, by default 50; 0 deletes none. Returns the ids of the deleted."""
    most = keep_runs()
    ended = [run for run in list_runs() if not run.kept and not run.status().active]
    deleted = []
    for run in ended[most:] if most else []:
        with suppress(RunNotFoundError, RunActiveError):  # deleted or resumed meanwhile
            run.delete()
            deleted.append(run.id)
    return deleted


def keep_runs() -> int:
    """How many ended runs ``clean_up`` leaves; 0 is all."""
    return setting("DIGITLAB_KEEP_RUNS", 50, 0)


def setting(name: str, default: int, lowest: int) -> int:
    """A whole number from the environment.

    Raises:
        ValueError: where the variable is set to something else, or below ``lowest``.
    """
    text = os.environ.get(name)
    if text is None:
        return default
    if not text.isdecimal() or int(text) < lowest:
        raise ValueError(f"{name}: expected a whole number from {lowest} on, got {text!r}")
    return int(text)


def clean_name(name: str) -> str:
    """The name in one line, cut at 60 characters; NameMissingError where nothing is left."""
    cleaned = "".join(c for c in " ".join(str(name).split()) if c.isprintable())[:NAME_LENGTH]
    if not cleaned:
        raise NameMissingError("A run needs a name: 1–60 characters, got none.")
    return cleaned


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Where to write what then takes the place of ``path``, atomically: a reader sees the old file
    or the new, never half, whoever else writes it. Where writing fails, the old one stays."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        yield temporary
        for _ in range(REPLACE_TRIES):
            with suppress(PermissionError):
                os.replace(temporary, path)
                return
            time.sleep(0.01)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: Path, data: dict[str, Any]) -> None:
    """Replace ``path``; see ``replacing``."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(data, indent=2) + "\n", "utf-8")


def save_arrays(path: Path, arrays: dict[str, NDArray]) -> None:
    """Replace ``path`` by an uncompressed .npz; see ``replacing``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)


def _remove(directory: Path) -> None:
    """Delete a run's directory, whoever else deletes it or still writes into it."""
    hidden = directory.with_name(f".{directory.name}.{secrets.token_hex(4)}")
    with suppress(FileNotFoundError):
        os.replace(directory, hidden)
    shutil.rmtree(hidden, ignore_errors=True)


def _runs_in(parent: Path) -> list[Run]:
    if not parent.is_dir():
        return []
    found = []
    for directory in parent.iterdir():
        if _ID.fullmatch(directory.name) and _readable(run := Run(directory)):
            found.append(run)
    return found


def _readable(run: Run) -> bool:
    """Whether its config.json can be read: one run damaged by hand must not hide the others."""
    try:
        named, dated = isinstance(run.name, str), isinstance(run.created, int | float)
        return named and dated and bool(run.config)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _changed(status: Status, **changes: Any) -> Status:
    return Status(**(asdict(status) | changes))
