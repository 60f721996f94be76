"""What a stroke is, and the limits of a drawing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mnist_core.errors import DigitLabError

Stroke = NDArray[np.float64]
"""The path of the pen from down to up: (n, 2), x and y with y downwards, n at least 1. A drawing is
a list of strokes."""

MAX_STROKES = 1_000
MAX_POINTS = 10_000
MAX_COORDINATE = 100_000.0


class StrokeError(DigitLabError, ValueError):
    """A drawing can't be read; the message says where, what was found and what is expected."""
