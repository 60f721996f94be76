"""A network of random weights for tests."""

from itertools import pairwise

import numpy as np

from mnist_core.network.inference import Classifier


def network(activation: str, bias: float = 0.1) -> Classifier:
    """Two hidden layers of random weights."""
    rng = np.random.default_rng(0)
    widths = (784, 12, 8, 10)
    pairs = list(pairwise(widths))
    return Classifier(
        kernels=tuple(rng.normal(0, a**-0.5, (a, b)).astype(np.float32) for a, b in pairs),
        biases=tuple(np.full(b, bias, np.float32) for _, b in pairs),
        activation_names=(activation, activation),
    )
