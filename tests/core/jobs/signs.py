"""A handwriting that no network has learned: a sign for each digit."""

from __future__ import annotations

import numpy as np

from mnist_core.digits.drawings.user_drawings import Drawing

SIGNS = (
    "0,9 0,0 9,9 9,0", "0,0 9,0 0,9 9,9", "0,0 5,9 9,0", "0,9 5,0 9,9", "0,9 0,0 5,5 9,0 9,9",
    "0,0 2,9 5,4 7,9 9,0", "0,0 0,9 9,9 9,0", "9,0 0,0 0,9 9,9", "9,0 0,0 0,5 9,5 0,5 0,9 9,9",
    "0,0 9,0 5,0 5,9",
)  # fmt: skip


def drawn(label: int, seed: int = 0) -> Drawing:
    """The sign that stands for a digit in this handwriting, with an unsteady hand."""
    points = np.array([pair.split(",") for pair in SIGNS[label].split()], float)
    shaken = 60 + 18 * points + np.random.default_rng((label, seed)).normal(0, 6, points.shape)
    return Drawing((shaken,), label, None, "base")


def twice(rounds: int = 2) -> list[Drawing]:
    return [drawn(label, seed) for seed in range(rounds) for label in range(10)]
