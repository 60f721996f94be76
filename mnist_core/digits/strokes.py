"""Drawings as strokes: from the canvas' Fabric.js JSON and from UNIPEN text.

A stroke is the path of the pen from down to up: an (n, 2) float64 array of x, y with y downwards,
n at least 1. A drawing is a list of strokes.
"""

from mnist_core.errors import DigitLabError

MAX_STROKES = 1_000
MAX_POINTS = 10_000
MAX_COORDINATE = 100_000.0


class StrokeError(DigitLabError, ValueError):
    """A drawing can't be read; the message says where, what was found and what is expected."""
