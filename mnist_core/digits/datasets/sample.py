"""The offline sample: scikit-learn's 1,797 digits in MNIST's form, used if MNIST can't be had."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mnist_core.config.sizes import INK_SIDE
from mnist_core.digits.datasets.dataset import Dataset
from mnist_core.digits.datasets.splits import stratified_split
from mnist_core.digits.mnist_format import Ink, centre_mass, crop


def load_sample(warnings: tuple[str, ...] = ()) -> Dataset:
    """UCI's "Optical Recognition of Handwritten Digits" (Alpaydin, Kaynak; CC BY 4.0) from
    scikit-learn, 8×8 pixels each, brought to MNIST's form.

    The split is always the same, and stratified: 1,438 for training and 359 for testing.

    Args:
        warnings: Why MNIST can't be had, for `Dataset.warnings`.
    """
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = np.stack([_enlarge(image / 16) for image in digits.images])
    labels = digits.target.astype(np.uint8)
    train, test = stratified_split(labels, 0.2, seed=0)
    arrays = (images[train], labels[train], images[test], labels[test])
    for array in arrays:
        array.setflags(write=False)
    source = "scikit-learn's load_digits: 1,797 digits of 8×8 pixels, enlarged"
    return Dataset("sample", *arrays, source=source, warnings=warnings)


def _enlarge(image: Ink) -> NDArray[np.uint8]:
    """An 8×8 image as (28, 28) uint8 in MNIST's form."""
    ink = crop(image)
    factor = INK_SIDE / max(ink.shape)
    height, width = (max(1, round(side * factor)) for side in ink.shape)
    smooth = _interpolation(height, len(ink)) @ ink @ _interpolation(width, ink.shape[1]).T
    # Cells at the edge of a stroke are half covered; a steeper ramp makes strokes as solid as
    # MNIST's.
    return centre_mass(np.clip(2 * smooth - 0.5, 0, 1))


def _interpolation(size: int, cells: int) -> NDArray[np.float64]:
    """Linear interpolation between the cells' centres, 0 outside, as a (size, cells) matrix."""
    position = (np.arange(size) + 0.5) * cells / size - 0.5
    return np.clip(1 - abs(position[:, None] - np.arange(cells)), 0, None)
