"""Splitting labelled digits into training and validation sets."""

import numpy as np


def validation_split(
    labels: np.ndarray, fraction: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Split training digits for validation, with every digit's share kept.

    Args:
        labels: (n,) training labels. The test set has no part in this.
        fraction: share of the validation part, from 0 to less than 1.
        seed: the same seed gives the same split.

    Returns:
        Sorted indices for training and for validation, together 0 to n - 1.

    Raises:
        ValueError: the fraction is out of range.
    """
    if not 0 <= fraction < 1:
        raise ValueError(f"fraction should be from 0 to less than 1 and is {fraction}.")
    return stratified(np.asarray(labels), fraction, seed)


def stratified(labels: np.ndarray, fraction: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the larger and of the smaller part; of n digits, n·fraction are in the smaller.

    The classes are laid end to end in random order and cut at equal steps, so that each class and
    the whole both have their share to within one digit.
    """
    order = np.random.default_rng(seed).permutation(len(labels))
    order = order[np.argsort(labels[order], kind="stable")]
    ticks = np.floor(np.arange(len(labels) + 1) * fraction + 0.5)
    chosen = np.diff(ticks) > 0
    return np.sort(order[~chosen]), np.sort(order[chosen])
