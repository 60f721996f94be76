"""Imported data sets: letters, clothes, digits of another script.

Each is a directory `.data/<id>` beside the runs, with `images.npz`, four arrays in MNIST's layout,
and `about.json`. In the modes "class" and "public" only the visitor who imported it may use it;
what was imported at the command line is for everybody.
"""

from __future__ import annotations

import math
import re
import secrets
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
from filelock import FileLock, Timeout

from mnist_core.config import settings
from mnist_core.config.config import OwnData, TrainingConfig
from mnist_core.config.fields import Checked, Matching, Range
from mnist_core.config.formatting import count
from mnist_core.config.progress import Report, no_report
from mnist_core.config.sizes import IMAGE_SIDE, INPUTS
from mnist_core.digits.datasets import mnist
from mnist_core.digits.datasets.dataset import Dataset
from mnist_core.digits.datasets.mnist import ARRAYS
from mnist_core.digits.datasets.packed_files import File
from mnist_core.errors import DigitLabError
from mnist_core.runs import environment, files, ownership, records, store
from mnist_core.runs.files import ArraysDamagedError, reading_arrays
from mnist_core.runs.records import RunDamagedError
from mnist_core.runs.run import Run, one_line, remove_directory

if TYPE_CHECKING:
    from mnist_core.digits.datasets.labelled_images import LabelledImages

NAME_LENGTH = 60
SECONDS = 600.0  # on a shared server: limit for reading files, and for waiting for another import
_ID = re.compile("own-[0-9a-f]{12}")
_COUNT = Range(0, 1e7)


class OwnDataError(DigitLabError, ValueError):
    """An imported data set is missing or damaged, or can't be made or deleted as asked; the message
    says why."""


class TooMuchDataError(DigitLabError, RuntimeError):
    """A visitor, or all visitors together, have reached the limit for data sets. Delete one."""


@dataclass(frozen=True, kw_only=True)
class About(Checked):
    """about.json: what a data set is.

    Attributes:
        data: Its id, name and classes.
        created: Seconds since 1970.
        visitor: Who imported it, see `ownership.visitor_of`; None: somebody at the command line.
        kind: The kind of its files, see `LabelledImages`.
        training, test: How many training and test images it has.
        converted, refusals: How many images were brought to MNIST's form, and left out.
    """

    data: OwnData
    created: Annotated[float, Range(0.0, 2.5e11)]
    visitor: Annotated[str, Matching("[0-9a-f]{1,64}", "hexadecimal digits")] | None = None
    kind: str
    training: Annotated[int, _COUNT]
    test: Annotated[int, _COUNT]
    converted: Annotated[int, _COUNT] = 0
    refusals: Annotated[int, _COUNT] = 0


@dataclass(frozen=True)
class OwnDataset:
    """An imported data set on the disk."""

    directory: Path

    @property
    def id(self) -> str:
        return self.directory.name

    @cached_property
    def about(self) -> About:
        """What about.json says, read once. Raises RunDamagedError where it can't be read."""
        return records.read(About, self.directory / "about.json")

    @property
    def name(self) -> str:
        return self.about.data.name

    @property
    def images_path(self) -> Path:
        return self.directory / "images.npz"

    def used_by(self) -> list[Run]:
        """The users' runs that train on it or were trained on it."""
        return [
            run for run in store.list_runs() if run.config.data and run.config.data.id == self.id
        ]

    def is_for(self, visitor: str | None) -> bool:
        """Whether a visitor may look at it and train on it; None stands for the command line."""
        return self.about.visitor is None or self.may_change(visitor)

    def may_change(self, visitor: str | None) -> bool:
        """Whether a visitor may delete it; None stands for the command line."""
        return visitor is None or not settings.is_shared() or self.about.visitor == visitor


