"""Saliency: which pixels speak for one digit and which for another, by gradient × input."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf, expit

from mnist_core.config.config import LEAKY_RELU_SLOPE
from mnist_core.config.sizes import IMAGE_SIDE
from mnist_core.network.inference import ACTIVATION_FUNCTIONS, Classifier, inputs_of

Floats = NDArray[np.float32]
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


def gradient(
    classifier: Classifier, image: NDArray[np.uint8], preferred: int, other: int
) -> Floats:
    """Gradient of the difference of two digits' logits with respect to the pixels.

    Args:
        classifier: The network.
        image: (28, 28) uint8, 0 is paper and 255 is ink.
        preferred, other: The difference is logit[preferred] - logit[other].

    Returns:
        (28, 28) float32, for pixels measured from 0 (paper) to 1 (ink).
    """
    (outputs,) = inputs_of(image[np.newaxis])
    slopes = []
    layers = zip(classifier.kernels, classifier.biases, classifier.activation_names, strict=False)
    for kernel, bias, name in layers:
        z = outputs @ kernel + bias
        slopes.append(DERIVATIVES[name](z))
        outputs = ACTIVATION_FUNCTIONS[name](z)
    back = classifier.kernels[-1][:, preferred] - classifier.kernels[-1][:, other]
    for kernel, slope in zip(reversed(classifier.kernels[:-1]), reversed(slopes), strict=True):
        back = kernel @ (slope * back)
    return back.reshape(IMAGE_SIDE, IMAGE_SIDE).astype(np.float32)


def gradient_times_input(
    classifier: Classifier, image: NDArray[np.uint8], preferred: int, other: int
) -> Floats:
    """What each pixel's ink contributes to the preference for one digit over another.

    The method "gradient × input" (Shrikumar et al. 2016, arXiv 1605.01713): positive where the
    ink speaks for `preferred`, negative where it speaks for `other`, 0 on paper. With ReLU or
    leaky ReLU the contributions sum to the difference of the logits minus what the biases add.

    Returns:
        (28, 28) float32; arguments as for `gradient`.
    """
    ink = inputs_of(image[np.newaxis]).reshape(image.shape)
    return gradient(classifier, image, preferred, other) * ink
