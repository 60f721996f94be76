"""All runs: create, continue, list, find and delete them.

A run is a directory; docs/ARCHITECTURE.md lists its files. Nothing in it is pickled. `records`
and `history` say what the JSON files hold and check them.
"""

from __future__ import annotations

import re
import secrets
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Unpack

from mnist_core.config import settings
from mnist_core.config.config import Optimizer, TrainingConfig
from mnist_core.errors import DigitLabError
from mnist_core.runs import environment, files
from mnist_core.runs.records import Description, Extra, RunDamagedError
from mnist_core.runs.run import Run, RunActiveError, RunNotFoundError, clean_name, remove_directory

_RESULTS = (
    "status.json", "history.jsonl", "weights.npz", "model.keras",
    "evaluation.npz", "checkpoint.npz", "control.json", "teacher.keras", "base.keras",
    "drawings.npz",
)  # fmt: skip
CREATING = 60.0  # most seconds between two files that `create` writes
_COPIED = ("epochs", "drawings.npz", "base.keras", "teacher.keras")  # by a branch, if they exist
_undeleted: dict[str, str] = {}  # the last clean-up's, see `not_deleted`
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")


class DirectoryError(DigitLabError, OSError):
    """A run's directory can't be made or written to; the message says why."""


def create(
    config: TrainingConfig,
    name: str,
    directory: Path | None = None,
    fill: Callable[[Run], None] = lambda run: None,
    visitor: str | None = None,
    **extra: Unpack[Extra],
) -> Run:
    """Make a queued run.

    Args:
        config: What to train.
        name: The run's name on screen, 1–60 characters.
        directory: Where to make it; by default a new directory with a unique id among the
            users' runs. The files of an earlier run there are removed.
        fill: Puts further files into the directory. If this fails, a newly made directory is
            removed.
        visitor: Who starts it, see `ownership.visitor_of`; None outside of the app.
        extra: Further fields of the run's `Description`.

    Raises:
        RunNameError: The name is empty or too long.
        DirectoryError: The directory can't be made or written to, or holds something else.
        RunActiveError: The directory belongs to a run that is queued or training.
    """
    name, made = clean_name(name), directory is None
    if directory is None:
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40].strip("-") or "run"
        stamp = time.strftime("%Y%m%d-%H%M%S")
        directory = environment.runs_directory() / f"{stamp}-{slug}-{secrets.token_hex(4)}"
    run = Run(Path(directory).resolve())
    _make_directory(run, new=made)
    description = Description.from_dict(
        {"name": name, "created": time.time(), "training": config, "visitor": visitor, **extra}
    )
    try:
        fill(run)
        # Written last: from now on the run is listed.
        files.write_json(run.config_path, description.to_dict())
    except BaseException:
        if made:
            remove_directory(run.directory)
        raise
    return run


def _make_directory(run: Run, new: bool) -> None:
    """Make a queued run's directory, or empty that of an earlier run; see `create`. If it is to be
    new, it must not be there yet."""
    try:
        if run.config_path.exists() and run.status().active:
            raise RunActiveError(f"A run is still training in {run.directory}: stop it first.")
        run.directory.mkdir(parents=True, exist_ok=not new)
        _check_holds_nothing_else(run)
        for file in _RESULTS:
            (run.directory / file).unlink(missing_ok=True)
        shutil.rmtree(run.directory / "epochs", ignore_errors=True)
        run.set_status(state="queued")
    except DirectoryError:
        raise
    except OSError as error:
        reason = error.strerror or error
        raise DirectoryError(f"The directory {run.directory} can't be made: {reason}.") from error


def _check_holds_nothing_else(run: Run) -> None:
    """Raise DirectoryError unless a directory is empty or a run's, so that no other files are
    lost."""
    known = run.config_path.exists() or run.status_path.exists()
    if not known and next(run.directory.iterdir(), None):
        raise DirectoryError(
            f"The directory {run.directory} is not empty and holds no run. Name an empty one, or "
            "one that is not there yet."
        )


