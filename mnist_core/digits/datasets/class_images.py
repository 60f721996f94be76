"""What the images of each digit have in common: mean and spread, and which are most and least like
the mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mnist_core.config.progress import Report, no_report
from mnist_core.config.sizes import INPUTS, MAX_LEVEL

EXTREME = 6  # images of a digit that are most, and least, typical


@dataclass(frozen=True, eq=False)
class ClassImages:
    """The images of one digit.

    Attributes:
        mean: (28, 28) uint8, the mean level of each pixel.
        spread: (28, 28) uint8, the standard deviation of each pixel's level, doubled, so that the
            largest possible one, 127.5, becomes 255.
        typical, atypical: (k,) int64, indices of the images nearest to the mean, nearest first, and
            farthest from it, farthest first, by Euclidean distance of the pixels.
    """

    mean: NDArray[np.uint8]
    spread: NDArray[np.uint8]
    typical: NDArray[np.int64]
    atypical: NDArray[np.int64]


def class_images(
    images: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    report: Report = no_report,
) -> dict[int, ClassImages]:
    """Summarize the images of each digit that occurs.

    Args:
        images: (n, 28, 28) uint8.
        labels: (n,) uint8, their digits.
        report: Called with the share done, 0 to 1.
    """
    by_class = {}
    classes = int(labels.max()) + 1
    for digit in range(classes):
        indices = np.flatnonzero(labels == digit)
        if indices.size:
            by_class[digit] = _images_of_class(images[indices], indices)
        report((digit + 1) / classes)
    return by_class


def _images_of_class(images: NDArray[np.uint8], indices: NDArray[np.int64]) -> ClassImages:
    side = images.shape[1:]
    pixels = images.reshape(-1, INPUTS).astype(np.float32)
    mean = pixels.mean(axis=0, dtype=np.float64)
    pixels -= mean.astype(np.float32)
    spread = np.sqrt(np.mean(pixels**2, axis=0, dtype=np.float64))
    order = indices[np.argsort(np.einsum("ij,ij->i", pixels, pixels), kind="stable")]
    return ClassImages(
        np.rint(mean).astype(np.uint8).reshape(side),
        np.rint(np.minimum(2 * spread, MAX_LEVEL)).astype(np.uint8).reshape(side),
        order[:EXTREME],
        order[::-1][:EXTREME],
    )
