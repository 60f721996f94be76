"""Fine-tuning: a copy of a network is trained on a visitor's handwriting.

It is trained on the visitor's drawings, each redrawn many times, mixed with MNIST digits. At the
end `trainer` moves its weights part of the way back to what they were at the start. Both keep it
from forgetting what it knew. Some drawings are held out to measure it before and after.
"""

from __future__ import annotations

import hashlib
import math
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mnist_core.config.config import AddedDrawings, Augmentation, Regularization
from mnist_core.config.sizes import CLASSES
from mnist_core.digits.drawings import pen_dataset, user_drawings
from mnist_core.digits.drawings.pen_dataset import Drawings
from mnist_core.digits.drawings.user_drawings import Drawing
from mnist_core.errors import DigitLabError
from mnist_core.jobs import launcher
from mnist_core.runs.run import NAME_LENGTH, Run

MIN_DRAWINGS = 10
"""The least number of drawings needed."""
MIN_HELD_OUT = 5
MAX_HELD_OUT = 5  # drawings held out for each digit
REDRAWN = 1500  # least number of redrawn drawings in an epoch
# Chosen by results on MNIST's validation digits, on rotated and slanted drawings by single writers,
# and on signs that are not digits. With half as many MNIST digits per epoch, the champion lost up
# to half a percentage point of accuracy on the validation digits.
HYPERPARAMETERS: dict[str, object] = {
    "optimizer": {"name": "adam", "learning_rate": 5e-4},
    "schedule": {"name": "one_cycle"},
    "early_stopping": None,
    "regularization": Regularization(),
    "augmentation": Augmentation(),  # drawings are redrawn; MNIST's digits stay
    "distillation": None,
    "batch_size": 128,
    "epochs": 5,
    "digits_per_epoch": 4000,
    "data_echoing": 1,
    "precision": "float32",
}


class FineTuningError(DigitLabError, ValueError):
    """A network can't be fine-tuned; the message says what is missing: drawings, or its model."""


def held_out(labels: NDArray[np.integer], seed: int = 0) -> NDArray[np.bool_]:
    """Which drawings are held out from training, (n,) bool: a random half of each digit's drawings,
    rounded down, and at most `MAX_HELD_OUT`.

    Args:
        labels: (n,) integers, 0–9.
        seed: The same seed chooses the same drawings.
    """
    chosen = np.zeros(len(labels), bool)
    rng = np.random.default_rng(seed)
    for digit in range(CLASSES):
        indices = rng.permutation(np.flatnonzero(labels == digit))
        chosen[indices[: min(len(indices) // 2, MAX_HELD_OUT)]] = True
    return chosen


def check(base: Run, drawings: Sequence[Drawing]) -> None:
    """Check that a network can be fine-tuned on these drawings.

    Raises:
        FineTuningError: There are too few drawings, or the network has no Keras model or does not
            read digits.
    """
    if base.config.data:
        raise FineTuningError(f"{base.name} does not read digits: fine-tuning is made for these.")
    labels = user_drawings.labels(_digits(drawings))
    if len(labels) < MIN_DRAWINGS:
        raise FineTuningError(
            f"At least {MIN_DRAWINGS} drawings are needed; you have {len(labels)}."
        )
    if (lacking := MIN_HELD_OUT - int(held_out(labels).sum())) > 0:
        single = [str(digit) for digit in range(CLASSES) if (labels == digit).sum() == 1]
        once = f", such as another {' or '.join(single[:3])}" if single else ""
        raise FineTuningError(
            f"{MIN_HELD_OUT} drawings are held out to test it, at most one of two of the same "
            f"digit: draw {lacking} more of digits that you have drawn before{once}."
        )
    if not _model(base).exists():
        raise FineTuningError(
            f"{base.name} has no {_model(base).name} to start from. Choose another network, or "
            "train one to its end."
        )


def start(base: Run, drawings: Sequence[Drawing], visitor: str | None = None) -> Run:
    """Launch a run that fine-tunes a copy of a network; the network itself is not changed.

    If the network was itself fine-tuned, the run starts from the network that it came from, because
    its own weights may have been trained on drawings that are held out now.

    Args:
        base: The network.
        drawings: The visitor's drawings. Those that show no digit are left out, and duplicates
            count once.
        visitor: Who starts it, see `launcher.start`.

    Raises:
        FineTuningError: See `check`.
        SettingError, DirectoryError, TooManyRunsError, TooLargeError: See `launcher.start`.
    """
    check(base, drawings)
    added = base.config.drawings
    pen = added.thickest_pen if added else AddedDrawings.thickest_pen
    drawn = _drawings(_digits(drawings), pen)
    config = base.config.with_changes(
        **HYPERPARAMETERS,
        base=base.config.base if base.base_name else base.id,
        drawings=AddedDrawings(drawn.sha256, len(drawn.redrawn), pen),
    )
    base_name, ending = base.base_name or base.name, ", my handwriting"

    def fill(run: Run) -> None:
        shutil.copyfile(_model(base), run.base_path)
        drawn.save(run.directory / pen_dataset.FILE_NAME)

    return launcher.start(
        config,
        base_name[: NAME_LENGTH - len(ending)] + ending,
        visitor=visitor,
        fill=fill,
        base_name=base_name,
        drawings=drawn.description(),
    )


def _model(base: Run) -> Path:
    """The Keras model that fine-tuning starts from."""
    return base.base_path if base.base_name else base.model_path


def _digits(drawings: Sequence[Drawing]) -> list[Drawing]:
    """The drawings that show a digit. Of drawings with the same strokes only the last is taken:
    otherwise the network could be trained on one of them and tested on another."""
    return list({drawing.rounded: drawing for drawing in drawings if drawing.image.any()}.values())


def _drawings(digits: Sequence[Drawing], pen: float) -> Drawings:
    """The drawings as a run stores them: some held out, the others redrawn many times with pens up
    to `pen` pixels of the image wide."""
    rng = np.random.default_rng(0)
    images, labels = user_drawings.images(digits), user_drawings.labels(digits)
    out = held_out(labels)
    trained = [digit for digit, is_out in zip(digits, out, strict=True) if not is_out]
    redrawn = np.tile(images, (math.ceil(REDRAWN / len(trained)), 1, 1, 1))
    for copy in redrawn:
        copy[~out] = [pen_dataset.redraw(digit.strokes, rng, pen) for digit in trained]
    return Drawings(
        images,
        labels,
        "drawn by a visitor",
        hashlib.sha256(user_drawings.to_json(digits).encode()).hexdigest(),
        np.zeros(len(digits), np.uint16),
        redrawn,
        out,
    )
