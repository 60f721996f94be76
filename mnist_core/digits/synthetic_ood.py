"""Made drawings that are no digits: what a network should refuse to name.

Each kind is drawn with strokes and goes through the Draw page's own preprocessing, or is made of
pixels and centred as MNIST is, so that nothing but the shape tells it from a digit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from mnist_core.config.sizes import IMAGE_SIDE, INK_SIDE
from mnist_core.digits import from_strokes, mnist_format
from mnist_core.digits.mnist_format import centre

# Capital and small letters that are no digit's shape as people write them, in a square of 4 × 4.
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
LEARNED = tuple(name for name in LETTERS if name not in HELD_OUT)

Maker = Callable[[np.random.Generator, NDArray[np.uint8]], "NDArray[np.uint8] | None"]


def make(kind: str, count: int, seed: int, digits: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Images of one kind of non-digits.

    Args:
        kind: A key of `KINDS`.
        count: How many.
        seed: The same seed gives the same images.
        digits: (n, 28, 28) uint8 to make pairs of.

    Returns:
        (count, 28, 28) uint8 in MNIST's form.
    """
    rng = np.random.default_rng(seed)
    images: list[NDArray[np.uint8]] = []
    while len(images) < count:
        image = KINDS[kind](rng, digits)
        if image is not None:
            images.append(image)
    return np.stack(images)


def _scribble(rng: np.random.Generator, _: NDArray) -> NDArray[np.uint8] | None:
    """A pen that wanders: speed and turning rate change smoothly."""
    steps = int(rng.integers(100, 240))
    turning = np.convolve(rng.normal(0, rng.uniform(0.3, 0.9), steps), np.ones(6) / 6, "same")
    direction = rng.uniform(0, 7) + turning.cumsum() + rng.uniform(-0.2, 0.2) * np.arange(steps)
    speed = 4 + 3 * np.sin(np.arange(steps) * rng.uniform(0.05, 0.3))
    way = np.stack([np.cos(direction), np.sin(direction)], axis=1) * speed[:, None]
    return from_strokes.image_from_strokes([way.cumsum(axis=0)])


def _zigzag(rng: np.random.Generator, _: NDArray) -> NDArray[np.uint8] | None:
    """To and fro, as one blackens a place."""
    turns = int(rng.integers(6, 14))
    x = np.where(np.arange(turns) % 2, 0, 100) + rng.normal(0, 12, turns)
    y = np.linspace(0, rng.uniform(40, 140), turns) + rng.normal(0, 6, turns)
    return from_strokes.image_from_strokes(
        [_turned(_walked(np.stack([x, y], axis=1)), rng.uniform(0, 7))]
    )


def _lines(rng: np.random.Generator, _: NDArray) -> NDArray[np.uint8] | None:
    """Strokes across each other, straight or slightly bent."""
    strokes = []
    for _ in range(int(rng.integers(3, 7))):
        start, stop = rng.uniform(0, 100, (2, 2))
        strokes.append(_walked(np.stack([start, (start + stop) / 2 + rng.normal(0, 8, 2), stop])))
    return from_strokes.image_from_strokes(strokes)


def _letter(
    rng: np.random.Generator, _: NDArray, names: Sequence[str] = LEARNED
) -> NDArray[np.uint8] | None:
    """A letter or a simple shape, unsteady, stretched and slightly turned."""
    strokes = LETTERS[str(rng.choice(names))]
    stretch = np.array([rng.uniform(0.6, 1.1), 1.0]) * 30
    lean = rng.normal(0, 0.12)
    lines = []
    for stroke in strokes:
        corners = np.array([[int(a), int(b)] for a, b in stroke.split()]) * stretch
        lines.append(_turned(_walked(corners + rng.normal(0, 4, corners.shape)), lean))
    return from_strokes.image_from_strokes(lines)


def _pair(rng: np.random.Generator, digits: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Two digits beside each other."""
    chosen = [_trimmed(digits[i]) for i in rng.integers(0, len(digits), 2)]
    height = max(len(part) for part in chosen)
    gap = np.zeros((height, int(rng.integers(1, 6))))
    parts = []
    for part in chosen:
        above = (height - len(part)) // 2
        parts.append(np.pad(part, ((above, height - len(part) - above), (0, 0))))
    return centre(mnist_format.shrunk(np.hstack([parts[0], gap, parts[1]]), INK_SIDE))


def _noise(rng: np.random.Generator, _: NDArray) -> NDArray[np.uint8]:
    """Random grey, from single pixels to blobs."""
    field = rng.random((IMAGE_SIDE, IMAGE_SIDE))
    for _ in range(int(rng.integers(0, 4))):
        field = sum(np.roll(field, shift, axis) for axis in (0, 1) for shift in (-1, 0, 1)) / 6
    field = (field - field.min()) / np.ptp(field)
    ink = np.clip((field - rng.uniform(0.3, 0.7)) * rng.uniform(1, 4), 0, 1)[:INK_SIDE, :INK_SIDE]
    return centre(ink)


# The kind that is held out is for measuring only.
KINDS: dict[str, Maker] = {
    "scribbles": _scribble,
    "zigzags": _zigzag,
    "crossing lines": _lines,
    "letters and shapes": _letter,
    "letters and shapes held out": partial(_letter, names=HELD_OUT),
    "digit pairs": _pair,
    "noise": _noise,
}


def _walked(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points along the lines between corners."""
    t = np.linspace(0, len(corners) - 1, 8 * (len(corners) - 1) + 1)
    places = np.arange(len(corners))
    return np.stack([np.interp(t, places, axis) for axis in corners.T], axis=1)


def _turned(points: NDArray[np.float64], angle: float) -> NDArray[np.float64]:
    cos, sin = np.cos(angle), np.sin(angle)
    return points @ np.array([[cos, sin], [-sin, cos]])


def _trimmed(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    rows, columns = (image.any(axis=axis).nonzero()[0] for axis in (1, 0))
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] / 255