def import_data(
    brought: Sequence[File],
    name: str,
    class_names: Sequence[str] = (),
    visitor: str | None = None,
    report: Report = no_report,
) -> tuple[OwnDataset, LabelledImages]:
    """Read labelled images from files and store them as a data set.

    Args:
        brought: The files, see `labelled_images.read`.
        name: Its name on screen, 1–60 characters.
        class_names: See `labelled_images.read`.
        visitor: Who imports it; None: somebody at the command line.
        report: Called with the share done, 0 to 1.

    Returns:
        The data set, and what was read and left out.

    Raises:
        OwnDataError: The name is empty, too long, "MNIST" or taken; capitals make no difference.
        LabelledFilesError: The files hold no usable data set.
        TooMuchDataError: The limit for data sets is reached, or another import takes too long.
        SettingError: A limit has a value that is not allowed.
        OSError: The data set can't be written.
    """
    name = one_line(name)
    if not 1 <= len(name) <= NAME_LENGTH:
        raise OwnDataError(f"A data set needs a name of 1–{NAME_LENGTH} characters.")
    if name.casefold() == "mnist":
        raise OwnDataError("MNIST is the name of the data that is here already. Choose another.")
    _directory().mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(_directory() / ".lock", timeout=SECONDS):
            return _import(brought, name, class_names, visitor, report)
    except Timeout as error:
        raise TooMuchDataError("Others are bringing data just now. Try again later.") from error


def _import(
    brought: Sequence[File],
    name: str,
    class_names: Sequence[str],
    visitor: str | None,
    report: Report,
) -> tuple[OwnDataset, LabelledImages]:
    from mnist_core.digits.datasets import (
        labelled_images,  # SciPy's part for images is slow to load
    )

    expire()
    most = _room_for(name, visitor)
    seconds = SECONDS if settings.is_shared() else math.inf
    found = labelled_images.read(brought, most, class_names, report, seconds)
    own = OwnDataset(_directory() / f"own-{secrets.token_hex(6)}")
    classes = [{"name": one} for one in found.names]
    about = About.from_dict(
        {
            "data": {"id": own.id, "name": name, "classes": classes},
            "created": time.time(),
            "visitor": visitor,
            "kind": found.kind,
            "training": len(found.y_train),
            "test": len(found.y_test),
            "converted": found.converted,
            "refusals": found.omitted,
        }
    )
    own.directory.mkdir()
    try:
        files.save_arrays(own.images_path, {key: getattr(found, key) for key in ARRAYS})
        files.write_json(own.directory / "about.json", about.to_dict())  # last: now it is listed
    except BaseException:
        remove_directory(own.directory)
        raise
    return own, found


