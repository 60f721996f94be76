"""Nearest neighbours of a digit among labelled ones, by a network's last hidden layer."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mnist_core.config.sizes import CLASSES
from mnist_core.network.inference import Classifier

Floats = NDArray[np.float32]

SPARE = 32
"""Candidates beyond those wanted whose distances are computed in full precision."""
LARGEST, TINY = 32767, np.float32(1e-30)  # of int16; so that a row of zeros divides
CHUNK = 4096  # images at a time, so that little memory is needed beside the features


class Neighbours(NamedTuple):
    """Digits, nearest first."""

    indices: NDArray[np.int64]  # (k,)
    distances: Floats  # (k,) Euclidean


class NeighbourIndex:
    """Finds the digits that a network's last hidden layer represents most like an image.

    The features of a label's digits are computed when they are first needed, and kept as 16-bit
    integers to save memory: 123 MB for the champion's 1,024 units and MNIST's 60,000 digits. They
    only select candidates; the distances that decide are computed from float32 features.
    Safe from several threads.
    """

    def __init__(
        self, classifier: Classifier, images: NDArray[np.uint8], labels: NDArray[np.uint8]
    ) -> None:
        """Prepare a search, without computing anything yet.

        Args:
            classifier: The network.
            images: (n, 28, 28) uint8.
            labels: (n,) uint8, 0 to 9.
        """
        self._classifier, self._images, self._labels = classifier, images, labels
        self._blocks: dict[int, _Block] = {}
        self._computing = threading.Lock()

    @property
    def size(self) -> int:
        """Bytes of all features, those that are not computed yet included."""
        return len(self._labels) * feature_count(self._classifier) * 2

    def nearest(
        self, image: NDArray[np.uint8], most: int, digits: Iterable[int] = range(CLASSES)
    ) -> Neighbours:
        """The digits nearest to an image by Euclidean distance.

        Args:
            image: (28, 28) uint8.
            most: How many are wanted; fewer if there are no more.
            digits: Labels to search among.
        """
        query = last_hidden_layer(self._classifier, image[np.newaxis])[0]
        blocks = [self._block(digit) for digit in digits]
        indices = np.concatenate([block.indices for block in blocks])
        # Squared distances without the term |query|², which is the same for all.
        keys = np.concatenate([block.squared - 2 * block.product(query) for block in blocks])
        count = min(most + SPARE, indices.size)
        candidates = indices[np.argpartition(keys, count - 1)[:count]] if count else indices
        features = last_hidden_layer(self._classifier, self._images[candidates])
        distances = np.linalg.norm(features - query, axis=1).astype(np.float32)
        order = np.lexsort((candidates, distances))[:most]
        return Neighbours(candidates[order], distances[order])

    def _block(self, digit: int) -> _Block:
        with self._computing:
            if digit not in self._blocks:
                self._blocks[digit] = self._computed(np.flatnonzero(self._labels == digit))
            return self._blocks[digit]

    def _computed(self, indices: NDArray[np.int64]) -> _Block:
        features = np.empty((indices.size, feature_count(self._classifier)), np.int16)
        scales, squared = np.empty((2, indices.size), np.float32)
        for start in range(0, indices.size, CHUNK):
            rows = slice(start, start + CHUNK)
            exact = last_hidden_layer(self._classifier, self._images[indices[rows]])
            scales[rows] = np.abs(exact).max(axis=1) / LARGEST + TINY
            features[rows] = np.rint(exact / scales[rows, np.newaxis])
            squared[rows] = np.einsum("ij,ij->i", exact, exact)
        return _Block(indices, features, scales, squared)


class _Block(NamedTuple):
    """The digits of one label; a row of features times its scale is what the layer gave."""

    indices: NDArray[np.int64]  # (k,)
    features: NDArray[np.int16]  # (k, units)
    scales: Floats  # (k,)
    squared: Floats  # (k,) squared lengths

    def product(self, query: Floats) -> Floats:
        """(k,) inner products with a (units,) vector."""
        return (self.features.astype(np.float32) @ query) * self.scales


def last_hidden_layer(classifier: Classifier, images: NDArray[np.uint8]) -> Floats:
    """The features of images: outputs of the last hidden layer, after its activation function.

    Args:
        classifier: The network.
        images: (n, 28, 28) uint8.

    Returns:
        (n, units) float32; of a network without hidden layers the pixels, 0 to 1.
    """
    layers = classifier.activations(images)
    if layers:
        return layers[-1]
    return np.asarray(images.reshape(len(images), -1) / np.float32(255), np.float32)


def feature_count(classifier: Classifier) -> int:
    """Units of `last_hidden_layer`."""
    return len(classifier.kernels[-1])