def branch(
    run: Run, name: str, epochs: int, visitor: str | None = None, **extra: Unpack[Extra]
) -> Run:
    """A queued run that continues where `run` ended, for `epochs` more epochs.

    `run` is not changed. For `visitor` and `extra` see `create`.

    Raises:
        ConfigError: That would be too many epochs.
        FileNotFoundError: `run` has no checkpoint.
    """
    done = epochs_done(run)
    config = run.config.with_changes(epochs=done + epochs)
    inherited: Extra = {"base_name": run.base_name, "drawings": run.description.drawings}
    extra = {"continues": run.id, "continued_at": done, **inherited, **extra}

    def fill(new: Run) -> None:
        shutil.copyfile(run.checkpoint_path, new.checkpoint_path)
        shutil.copyfile(run.history_path, new.history_path)
        for path in (run.directory / name for name in _COPIED):
            if path.is_dir():
                shutil.copytree(path, new.directory / path.name)
            elif path.exists():
                shutil.copyfile(path, new.directory / path.name)

    return create(config, name, fill=fill, visitor=visitor, **extra)


def epochs_done(run: Run) -> int:
    """How many epochs of a run are finished."""
    rows = run.epoch_rows()
    return rows[-1].epoch if rows else 0


def refine(
    run: Run, name: str, epochs: int, visitor: str | None = None, **extra: Unpack[Extra]
) -> Run:
    """A queued run that starts from the network of `run`, which has no checkpoint: with a new
    optimizer, at a tenth of the learning rate, on MNIST's digits alone. For `visitor` and `extra`
    see `create`.

    Raises:
        FileNotFoundError: `run` has no model.
    """
    rate = run.config.optimizer.learning_rate
    config = run.config.with_changes(
        base=run.id,
        epochs=epochs,
        optimizer={"learning_rate": max(rate / 10, Optimizer.limits("learning_rate").lowest)},
        distillation=None,
        drawings=None,
        data_echoing=1,
        precision="float32",
    )

    def fill(new: Run) -> None:
        shutil.copyfile(run.model_path, new.base_path)

    extra = {"continues": run.id, **extra}
    return create(config, name, fill=fill, visitor=visitor, **extra)


def list_runs() -> list[Run]:
    """The users' runs, newest first. Those with a damaged config.json are left out."""
    runs = _readable(environment.runs_directory())
    return sorted(runs, key=lambda run: run.created, reverse=True)


def list_pretrained() -> list[Run]:
    """The shipped networks, by name."""
    return sorted(_readable(environment.pretrained_directory()), key=lambda run: run.id)


def list_damaged() -> list[tuple[Run, RunDamagedError]]:
    """The users' runs whose config.json is missing or can't be read, each with the reason, by id.
    A run that `create` may just be making is left out."""
    found = [(run, error) for run, error in _runs_in(environment.runs_directory()) if error]
    return sorted(found, key=lambda damaged: damaged[0].id)


def get(run_id: str) -> Run:
    """The run or shipped network with this id.

    Raises:
        RunNotFoundError: There is none, or its config.json can't be read. An id that isn't a plain
            name is never looked up on the disk.
    """
    if run := _found(run_id):
        if error := _damage(run):
            raise RunNotFoundError(str(error)) from error
        return run
    raise RunNotFoundError(f"There is no run {run_id!r}. Look for its id in the list of runs.")


def exists(run_id: str) -> bool:
    """Whether there is a run or shipped network with this id, damaged or not."""
    return _found(run_id) is not None


def _found(run_id: str) -> Run | None:
    if isinstance(run_id, str) and _ID.fullmatch(run_id):
        for parent in (environment.runs_directory(), environment.pretrained_directory()):
            if (run := Run(parent / run_id)).config_path.is_file():
                return run
    return None


