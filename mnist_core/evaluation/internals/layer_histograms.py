"""How the weights and activations of a layer are distributed, after each stored epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mnist_core.evaluation.internals.units import common_edges, histogram
from mnist_core.network.inference import Classifier


@dataclass(frozen=True, eq=False)
class Histograms:
    """Several histograms with the same bins.

    Attributes:
        edges: (bins + 1,) float64, ascending; values beyond them count in the outer bins.
        shares: By name, the share of the values in each bin: (bins,) float64, summing to 1.
        zeros: By name, the share of the values that are at most 0.
    """

    edges: NDArray[np.float64]
    shares: Mapping[str, NDArray[np.float64]]
    zeros: Mapping[str, float]


def layer_histograms(
    classifiers: Mapping[str, Classifier], layer: int, images: NDArray[np.uint8]
) -> tuple[Histograms, Histograms | None]:
    """Histograms of a layer's weights, and of its activations for some images.

    Args:
        classifiers: The same network at several points of its training, by name.
        layer: 0 for the first hidden layer; the last is the output layer.
        images: (n, 28, 28) uint8, at least one.

    Returns:
        The weights, without biases; and the activations, or None for the output layer, which has
        none.
    """
    weights = {name: network.kernels[layer] for name, network in classifiers.items()}
    some = next(iter(classifiers.values()))
    if layer == len(some.activation_names):
        return _histograms_of(weights), None
    outputs = {name: network.activations(images)[layer] for name, network in classifiers.items()}
    return _histograms_of(weights), _histograms_of(outputs)


def _histograms_of(values: Mapping[str, NDArray[np.float32]]) -> Histograms:
    edges = common_edges(list(values.values()))
    return Histograms(
        edges,
        {name: histogram(array, edges) for name, array in values.items()},
        {name: float((array <= 0).mean()) for name, array in values.items()},
    )
