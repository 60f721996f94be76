"""MNIST's form: crop, scale to 20 pixels, centre by mass in 28×28."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from mnist_core.config.sizes import IMAGE_SIDE


@dataclass(frozen=True, eq=False)
class Step:
    """One step from the drawing to the network's input.

    Attributes:
        name: "drawing", "crop", "20×20", "centre of mass" or "28×28".
        caption: what was done, in a sentence.
        image: (h, w) uint8, 0 is paper and 255 is ink.
    """

    name: str
    caption: str
    image: np.ndarray = field(repr=False)


@dataclass(frozen=True, eq=False)
class Digit:
    """What the network sees.

    Attributes:
        image: (28, 28) uint8 in MNIST's form.
        ink: (h, w) from 0 to 1, at most 20 a side: what `image` was before it was centred.
        first_steps: makes the steps up to `ink`.
    """

    image: np.ndarray = field(repr=False)
    ink: np.ndarray = field(repr=False)
    first_steps: Callable[[], tuple[Step, ...]] = field(repr=False)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """How it came about, made when asked for; the last step's image is `image`."""
        by_box_image = boxed(grey_levels(self.ink))
        right, down = _middle_of_mass(by_box_image) - IMAGE_SIDE / 2
        where = f"{abs(right):.1f} px to the {'right' if right > 0 else 'left'} and "
        where += f"{abs(down):.1f} px {'below' if down > 0 else 'above'} the middle"
        by_box = f"In the middle by its box, its mass lies {where}."
        by_mass = "Moved by whole pixels: its mass is in the middle, as in MNIST."
        return (
            *self.first_steps(),
            Step("centre of mass", by_box, by_box_image),
            Step("28×28", by_mass, self.image),
        )


@dataclass(frozen=True)
class NothingToClassify:
    """There is no single digit to look at.

    Attributes:
        reason: a sentence for the visitor.
        kind: "blank", "dot", "several" or "unreadable".
        in_short: a few words, for where there is no room for a sentence.
    """

    reason: str
    kind: str
    in_short: str = ""


BLANK = NothingToClassify("There is nothing drawn.", "blank")
DOT = NothingToClassify("This is only a dot; draw a digit, larger.", "dot", "only a dot")
SEVERAL = NothingToClassify(
    "There are several digits here; show one at a time.", "several", "several digits"
)


def fitted(image: np.ndarray) -> np.ndarray:
    """A picture of any size shrunk or enlarged to fill the network's field.

    Args:
        image: (h, w) uint8.

    Returns:
        (28, 28) uint8, in the middle, its proportions kept.
    """
    return boxed(grey_levels(np.clip(shrunk(image / 255, IMAGE_SIDE), 0, 1)))


def boxed(image: np.ndarray) -> np.ndarray:
    """(28, 28): an image of at most 28 a side with its box in the middle."""
    boxed = np.zeros((IMAGE_SIDE, IMAGE_SIDE), np.uint8)
    height, width = image.shape
    top, left = (IMAGE_SIDE - height) // 2, (IMAGE_SIDE - width) // 2
    boxed[top : top + height, left : left + width] = image
    return boxed


# From ink to the network's input


def grey_levels(ink: np.ndarray) -> np.ndarray:
    """Ink from 0 to 1 as uint8 from 0 to 255."""
    return np.rint(ink * 255).astype(np.uint8)


def _middle_of_mass(image: np.ndarray) -> np.ndarray:
    """x and y of the centre of mass, pixel centres at +0.5."""
    mass = image.astype(float)
    columns, rows = mass.sum(axis=0), mass.sum(axis=1)
    pixel = np.arange(IMAGE_SIDE) + 0.5
    return np.array([columns @ pixel, rows @ pixel]) / mass.sum()


def shrunk(ink: np.ndarray, side: int) -> np.ndarray:
    """Area-resample (h, w) ink so that the longer side becomes `side`."""
    scale = side / max(ink.shape)
    height, width = (max(1, round(size * scale)) for size in ink.shape)
    return _area_means(_area_means(ink, height).T, width).T


def _area_means(ink: np.ndarray, size: int) -> np.ndarray:
    """Means over `size` equal parts of the rows, a row cut by a part's edge in proportion."""
    cells = len(ink)
    edges = np.arange(size + 1) * cells / size
    row = np.minimum(edges.astype(int), cells - 1)
    above = np.concatenate([np.zeros((1, ink.shape[1])), ink.cumsum(axis=0, dtype=float)])
    return np.diff(above[row] + (edges - row)[:, None] * ink[row], axis=0) * size / cells


def centre(ink: np.ndarray) -> np.ndarray:
    """Place ink in the 28×28 field as MNIST does, its centre of mass in the middle.

    The ink moves by whole pixels, to int(15 - centre of mass) with pixel centres at +0.5, and
    what would lie outside of the field is cut off (QMNIST: Yadav and Bottou 2019).

    Args:
        ink: (h, w) floats from 0 (paper) to 1 (ink), at most 28 a side, some of it not 0.

    Returns:
        (28, 28) uint8.
    """
    field_, total = np.zeros((IMAGE_SIDE, IMAGE_SIDE), np.uint8), ink.sum()
    placed = np.rint(ink * 255).astype(np.uint8)
    target, part = [], []
    for axis, size in enumerate(ink.shape):
        mass = ink.sum(axis=1 - axis)
        offset = int(np.floor(15 - (mass @ (np.arange(size) + 0.5)) / total))
        start, stop = max(offset, 0), min(offset + size, IMAGE_SIDE)
        target.append(slice(start, stop))
        part.append(slice(start - offset, stop - offset))
    field_[tuple(target)] = placed[tuple(part)]
    return field_
