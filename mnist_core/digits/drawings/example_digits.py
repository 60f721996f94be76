"""The ten digits drawn with a pen, by hand for this app: what "Show me one" draws on the canvas,
and what the units of the living network are chosen by."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from mnist_core.config.sizes import CLASSES
from mnist_core.digits.drawings.from_strokes import CANVAS_SIDE
from mnist_core.digits.drawings.strokes import Stroke, spline

# Points that the pen went through: x and y in percent of the canvas' side, a line for each stroke.
_DRAWN = {
    0: "51 19, 38 25, 31 42, 31 60, 38 75, 50 81, 63 75, 70 59, 69 40, 62 24, 50 19",
    1: "42 31, 52 20, 51 36, 50 52, 49 67, 48 82",
    2: "33 34, 39 23, 51 19, 63 26, 64 39, 56 52, 44 65, 33 78, 44 77, 56 77, 69 78",
    3: "34 26, 45 19, 58 20, 63 31, 57 42, 45 47, 58 49, 66 60, 62 74, 49 81, 34 75",
    4: "41 19, 37 33, 32 51, 32 56, 46 56, 60 55, 72 54; 60 34, 59 50, 58 66, 56 83",
    5: "39 22, 37 34, 36 45, 48 42, 60 47, 66 58, 62 72, 50 80, 34 76; 39 22, 52 21, 66 20",
    6: "60 19, 48 30, 39 45, 35 62, 40 76, 52 81, 63 73, 62 60, 51 54, 40 59, 36 66",
    7: "31 22, 43 22, 55 22, 68 22, 61 37, 54 52, 48 67, 44 82",
    8: "61 27, 50 19, 39 27, 42 40, 55 51, 64 64, 58 77, 45 80, 36 69, 41 56, 55 43, 62 32, 60 26",
    9: "63 32, 53 21, 41 25, 36 38, 43 49, 55 46, 63 33, 62 48, 59 65, 54 82",
}
NEAR_PIXELS = 6  # canvas pixels; the pen's places are whole pixels of the screen


def strokes(digit: int) -> list[Stroke]:
    """A digit, 0 to 9, in canvas pixels."""
    return [
        spline(np.array([point.split() for point in line.split(",")], float), 6) * CANVAS_SIDE / 100
        for line in _DRAWN[digit].split(";")
    ]


def digit_of(drawn: Sequence[Stroke]) -> int | None:
    """The digit that "Show me one" has drawn, or has begun to draw, with these strokes; None if a
    visitor drew them.

    Args:
        drawn: In canvas pixels.
    """
    for digit, example in enumerate(all_digits()):
        if 0 < len(drawn) <= len(example) and all(map(_alike, drawn, example)):
            return digit
    return None


def _alike(one: Stroke, other: Stroke) -> bool:
    """Whether each stroke has a point near every point of the other."""
    apart = np.linalg.norm(one[:, None] - other[None], axis=2)
    return bool(max(apart.min(axis=0).max(), apart.min(axis=1).max()) < NEAR_PIXELS)


@cache  # each stroke on the canvas asks for them
def all_digits() -> tuple[tuple[Stroke, ...], ...]:
    """The digits 0 to 9, each as its strokes in canvas pixels."""
    return tuple(tuple(strokes(digit)) for digit in range(CLASSES))
