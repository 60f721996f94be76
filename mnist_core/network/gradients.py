"""Forward and backward pass in NumPy, with all intermediate results.

`inference.Classifier` only predicts; here the weighted sums are stored, and the chain rule leads
from the gradient at the logits back to every weight and pixel (Rumelhart, Hinton & Williams 1986).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf, expit

from mnist_core.config.config import LEAKY_RELU_SLOPE
from mnist_core.network.inference import ACTIVATION_FUNCTIONS, Classifier, product

Floats = NDArray[np.floating]
_ROOT_2, _ROOT_2_PI = np.float32(np.sqrt(2)), np.float32(np.sqrt(2 * np.pi))

DERIVATIVES: dict[str, Callable[[Floats], Floats]] = {
    "relu": lambda z: (z > 0).astype(z.dtype),
    "leaky_relu": lambda z: np.where(z > 0, 1, LEAKY_RELU_SLOPE).astype(z.dtype),
    "elu": lambda z: np.exp(np.minimum(z, 0)),
    "gelu": lambda z: (1 + erf(z / _ROOT_2)) / 2 + z * np.exp(-z * z / 2) / _ROOT_2_PI,
    "silu": lambda z: expit(z) * (1 + z * (1 - expit(z))),
    "tanh": lambda z: 1 - np.tanh(z) ** 2,
    "sigmoid": lambda z: expit(z) * (1 - expit(z)),
}
"""Derivatives of `ACTIVATION_FUNCTIONS` at z, an array of any shape."""


@dataclass(frozen=True, eq=False)
class Pass:
    """What a network computes for n images, layer by layer.

    Attributes:
        outputs: The inputs, (n, 784), followed by each hidden layer's outputs, (n, units).
        sums: Each layer's weighted sums with their biases, (n, units); the last are the logits.
    """

    outputs: tuple[Floats, ...]
    sums: tuple[Floats, ...]

    @property
    def logits(self) -> Floats:
        """The logits, (n, classes)."""
        return self.sums[-1]


def forward(classifier: Classifier, inputs: Floats) -> Pass:
    """Compute a network's outputs with all intermediate results.

    Args:
        classifier: The network.
        inputs: (n, 784), 0 (paper) to 1 (ink). If they are float64, all is computed in float64.
    """
    outputs, sums = [inputs], []
    for number, (kernel, bias) in enumerate(
        zip(classifier.kernels, classifier.biases, strict=True)
    ):
        sums.append(product(outputs[-1], kernel) + bias)
        if number < len(classifier.activation_names):
            outputs.append(ACTIVATION_FUNCTIONS[classifier.activation_names[number]](sums[-1]))
    return Pass(tuple(outputs), tuple(sums))


def backward(classifier: Classifier, passed: Pass, at_logits: Floats) -> list[Floats]:
    """The gradient with respect to each layer's weighted sums, (n, units), by the chain rule.

    A layer's kernel then has the gradient `passed.outputs[layer].T @ gradient`, and its bias the
    sum of `gradient` over the images.

    Args:
        classifier: The network.
        passed: The result of `forward`.
        at_logits: (n, classes), the gradient with respect to the logits.
    """
    found = [at_logits]
    layers = zip(classifier.kernels[1:], passed.sums, classifier.activation_names, strict=False)
    for kernel, sums, name in reversed(list(layers)):
        found.append(product(found[-1], kernel.T) * DERIVATIVES[name](sums))
    return found[::-1]


def at_inputs(classifier: Classifier, passed: Pass, at_logits: Floats) -> Floats:
    """The gradient with respect to the inputs, (n, 784); for the arguments see `backward`."""
    return product(backward(classifier, passed, at_logits)[0], classifier.kernels[0].T)
