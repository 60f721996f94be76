"""Teach a network a visitor's handwriting: a run that goes on from a copy of its weights.

It trains on the visitor's drawings, each redrawn many times, among digits of the data, and ends a
little on the side of the weights that it began with (``training``), so that it forgets next to
nothing. Some drawings are held out, to measure before and after.
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
from mnist_core.digits import pen_dataset, user_drawings
from mnist_core.digits.pen_dataset import Drawings
from mnist_core.digits.user_drawings import Drawing
from mnist_core.errors import DigitLabError
from mnist_core.jobs import launcher
from mnist_core.runs.run import NAME_LENGTH, Run

LEAST = 10
"""Drawings that are needed."""
LEAST_HELD_OUT = 5
MOST_HELD_OUT = 5  # of each digit
REDRAWN = 1500  # drawings an epoch, all together
# Chosen on MNIST's validation digits, with drawings by single writers turned and slanted, and with
# signs that are no digits. Half as many digits cost the champion up to half a point of them.
SETTINGS = {
    "optimizer": {"name": "adam", "learning_rate": 5e-4},
    "schedule": {"name": "one_cycle"},
    "early_stopping": None,
    "regularization": Regularization(),
    "augmentation": Augmentation(),  # redrawing distorts the drawings; the digits stay as they are
    "distillation": None,
    "batch_size": 128,
    "epochs": 5,
    "digits_per_epoch": 4000,
    "data_echoing": 1,
    "precision": "float32",
}


class TeachingError(DigitLabError, ValueError):
    """A network can't be fine-tuned; the message says what is missing: drawings, or its model."""


def held_out(labels: NDArray[np.integer], seed: int = 0) -> NDArray[np.bool_]:
    """Which drawings are not trained on: of each digit a random half, rounded down, at most five.

    Args:
        labels: (n,) 0 to 9.
        seed: the same seed chooses the same.
    """
    chosen = np.zeros(len(labels), bool)
    rng = np.random.default_rng(seed)
    for digit in range(10):
        places = rng.permutation(np.flatnonzero(labels == digit))
        chosen[places[: min(len(places) // 2, MOST_HELD_OUT)]] = True
    return chosen


def check(base: Run, kept: Sequence[Drawing]) -> None:
    """Raises:
    TeachingError: there are too few drawings, or the network has no model to go on from.
    """
    labels = user_drawings.labels(_digits(kept))
    if len(labels) < LEAST:
        raise TeachingError(f"At least {LEAST} drawings are needed; you have {len(labels)}.")
    if (lacking := LEAST_HELD_OUT - int(held_out(labels).sum())) > 0:
        single = [str(digit) for digit in range(10) if (labels == digit).sum() == 1]
        once = f", such as another {' or '.join(single[:3])}" if single else ""
        raise TeachingError(
            f"{LEAST_HELD_OUT} drawings are held out, one of two of the same digit: draw "
            f"{lacking} more of digits that you have drawn before{once}."
        )
    if not _model(base).exists():
        raise TeachingError(
            f"{base.name} has no {_model(base).name} to go on from. Choose another network, or "
            "train one to its end."
        )


def start(base: Run, kept: Sequence[Drawing], visitor: str | None = None) -> Run:
    """Launch the run that teaches a copy of a network; both network and drawings stay as they are.

    A network that was itself taught is taught anew from where it came from, so that no drawing
    that is held out now was trained on then.

    Args:
        base: whose weights to start from.
        kept: the visitor's drawings. Those that show no digit are left out.
        visitor: see ``jobs.start``.

    Raises:
        TeachingError: see ``check``.
        jobs.TooManyRunsError: the visitor has as many runs as one may have.
    """
    check(base, kept)
    learned = base.config.drawings
    pen = learned.thickest_pen if learned else AddedDrawings.thickest_pen
    drawn = _drawings(_digits(kept), pen)
    config = base.config.with_changes(
        **SETTINGS,
        base=base.config.base if base.base_name else base.id,
        drawings=AddedDrawings(drawn.sha256, len(drawn.redrawn), pen),
    )
    before, ending = base.base_name or base.name, ", my handwriting"

    def fill(run: Run) -> None:
        shutil.copyfile(_model(base), run.base_path)
        drawn.save(run.directory / pen_dataset.FILE_NAME)

    return launcher.start(
        config,
        before[: NAME_LENGTH - len(ending)] + ending,
        visitor=visitor,
        fill=fill,
        base_name=before,
        drawings=drawn.description(),
    )


def _model(base: Run) -> Path:
    """The Keras model to start from."""
    return base.base_path if base.base_name else base.model_path


def _digits(kept: Sequence[Drawing]) -> list[Drawing]:
    return [drawing for drawing in kept if drawing.image.any()]


def _drawings(digits: Sequence[Drawing], pen: float) -> Drawings:
    """The digits as a training takes them: some held out, the others redrawn many times with pens
    up to so many pixels wide."""
    rng = np.random.default_rng(0)
    images, labels = user_drawings.images(digits), user_drawings.labels(digits)
    out = held_out(labels)
    trained = [digits[place] for place in np.flatnonzero(~out)]
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
