"""Digits drawn with an unsteady hand, for comparing the browser's answers with Python's."""

from __future__ import annotations

import numpy as np

from mnist_core.digits.drawings.strokes import Stroke
from tests.browser.conftest import DIGITS

# Strokes in units of the canvas' side, as in `DIGITS`.
LOOPS = {
    5: [[(0.66, 0.22), (0.4, 0.22), (0.37, 0.46), (0.56, 0.45), (0.66, 0.58), (0.6, 0.75),
         (0.44, 0.8), (0.32, 0.73)]],
    6: [[(0.6, 0.18), (0.42, 0.36), (0.35, 0.62), (0.44, 0.8), (0.6, 0.78), (0.66, 0.62),
         (0.55, 0.52), (0.38, 0.6)]],
    8: [[(0.62, 0.28), (0.48, 0.2), (0.38, 0.32), (0.5, 0.48), (0.64, 0.64), (0.52, 0.8),
         (0.37, 0.68), (0.5, 0.48), (0.62, 0.28)]],
    9: [[(0.62, 0.34), (0.48, 0.22), (0.36, 0.36), (0.46, 0.5), (0.62, 0.38), (0.61, 0.6),
         (0.56, 0.82)]],
}  # fmt: skip


def drawings(count: int, seed: int = 0) -> list[list[Stroke]]:
    """Digits of all ten kinds, turned, stretched and drawn with an unsteady hand."""
    rng = np.random.default_rng(seed)
    kinds = list((DIGITS | LOOPS).values())
    made = []
    for i in range(count):
        size, turn = rng.uniform(60, 260, 2), rng.normal(0, 0.15)
        rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        strokes = []
        for corners in kinds[i % len(kinds)]:
            points = [
                start + (stop - start) * step / 8
                for start, stop in zip(np.array(corners[:-1]), np.array(corners[1:]), strict=True)
                for step in range(9)
            ]
            shaky = np.array(points) - 0.5 + rng.normal(0, 0.006, (len(points), 2))
            strokes.append(shaky @ rotation.T * size + 140)
        made.append(strokes)
    return made
