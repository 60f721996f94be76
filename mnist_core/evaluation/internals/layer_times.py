"""How long each layer of a network takes for one image, measured on this machine."""

from __future__ import annotations

from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from mnist_core.config.progress import Report, no_report
from mnist_core.config.sizes import IMAGE_SIDE, MAX_LEVEL
from mnist_core.network.inference import (
    ACTIVATION_FUNCTIONS,
    Classifier,
    inputs_of,
    product,
)

PASSES = 51


def layer_times(classifier: Classifier, report: Report = no_report) -> NDArray[np.float64]:
    """The median time of each layer over `PASSES` forward passes of one image: weighted sums and
    activation function, without the softmax at the end. The time does not depend on the pixels.

    Args:
        classifier: The network.
        report: Called with the share done, 0 to 1.

    Returns:
        (layers,) float64, in seconds; the last is the output layer's.
    """
    image = np.full((1, IMAGE_SIDE, IMAGE_SIDE), MAX_LEVEL, np.uint8)
    names = (*classifier.activation_names, None)
    took = np.empty((PASSES, len(names)))
    for number in range(PASSES):
        values = inputs_of(image)
        for layer, name in enumerate(names):
            began = perf_counter()
            values = product(values, classifier.kernels[layer]) + classifier.biases[layer]
            if name:
                values = ACTIVATION_FUNCTIONS[name](values)
            took[number, layer] = perf_counter() - began
        report((number + 1) / PASSES)
    return np.median(took, axis=0)
