"""Synthetic out-of-distribution images: what is not a digit, and should be rejected as such.

Each kind is drawn with strokes and goes through the Draw page's own preprocessing, or is made of
pixels and centred as MNIST is, so that nothing but its shape tells it from a digit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from mnist_core.config.sizes import IMAGE_SIDE, INK_SIDE
from mnist_core.digits.from_strokes import image_from_strokes
from mnist_core.digits.mnist_format import Ink, centre_mass, crop, scale
from mnist_core.digits.strokes import Stroke

# Letters that look like no digit as people write them, and shapes: each stroke a list of corners
# "xy" in a square of 4 × 4.
LETTERS = {
    "A": ["04 20 44", "13 33"],
    "E": ["40 00 04 44", "02 32"],
    "F": ["40 00 04", "02 32"],
    "H": ["00 04", "40 44", "02 42"],
    "K": ["00 04", "40 02 44"],
    "M": ["04 00 23 40 44"],
    "N": ["04 00 44 40"],
    "P": ["04 00 31 02"],
    "R": ["04 00 31 02 44"],
    "T": ["00 40", "20 24"],
    "V": ["00 24 40"],
    "W": ["00 14 22 34 40"],
    "X": ["00 44", "40 04"],
    "Y": ["00 22 40", "22 24"],
    "a": ["41 10 03 24 42", "40 44"],
    "h": ["00 04", "02 21 42 44"],
    "k": ["00 04", "31 02 34"],
    "m": ["01 04", "02 11 22 24", "22 31 42 44"],
    "n": ["01 04", "02 21 42 44"],
    "r": ["01 04", "02 21 41"],
    "u": ["00 03 24 43", "40 44"],
    "w": ["00 03 14 23 20 23 34 43 40"],
    "triangle": ["20 44 04 20"],
    "square": ["00 40 44 04 00"],
    "star": ["20 34 01 41 14 20"],
    "arrow": ["04 40", "10 40 43"],
    "plus": ["20 24", "02 42"],
    "hash": ["10 14", "30 34", "01 41", "03 43"],
    "heart": ["21 10 01 24 41 30 21"],
    "house": ["04 01 20 41 44 04", "01 41"],
}

HELD_OUT = tuple(LETTERS)[::4]
"""Letters and shapes for measuring only."""
LEARNED = tuple(name for name in LETTERS if name not in HELD_OUT)
"""Letters and shapes to train on."""

Images = NDArray[np.uint8]
Maker = Callable[[np.random.Generator, Images], Images | None]
"""Makes one image, with (n, 28, 28) digits at hand, or None where it came out as a dot."""


def make(kind: str, count: int, seed: int, digits: Images) -> Images:
    """Non-digits of one kind.

    Args:
        kind: A key of `KINDS`.
        count: How many.
        seed: The same seed gives the same images.
        digits: (n, 28, 28) uint8, of which pairs are made.

    Returns:
        (count, 28, 28) uint8 in MNIST's form.
    """
    rng = np.random.default_rng(seed)
    images: list[Images] = []
    while len(images) < count:
        image = KINDS[kind](rng, digits)
        if image is not None:
            images.append(image)
    return np.stack(images)


def _scribble(rng: np.random.Generator, digits: Images) -> Images | None:
    """A pen that wanders: speed and turning rate change smoothly."""
    steps = int(rng.integers(100, 240))
    turning = np.convolve(rng.normal(0, rng.uniform(0.3, 0.9), steps), np.ones(6) / 6, "same")
    direction = rng.uniform(0, 7) + turning.cumsum() + rng.uniform(-0.2, 0.2) * np.arange(steps)
    speed = 4 + 3 * np.sin(np.arange(steps) * rng.uniform(0.05, 0.3))
    way = np.stack([np.cos(direction), np.sin(direction)], axis=1) * speed[:, None]
    return image_from_strokes([way.cumsum(axis=0)])


def _zigzag(rng: np.random.Generator, digits: Images) -> Images | None:
    """Back and forth, as one blackens an area."""
    turns = int(rng.integers(6, 14))
    x = np.where(np.arange(turns) % 2, 0, 100) + rng.normal(0, 12, turns)
    y = np.linspace(0, rng.uniform(40, 140), turns) + rng.normal(0, 6, turns)
    return image_from_strokes([_turned(_walked(np.stack([x, y], axis=1)), rng.uniform(0, 7))])


def _lines(rng: np.random.Generator, digits: Images) -> Images | None:
    """Strokes that cross each other, straight or slightly bent."""
    strokes = []
    for _ in range(int(rng.integers(3, 7))):
        start, stop = rng.uniform(0, 100, (2, 2))
        strokes.append(_walked(np.stack([start, (start + stop) / 2 + rng.normal(0, 8, 2), stop])))
    return image_from_strokes(strokes)


def _letter(
    rng: np.random.Generator, digits: Images, names: Sequence[str] = LEARNED
) -> Images | None:
    """A letter or a simple shape, unsteady, stretched and slightly turned."""
    strokes = LETTERS[str(rng.choice(names))]
    stretch = np.array([rng.uniform(0.6, 1.1), 1.0]) * 30
    lean = rng.normal(0, 0.12)
    lines = []
    for stroke in strokes:
        corners = np.array([[int(xy[0]), int(xy[1])] for xy in stroke.split()]) * stretch
        lines.append(_turned(_walked(corners + rng.normal(0, 4, corners.shape)), lean))
    return image_from_strokes(lines)


def _pair(rng: np.random.Generator, digits: Images) -> Images:
    """Two digits side by side."""
    chosen = [crop(digits[i] / 255) for i in rng.integers(0, len(digits), 2)]
    height = max(len(part) for part in chosen)
    gap = np.zeros((height, int(rng.integers(1, 6))))
    parts = []
    for part in chosen:
        above = (height - len(part)) // 2
        parts.append(np.pad(part, ((above, height - len(part) - above), (0, 0))))
    return centre_mass(scale(np.hstack([parts[0], gap, parts[1]])))


def _noise(rng: np.random.Generator, digits: Images) -> Images:
    """Random grey, from single pixels to blobs."""
    field: Ink = rng.random((IMAGE_SIDE, IMAGE_SIDE))
    for _ in range(int(rng.integers(0, 4))):
        shifted = [np.roll(field, shift, axis) for axis in (0, 1) for shift in (-1, 0, 1)]
        field = np.sum(shifted, axis=0) / 6
    field = (field - field.min()) / np.ptp(field)
    ink = np.clip((field - rng.uniform(0.3, 0.7)) * rng.uniform(1, 4), 0, 1)[:INK_SIDE, :INK_SIDE]
    return centre_mass(ink)


KINDS: dict[str, Maker] = {
    "scribbles": _scribble,
    "zigzags": _zigzag,
    "crossing lines": _lines,
    "letters and shapes": _letter,
    "letters and shapes held out": partial(_letter, names=HELD_OUT),
    "digit pairs": _pair,
    "noise": _noise,
}
"""A maker for each kind; the one that is held out is for measuring only."""


def _walked(corners: NDArray[np.float64]) -> Stroke:
    """Eight points along each line between corners."""
    t = np.linspace(0, len(corners) - 1, 8 * (len(corners) - 1) + 1)
    places = np.arange(len(corners))
    return np.stack([np.interp(t, places, axis) for axis in corners.T], axis=1)


def _turned(points: Stroke, angle: float) -> Stroke:
    """Rotated about the origin by so many radians."""
    cos, sin = np.cos(angle), np.sin(angle)
    return points @ np.array([[cos, sin], [-sin, cos]])
