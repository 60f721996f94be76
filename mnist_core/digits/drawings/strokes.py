"""What a stroke is, and the limits of a drawing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mnist_core.errors import DigitLabError

Stroke = NDArray[np.float64]
"""The path of the pen from when it is put down until it is lifted: (n, 2) floats, x and y with y
pointing down, n at least 1. A drawing is a list of strokes."""

MAX_STROKES = 1_000
MAX_POINTS = 10_000
MAX_COORDINATE = 100_000.0


class StrokeError(DigitLabError, ValueError):
    """A drawing can't be read; the message says where, what was found and what is expected."""


def spline(points: Stroke, steps: int, *, closed: bool = False) -> Stroke:
    """The Catmull-Rom spline through n points; n is at least 2.

    Args:
        steps: How many points of the curve there are from each given point to the next.
        closed: Whether the last point equals the first; the curve then has no corner there.

    Returns:
        (steps · (n - 1) + 1, 2).
    """
    before_first, after_last = 2 * points[0] - points[1], 2 * points[-1] - points[-2]
    if closed:
        before_first, after_last = points[-2], points[1]
    padded = np.concatenate([[before_first], points, [after_last]])
    a, b, c, d = padded[:-3, None], padded[1:-2, None], padded[2:-1, None], padded[3:, None]
    t = np.arange(steps)[:, None] / steps
    curve = 0.5 * (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    )
    return np.concatenate([curve.reshape(-1, 2), points[-1:]])
