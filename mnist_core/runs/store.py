"""A run is a directory: what was asked for, what happened, and what came of it.

    config.json       name, creation time, training configuration
    status.json       state, message, times, summary; replaced atomically
    history.jsonl     a row a line, "kind" batch or epoch
    weights.npz       what inference reads         epochs/NNN.npz  the same after each epoch
    model.keras       the Keras model; a shipped network has no weights.npz beside it
                                                   evaluation.npz  test labels and probabilities
    checkpoint.npz    all that resuming needs      control.json    what the user asks of the worker
    worker.log        what the worker printed      worker.lock     held while the worker lives
    base.keras        the model it starts from     drawings.npz    drawings that it trains on

Nothing in it is pickled. Readers ignore an unfinished last line of the history.
"""

from __future__ import annotations

import re
import secrets
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from mnist_core.config.config import Optimizer, TrainingConfig
from mnist_core.runs import environment, files
from mnist_core.runs.run import Run, RunActiveError, RunNotFoundError, clean_name, remove_directory

_RESULTS = (
    "status.json", "history.jsonl", "weights.npz", "model.keras",
    "evaluation.npz", "checkpoint.npz", "control.json", "teacher.keras", "base.keras",
    "drawings.npz",
)  # fmt: skip
_GOES_ALONG = ("epochs", "drawings.npz", "base.keras", "teacher.keras")  # with a run that goes on
_INHERITED = ("base_name", "drawings")  # of config.json
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")


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
        directory = environment.runs_directory() / f"{stamp}-{slug}-{secrets.token_hex(2)}"
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
        files.write_json(directory / "config.json", description)  # last: with it the run is listed
    except BaseException:
        if made:
            remove_directory(directory)
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

    return create(config, name, fill=fill, continues=run.id, **extra)


def list_runs() -> list[Run]:
    """The users' runs, newest first. Directories without a readable config.json are left out."""
    return sorted(_runs_in(environment.runs_directory()), key=lambda run: run.created, reverse=True)


def list_pretrained() -> list[Run]:
    """The shipped networks, by name."""
    return sorted(_runs_in(environment.pretrained_directory()), key=lambda run: run.id)


def get(run_id: str) -> Run:
    """The run or shipped network with this id.

    Raises:
        RunNotFoundError: where there is none; ids that are no plain names never reach the disk.
    """
    if isinstance(run_id, str) and _ID.fullmatch(run_id):
        for parent in (environment.runs_directory(), environment.pretrained_directory()):
            if (parent / run_id / "config.json").is_file():
                return Run(parent / run_id)
    raise RunNotFoundError(f"There is no run {run_id!r}. Look for its id in the list of runs.")


def clean_up() -> list[str]:
    """Delete old runs: of those that have ended and that nobody keeps, the newest
    ``DIGITLAB_KEEP_RUNS`` stay, by default 50; 0 deletes none. Returns the ids of the deleted."""
    most = environment.keep_runs()
    ended = [run for run in list_runs() if not run.kept and not run.status().active]
    deleted = []
    for run in ended[most:] if most else []:
        with suppress(RunNotFoundError, RunActiveError):  # deleted or resumed meanwhile
            run.delete()
            deleted.append(run.id)
    return deleted


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