def clean_up() -> list[str]:
    """Delete old runs, except those that are protected.

    Of the others that have ended, the newest `DIGITLAB_KEEP_RUNS` stay. On a shared installation
    the visitor with the most runs loses the oldest first, so that one visitor's many runs don't
    push out the few of others. Runs that ended more than `DIGITLAB_EXPIRE_DAYS` days ago are
    deleted, too.

    Returns:
        The ids of the deleted runs.
    """
    most, days = map(settings.whole, ("DIGITLAB_KEEP_RUNS", "DIGITLAB_EXPIRE_DAYS"))
    ended = [run for run in list_runs() if not run.kept and not run.status().active]
    expired = [run for run in ended if days and _ended(run) < time.time() - days * 86400]
    ended = [run for run in ended if run not in expired]
    deleted = []
    _undeleted.clear()
    for run in [*expired, *(_surplus(ended, most) if most else [])]:
        try:
            run.delete()
            deleted.append(run.id)
        except (RunNotFoundError, RunActiveError):
            pass  # deleted or resumed in the meantime
        except OSError as error:  # it must not stop a training; the Runs page reports it
            _undeleted[run.name] = str(error)
    return deleted


def not_deleted() -> dict[str, str]:
    """The runs, by name, that the last `clean_up` of this process could not delete, and why."""
    return dict(_undeleted)


def _ended(run: Run) -> float:
    """When a run ended, in seconds since 1970; if its status can't be read, when one of its files
    was last changed, so that there is time to repair it."""
    status = run.status()
    if status.state == "damaged":
        with suppress(FileNotFoundError):  # it is being deleted
            return max(path.lstat().st_mtime for path in (run.directory, *run.directory.iterdir()))
    return status.finished or run.created


def _surplus(ended: list[Run], most: int) -> list[Run]:
    """The runs to delete from ended ones, given newest first, so that `most` stay. Those without
    usable weights go first."""
    aborted = [run for run in ended if not run.usable and not run.checkpoint_path.exists()]
    useful = [run for run in ended if run not in aborted]
    excess = len(ended) - most
    return [
        *_oldest(aborted, min(excess, len(aborted))),
        *_oldest(useful, excess - len(aborted)),
    ]


def _oldest(runs: list[Run], number: int) -> list[Run]:
    """The `number` of these runs, given newest first, to delete: the oldest ones, or among several
    visitors each time the oldest of whoever has the most; none if the number is negative."""
    if not settings.is_shared():
        return runs[len(runs) - max(number, 0) :]
    left: dict[str | None, list[Run]] = {}
    for run in runs:
        left.setdefault(run.visitor, []).append(run)
    oldest = []
    for _ in range(number):
        of_one = max(left.values(), key=lambda theirs: (len(theirs), -theirs[-1].created))
        oldest.append(of_one.pop())
    return oldest


def _readable(parent: Path) -> list[Run]:
    return [run for run, error in _runs_in(parent) if error is None]


def _runs_in(parent: Path) -> list[tuple[Run, RunDamagedError | None]]:
    """The runs in a directory, each with the reason why its config.json can't be read, if any."""
    if not parent.is_dir():
        return []
    runs = (Run(path) for path in parent.iterdir() if _ID.fullmatch(path.name))
    return [(run, _damage(run)) for run in runs if run.config_path.exists() or _left_over(run)]


def _left_over(run: Run) -> bool:
    """Whether a directory holds a run's files but no config.json, which `create` writes last, and
    no file was added or removed in the last minute."""
    has_files = any((run.directory / name).exists() for name in (*_RESULTS, "epochs"))
    with suppress(FileNotFoundError):  # it is being deleted
        return has_files and time.time() - run.directory.stat().st_mtime > CREATING
    return False


def _damage(run: Run) -> RunDamagedError | None:
    try:
        _ = run.description
    except RunDamagedError as error:
        return error
    return None
