"""The offline sample: scikit-learn's 1,797 digits in MNIST's form, for when MNIST can't be had."""

import numpy as np

from mnist_core.config.sizes import INK_SIDE
from mnist_core.digits.dataset import Dataset
from mnist_core.digits.mnist_format import centre
from mnist_core.digits.splits import stratified


def load_sample(warnings: tuple[str, ...] = ()) -> Dataset:
    """The offline sample: scikit-learn's 1,797 digits of 8×8 brought to MNIST's form.

    The split into 1,438 for training and 359 for testing is stratified and always the same. The
    digits are UCI's "Optical Recognition of Handwritten Digits" (Alpaydin, Kaynak; CC BY 4.0).
    """
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = np.stack([_enlarge(image / 16) for image in digits.images])
    labels = digits.target.astype(np.uint8)
    train, test = stratified(labels, 0.2, seed=0)
    arrays = (images[train], labels[train], images[test], labels[test])
    for array in arrays:
        array.setflags(write=False)
    source = "scikit-learn's load_digits: 1,797 digits of 8×8 pixels, enlarged"
    return Dataset("sample", *arrays, source=source, warnings=warnings)


def _enlarge(image: np.ndarray) -> np.ndarray:
    """An 8×8 image with values from 0 to 1 as (28, 28) uint8 in MNIST's form."""
    rows, columns = image.any(axis=1).nonzero()[0], image.any(axis=0).nonzero()[0]
    ink = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = INK_SIDE / max(ink.shape)
    height, width = (max(1, round(side * scale)) for side in ink.shape)
    smooth = _interpolation(height, len(ink)) @ ink @ _interpolation(width, ink.shape[1]).T
    # Cells are half covered at a stroke's edge: a steeper ramp gives MNIST's firm strokes back.
    return centre(np.clip(2 * smooth - 0.5, 0, 1))


def _interpolation(size: int, cells: int) -> np.ndarray:
    """(size, cells) matrix of linear interpolation between the cells' centres, 0 outside."""
    position = (np.arange(size) + 0.5) * cells / size - 0.5
    return np.clip(1 - abs(position[:, None] - np.arange(cells)), 0, None)
