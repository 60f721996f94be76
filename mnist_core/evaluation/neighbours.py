"""Nearest neighbours by the last hidden layer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mnist_core.evaluation.saliency import Floats
from mnist_core.network.inference import Classifier


def nearest(features: Floats, of: Floats, most: int) -> tuple[NDArray[np.int64], Floats]:
    """The rows of `features` that are nearest to the vector `of`, by Euclidean distance.

    Args:
        features: (n, units) float32.
        of: (units,) float32.
        most: How many are wanted; all, where there are fewer.

    Returns:
        Their places, nearest first, and their distances.
    """
    # The part that is the same for all rows is left out of the squared distance.
    squared = np.einsum("ij,ij->i", features, features) - 2 * (features @ of)
    most = min(most, len(features))
    places = np.argpartition(squared, most - 1)[:most] if most else np.empty(0, np.int64)
    distances = np.linalg.norm(features[places] - of, axis=1)
    order = np.argsort(distances, kind="stable")
    return places[order], distances[order]


def last_hidden_layer(classifier: Classifier, images: NDArray[np.uint8]) -> Floats:
    """(n, units) float32: the last hidden layer; the pixels, 0 to 1, of a network without one."""
    layers = classifier.activations(images)
    return layers[-1] if layers else images.reshape(len(images), -1).astype(np.float32) / 255
