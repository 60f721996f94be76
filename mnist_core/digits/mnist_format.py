"""MNIST's form: ink cropped, scaled to 20 pixels and centred by its mass in 28×28.

This follows MNIST's authors: crop to the ink, shrink by area until the longer side has 20 pixels,
and shift by whole pixels until the centre of mass is in the middle. The exact rounding is that of
QMNIST's reconstruction (Yadav and Bottou 2019, "Cold Case: The Lost MNIST Digits"). In the browser
pages/components/draw/live/mnist_format.js does the same while the pen is down; both are tested
against tests/javascript/golden.json.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mnist_core.config.sizes import IMAGE_SIDE, INK_SIDE, MAX_LEVEL

Ink = NDArray[np.floating]
"""(h, w) from 0 (paper) to 1 (ink)."""

MASS_OFFSET = IMAGE_SIDE // 2 + 1
"""Ink is placed at floor(MASS_OFFSET - its centre of mass), which puts the centre of mass into the
half-open interval (14, 15], in coordinates in which the first pixel's centre is at 0.5."""


@dataclass(frozen=True, eq=False)
class Step:
    """One step from the drawing to the network's input.

    Attributes:
        name: "Drawing", "Crop", …; in `Digit.steps` with its number: "1 Drawing".
        caption: What was done, in a sentence.
        image: (h, w) uint8, 0 is paper and 255 is ink.
    """

    name: str
    caption: str
    image: NDArray[np.uint8] = field(repr=False)


Shade = Literal["dark", "light"]


@dataclass(frozen=True)
class Assumed:
    """What was assumed when a picture was read; the visitor can correct it.

    Attributes:
        ink: Whether the ink is darker or lighter than the paper.
        turned: Degrees clockwise by which the picture was turned: 0, 90, 180 or 270.
        guessed: Whether it was turned because it reads better that way, rather than because the
            camera's data say so.
    """

    ink: Shade
    turned: int = 0
    guessed: bool = False


@dataclass(frozen=True, eq=False)
class Digit:
    """A single digit as the network sees it.

    Attributes:
        image: (28, 28) uint8 in MNIST's form.
        ink: (h, w), at most 20 pixels a side: what `image` was before it was centred.
        first_steps: Returns the steps that lead to `ink`, without their numbers.
        assumed: How a picture was read; None for a drawing, where nothing has to be assumed.
    """

    image: NDArray[np.uint8] = field(repr=False)
    ink: Ink = field(repr=False)
    first_steps: Callable[[], tuple[Step, ...]] = field(repr=False)
    assumed: Assumed | None = None

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """All steps, numbered, computed when first asked for; the last one's image is `image`."""
        centred = centre_box(grey_levels(self.ink))
        right, down = _centre_of_mass(centred) - IMAGE_SIDE / 2
        across = f"{abs(right):.1f} px {'right' if right > 0 else 'left'} of"
        above = f"{abs(down):.1f} px {'below' if down > 0 else 'above'}"
        box = f"The centre of mass is {across} and {above} the middle."
        mass = "Shifted by whole pixels, so that the centre of mass is in the middle, as in MNIST."
        steps = (
            *self.first_steps(),
            Step("Centre the box", box, centred),
            Step("Shift to the centre of mass", mass, self.image),
        )
        return tuple(
            replace(step, name=f"{number} {step.name}") for number, step in enumerate(steps, 1)
        )


@dataclass(frozen=True)
class NothingToClassify:
    """The answer where there is no single digit.

    Attributes:
        reason: A sentence for the visitor.
        kind: Which kind of reason it is.
        in_short: The reason in a few words, for places without room for a sentence.
    """

    reason: str
    kind: Literal["blank", "dot", "several", "unreadable"]
    in_short: str = ""


BLANK = NothingToClassify("Nothing is drawn yet.", "blank")
DOT = NothingToClassify("This is only a dot. Draw a larger digit.", "dot", "only a dot")
SEVERAL = NothingToClassify(
    "There seem to be several digits here, but they can't be told apart. Leave more room between "
    "them.",
    "several",
    "several digits",
)


def crop(ink: Ink, threshold: float = 0.0) -> Ink:
    """Crop to the box of the pixels above a threshold; there must be at least one."""
    inked = ink > threshold
    rows, columns = (np.flatnonzero(inked.any(axis=axis)) for axis in (1, 0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def scale(ink: Ink, side: int = INK_SIDE) -> Ink:
    """Resample by area so that the longer side has `side` pixels."""
    factor = side / max(ink.shape)
    height, width = (max(1, round(size * factor)) for size in ink.shape)
    return resample(ink, height, width)


def resample(ink: Ink, height: int, width: int) -> Ink:
    """Resample to (height, width): each pixel is the mean of the area that it covers."""
    return _area_means(_area_means(ink, height).T, width).T


def centre_box(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Place an image of at most 28 pixels a side in the middle: (28, 28) uint8."""
    field_ = np.zeros((IMAGE_SIDE, IMAGE_SIDE), np.uint8)
    height, width = image.shape
    top, left = (IMAGE_SIDE - height) // 2, (IMAGE_SIDE - width) // 2
    field_[top : top + height, left : left + width] = image
    return field_


def centre_mass(ink: Ink) -> NDArray[np.uint8]:
    """Place ink with its centre of mass in the middle: (28, 28) uint8; what then lies outside is
    cut off.

    Args:
        ink: At most 28 pixels a side, not blank.
    """
    field_, total = np.zeros((IMAGE_SIDE, IMAGE_SIDE), np.uint8), ink.sum()
    target, part = [], []
    for axis, size in enumerate(ink.shape):
        mass = ink.sum(axis=1 - axis)
        offset = int(np.floor(MASS_OFFSET - (mass @ (np.arange(size) + 0.5)) / total))
        start, stop = max(offset, 0), min(offset + size, IMAGE_SIDE)
        target.append(slice(start, stop))
        part.append(slice(start - offset, stop - offset))
    field_[tuple(target)] = grey_levels(ink)[tuple(part)]
    return field_


def fill_field(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Scale an image's longer side to 28 pixels and place it in the middle: (28, 28) uint8."""
    return centre_box(grey_levels(np.clip(scale(image / MAX_LEVEL, IMAGE_SIDE), 0, 1)))


def grey_levels(ink: Ink) -> NDArray[np.uint8]:
    """Ink as uint8: 0 is paper and 255 is full ink."""
    return np.rint(ink * MAX_LEVEL).astype(np.uint8)


def _centre_of_mass(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """x and y in a (28, 28) image, the first pixel's centre being at 0.5."""
    mass = image.astype(float)
    columns, rows = mass.sum(axis=0), mass.sum(axis=1)
    pixel = np.arange(IMAGE_SIDE) + 0.5
    return np.array([columns @ pixel, rows @ pixel]) / mass.sum()


def _area_means(ink: Ink, size: int) -> Ink:
    """Means of the rows over `size` equal bands; a row that a band's edge cuts counts in
    proportion."""
    cells = len(ink)
    edges = np.arange(size + 1) * cells / size
    row = np.minimum(edges.astype(int), cells - 1)
    above = np.concatenate([np.zeros((1, ink.shape[1])), ink.cumsum(axis=0, dtype=float)])
    return np.diff(above[row] + (edges - row)[:, None] * ink[row], axis=0) * size / cells
