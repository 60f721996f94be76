"""Splitting labelled digits into training and validation sets."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]


def validation_split(
    labels: NDArray[np.integer], fraction: float, seed: int
) -> tuple[Indices, Indices]:
    """Split the training digits, with each class in the same proportion.

    Args:
        labels: (n,) integers, the training labels. The test set has no part in this.
        fraction: Share of the digits for validation, at least 0 and less than 1.
        seed: The same seed gives the same split.

    Returns:
        Sorted indices of the training and of the validation digits, together 0 to n - 1.

    Raises:
        ValueError: The fraction is out of range.
    """
    if not 0 <= fraction < 1:
        raise ValueError(f"fraction should be from 0 to less than 1 and is {fraction}.")
    return stratified_split(np.asarray(labels), fraction, seed)


def stratified_split(
    labels: NDArray[np.integer], fraction: float, seed: int
) -> tuple[Indices, Indices]:
    """Sorted indices of two parts, the second with n·fraction of the n digits.

    The classes are laid end to end, each in random order, and every (1 / fraction)-th digit is
    taken for the second part, so that its share of each class and of the whole is right to within
    one digit.
    """
    order = np.random.default_rng(seed).permutation(len(labels))
    order = order[np.argsort(labels[order], kind="stable")]
    ticks = np.floor(np.arange(len(labels) + 1) * fraction + 0.5)
    chosen = np.diff(ticks) > 0
    return np.sort(order[~chosen]), np.sort(order[chosen])
