"""Labelled drawings of digits: a UNIPEN file in MNIST's form, as the Draw page sees a drawing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mnist_core import preprocessing, strokes
from mnist_core.preprocessing import Digit
from mnist_core.runs import save_arrays
from mnist_core.strokes import StrokeError

FILE_NAME = "drawings.npz"
"""In a run directory: the drawings that it trains on."""


@dataclass(frozen=True, eq=False)
class Drawings:
    """Drawn digits with their labels, in the order of their file.

    Attributes:
        images: (n, 28, 28) uint8 in MNIST's form.
        labels: (n,) uint8, 0–9.
        file: name of the file they come from.
        sha256: of that file.
        skipped: how many drawings of the file showed no digit (blank, or a dot).
    """

    images: NDArray[np.uint8] = field(repr=False)
    labels: NDArray[np.uint8] = field(repr=False)
    file: str
    sha256: str
    skipped: int = 0

    def description(self) -> dict[str, str | int]:
        """What a run's config.json says about them."""
        return {"file": self.file, "sha256": self.sha256, "count": len(self.labels)}

    def split(self, holdout: float) -> tuple[slice, slice]:
        """(for training, held out): the last ``holdout`` share is kept from training."""
        count = len(self.labels) - round(len(self.labels) * holdout)
        return slice(count), slice(count, None)

    def save(self, path: Path) -> None:
        """Write an .npz that ``load`` reads."""
        source = {"name": np.array(self.file), "sha256": np.array(self.sha256)}
        save_arrays(path, {"images": self.images, "labels": self.labels, **source})

    @classmethod
    def load(cls, path: Path) -> Drawings:
        """The inverse of ``save``."""
        with np.load(path, allow_pickle=False) as arrays:
            images, labels = arrays["images"], arrays["labels"]
            return cls(images, labels, str(arrays["name"]), str(arrays["sha256"]))


def from_unipen(path: Path, progress: Callable[[int, int], None] | None = None) -> Drawings:
    """Draw the digits of a UNIPEN file through the Draw page's preprocessing.

    Args:
        path: the file, also packed with gzip.
        progress: called with (done, all) drawings.

    Raises:
        StrokeError: the file can't be read, holds no digits, or a label is none of 0–9.
    """
    segments = strokes.from_unipen(path)
    if not segments:
        raise StrokeError(f"{path} holds no drawings.")
    images, labels = [], []
    for number, (label, lines) in enumerate(segments, start=1):
        if not (len(label) == 1 and label in "0123456789"):
            raise StrokeError(
                f'{path}: drawing {number} should be labelled "0" to "9", not {label!r:.20}'
            )
        digit = preprocessing.from_strokes(lines)
        if isinstance(digit, Digit):
            images.append(digit.image)
            labels.append(int(label))
        if progress:
            progress(number, len(segments))
    if not images:
        raise StrokeError(f"{path} shows no digit: all its drawings are blank or dots.")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    skipped = len(segments) - len(images)
    return Drawings(np.array(images), np.array(labels, np.uint8), path.name, sha256, skipped)