def _room_for(name: str, visitor: str | None) -> int:
    """How many images a visitor's new data set may have.

    Raises:
        OwnDataError: The name is taken.
        TooMuchDataError: There is no room for another data set.
    """
    others = list_all()
    if any(own.name.casefold() == name.casefold() and own.is_for(visitor) for own in others):
        raise OwnDataError(
            f"There is a data set {name} already. Choose another name, or delete it."
        )
    most, megabytes, images = map(
        settings.whole, ("DIGITLAB_DATA_PER_VISITOR", "DIGITLAB_DATA_MB", "DIGITLAB_DATA_IMAGES")
    )
    theirs = [own for own in others if own.about.visitor == visitor]
    if visitor is not None and most and len(theirs) >= most:
        raise TooMuchDataError(
            f"You already have {count(len(theirs), 'data set')}; the limit is {most}. Delete one "
            "first."
        )
    taken = sum(own.images_path.stat().st_size for own in others if own.images_path.exists())
    left = min(images, max(megabytes * 1_000_000 - taken, 0) // (INPUTS + 1))
    if left == 0:
        raise TooMuchDataError(
            f"All data sets together take {taken / 1e6:,.0f} MB; the limit is {megabytes:,} MB. "
            "Delete one first."
        )
    return left


def list_all(visitor: str | None = None) -> list[OwnDataset]:
    """The data sets that a visitor may use, sorted by name; None: all. Damaged ones are left
    out."""
    data_sets = []
    with suppress(FileNotFoundError):
        for path in _directory().iterdir():
            own = OwnDataset(path)
            with suppress(RunDamagedError):
                if _ID.fullmatch(path.name) and own.is_for(visitor):
                    data_sets.append(own)
    return sorted(data_sets, key=lambda own: own.name)


def get(name_or_id: str, visitor: str | None = None) -> OwnDataset:
    """The data set of this name or id. Raises OwnDataError if the visitor may use none like
    that."""
    usable = list_all(visitor)
    for own in usable:
        if name_or_id in (own.id, own.name):
            return own
    known = ", ".join(own.name for own in usable) or "none"
    raise OwnDataError(f"There is no data set {name_or_id!r:.80}. There are: {known}.")


def is_there(data: OwnData | None, visitor: str | None = None) -> bool:
    """Whether a visitor may use this data set; MNIST, which is None, always. Not if it was
    deleted."""
    return data is None or data.id in {own.id for own in list_all(visitor)}


def may_use(run: Run, visitor: str | None) -> bool:
    """Whether a visitor may use a run's network. A network that was trained on imported data
    reveals something of them, so only those who may use the data may use it."""
    return ownership.may_change(run, visitor) or is_there(run.config.data, visitor)


def is_for_all(run: Run) -> bool:
    """Whether every visitor may use a run's network."""
    return may_use(run, "")  # "" is no visitor's name


def load(data: OwnData) -> Dataset:
    """The images of a data set.

    Raises:
        OwnDataError: The data set was deleted, or its file is damaged.
    """
    path = OwnDataset(_directory() / data.id).images_path
    try:
        with reading_arrays(path) as kept:
            x_train, y_train, x_test, y_test = arrays = [kept[name] for name in ARRAYS]
            _check(arrays, len(data.names))
    except FileNotFoundError as error:
        raise OwnDataError(f"The data set {data.name} was deleted.") from error
    except (OSError, ArraysDamagedError) as error:
        raise OwnDataError(f"The data set {data.name} can't be read: {error}.") from error
    for array in arrays:
        array.setflags(write=False)
    return Dataset(data.id, x_train, y_train, x_test, y_test, source=data.name, names=data.names)


def dataset_of(config: TrainingConfig, *, offline: bool = False) -> Dataset:
    """The data that a configuration trains on: an imported data set, or what `mnist.load` returns.
    Raises OwnDataError as `load` does."""
    return load(config.data) if config.data else mnist.load(offline=offline)


def delete(own: OwnDataset, visitor: str | None = None) -> None:
    """Delete a data set. Networks that were trained on it can still be drawn with.

    Raises:
        OwnDataError: It is not the visitor's, or a run on it is waiting or training.
    """
    if not own.may_change(visitor):
        raise OwnDataError("Only the person who brought this data set can delete it.")
    if active := [run.name for run in own.used_by() if run.status().active]:
        raise OwnDataError(
            f"The run {active[0]} needs it: stop it first, or wait until it has ended."
        )
    remove_directory(own.directory)


def expire() -> None:
    """Delete visitors' data sets that no run uses, once they are older than runs are kept."""
    days = settings.whole("DIGITLAB_EXPIRE_DAYS")
    for own in list_all() if days else ():
        if (
            own.about.visitor
            and own.about.created < time.time() - days * 86400
            and not own.used_by()
        ):
            remove_directory(own.directory)


def _directory() -> Path:
    return environment.runs_directory() / ".data"


def _check(arrays: list[np.ndarray], classes: int) -> None:
    """Raise ValueError unless the arrays have the form in which `_import` writes them."""
    for images, labels in (arrays[:2], arrays[2:]):
        fits = images.shape == (len(labels), IMAGE_SIDE, IMAGE_SIDE) and len(labels)
        if not fits or {images.dtype, labels.dtype} != {np.dtype(np.uint8)}:
            raise ValueError(f"{images.shape} and {labels.shape} are no images and labels")
        if labels.ndim != 1 or labels.max() >= classes:
            raise ValueError(f"there is a label {labels.max()} of {classes} classes")
