"""Features of digits: what a network's last hidden layer makes of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mnist_core.network.inference import Classifier, inputs_of

Floats = NDArray[np.float32]


def last_hidden_layer(classifier: Classifier, images: NDArray[np.uint8]) -> Floats:
    """The features of images: outputs of the last hidden layer, after its activation function.

    Args:
        classifier: The network.
        images: (n, 28, 28) uint8.

    Returns:
        (n, units) float32; for a network without hidden layers, the pixels from 0 to 1.
    """
    layers = classifier.activations(images)
    return layers[-1] if layers else inputs_of(images)


def principal_axes(features: Floats, most: int) -> tuple[Floats, Floats]:
    """Principal component analysis (Pearson 1901): the components are (features - mean) @ axes.

    Args:
        features: (n, units) float32.
        most: How many axes are wanted, at least 1.

    Returns:
        The features' mean, (units,) float32, and the directions of greatest variance, (units, k)
        float32, orthonormal, k being `most` or `units`, whichever is less. Signs are chosen so that
        each axis' largest coordinate is positive, which makes them the same on every machine.
    """
    from scipy.linalg import eigh  # not needed to open a page

    mean = features.mean(axis=0, dtype=np.float64)
    centred, units = features - mean, len(mean)
    strongest = [max(units - most, 0), units - 1]  # eigh orders eigenvalues from the smallest up
    axes = eigh(centred.T @ centred, subset_by_index=strongest)[1][:, ::-1]
    largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=0)[np.newaxis], axis=0)
    return mean.astype(np.float32), np.asarray(axes * np.sign(largest), np.float32, order="C")
