"""What the teacher of a class has set while the app runs. It applies only in the mode "class"."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from mnist_core.config import settings
from mnist_core.config.config import TrainingConfig
from mnist_core.config.fields import Checked, Matching
from mnist_core.runs import environment, files, records
from mnist_core.runs.records import RunDamagedError


@dataclass(frozen=True)
class ClassRules(Checked):
    """What class.json says, which lies beside the runs.

    Attributes:
        halted: Whether the queue is halted: waiting runs keep waiting; running ones continue.
        epochs: How many epochs a visitor may train; None: as many as DIGITLAB_MAX_EPOCHS says.
        hidden: Names of the scripts of pages that pupils don't see, separated by spaces, such as
            `compare network`.
        network: Id of the network with which everybody begins; None: the first one.
        pinned_run, pinned_lesson: Ids of the run and the lesson that every page links to; None:
            nothing.
    """

    halted: bool = False
    epochs: Annotated[int, TrainingConfig.limits("epochs")] | None = None
    hidden: Annotated[str, Matching("[a-z_ ]{0,400}", "names of pages")] = ""
    network: str | None = None
    pinned_run: str | None = None
    pinned_lesson: str | None = None


def read() -> ClassRules:
    """The rules as they are now. If there are none, or their file is damaged, they restrict
    nothing; the next change replaces the file."""
    if settings.mode() != "class":
        return ClassRules()
    try:
        return records.read(ClassRules, _file())
    except RunDamagedError:
        return ClassRules()


def change(**changes: object) -> None:
    """Change some of the rules.

    Raises:
        ConfigError: A rule has a value that is not allowed.
    """
    rules = read().with_changes(**changes)
    _file().parent.mkdir(parents=True, exist_ok=True)
    files.write_json(_file(), rules.to_dict())


def _file() -> Path:
    return environment.runs_directory() / "class.json"
