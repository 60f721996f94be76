"""The digits that a run trains on: the data's, except those for validation, and drawings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mnist_core.config.config import TrainingConfig
from mnist_core.config.sizes import IMAGE_SIDE
from mnist_core.digits.datasets.dataset import Dataset
from mnist_core.digits.datasets.splits import validation_split
from mnist_core.digits.drawings import pen_dataset
from mnist_core.digits.drawings.pen_dataset import Drawings
from mnist_core.errors import DigitLabError
from mnist_core.runs.run import Run


class DrawingsMissingError(DigitLabError, RuntimeError):
    """The drawings that a run trains on are not in its directory. Start the run again from their
    file."""


@dataclass(frozen=True, eq=False)
class TrainingDigits:
    """Images with their labels, and which of them are for training and for validation.

    Attributes:
        config: The run's configuration.
        images: (n, 28, 28) uint8: all training images of the data, then each copy of the drawings
            to train on.
        labels: (n,) integers, the classes from 0.
        train, validation: Indices of the data's digits for training and for validation.
        drawn: Indices of the copies of drawings.
        drawings: All the run's drawings, including those held out; None if there are none.
    """

    config: TrainingConfig
    images: NDArray[np.uint8]
    labels: NDArray[np.integer]
    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    drawn: NDArray[np.int64]
    drawings: Drawings | None

    @property
    def trained_on(self) -> NDArray[np.int64]:
        """Indices of all digits and drawings to train on."""
        return np.concatenate([self.train, self.drawn])

    def order(self, epoch: int) -> NDArray[np.int32]:
        """Indices of an epoch's digits and drawings in random order, the same at every call.

        With `digits_per_epoch` that many of the data's digits are drawn at random; if that is more
        than there are, some come several times. Epochs that repeat augmented images (see `made_in`)
        use the same ones.
        """
        seed, wanted = self.config.seed, self.config.digits_per_epoch
        digits = self.train
        if wanted:
            choice = np.random.default_rng((seed, self.made_in(epoch), 1))
            digits = np.resize(choice.permutation(digits), wanted)
        order = np.random.default_rng((seed, epoch)).permutation
        return order(np.concatenate([digits, self.drawn])).astype(np.int32)

    def made_in(self, epoch: int) -> int:
        """The epoch in which the augmented images were made that `epoch` trains on: this one or an
        earlier one."""
        return epoch - (epoch - 1) % self.config.data_echoing


def prepare(config: TrainingConfig, dataset: Dataset, run: Run) -> TrainingDigits:
    """Split the data's training digits, and add the drawings of the run's directory.

    Raises:
        DrawingsMissingError: The directory lacks the drawings that `config` names.
        StrokeError: The file with them is damaged.
    """
    train, validation = validation_split(dataset.y_train, config.validation_split, config.seed)
    images, labels = dataset.x_train, dataset.y_train
    none = np.array([], np.int64)
    drawings = _drawings(config, run)
    if drawings is None:
        return TrainingDigits(config, images, labels, train, validation, none, None)
    added = ~drawings.held_out
    redrawn = drawings.redrawn[:, added].reshape(-1, IMAGE_SIDE, IMAGE_SIDE)
    return TrainingDigits(
        config,
        np.concatenate([images, redrawn]),
        np.concatenate([labels, np.tile(drawings.labels[added], len(drawings.redrawn))]),
        train,
        validation,
        len(images) + np.arange(len(redrawn)),
        drawings,
    )


def _drawings(config: TrainingConfig, run: Run) -> Drawings | None:
    """The drawings to train on, which must already be in the run directory."""
    if config.drawings is None:
        return None
    path = run.directory / pen_dataset.FILE_NAME
    drawings = Drawings.load(path) if path.exists() else None
    if drawings is None or drawings.sha256 != config.drawings.sha256:
        what = "holds other drawings" if drawings else "is missing"
        raise DrawingsMissingError(
            f"The run trains on drawings, but {path.name} {what}. Start it by "
            "`python -m mnist_core train --strokes FILE`, with the UNIPEN file of SHA-256 "
            f"{config.drawings.sha256}."
        )
    return drawings
