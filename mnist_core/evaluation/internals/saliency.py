"""Saliency: which pixels speak for one digit and which for another, by gradient × input."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mnist_core.config.sizes import IMAGE_SIDE
from mnist_core.network import gradients
from mnist_core.network.inference import Classifier, inputs_of

Floats = NDArray[np.float32]


def gradient(
    classifier: Classifier, image: NDArray[np.uint8], preferred: int, other: int
) -> Floats:
    """The gradient of the difference of two digits' logits with respect to the pixels.

    Args:
        classifier: The network.
        image: (28, 28) uint8, 0 is paper and 255 is ink.
        preferred, other: The difference is logit[preferred] - logit[other].

    Returns:
        (28, 28) float32, for pixels measured from 0 (paper) to 1 (ink).
    """
    at_logits = np.zeros((1, classifier.classes), np.float32)
    at_logits[0, preferred] += 1
    at_logits[0, other] -= 1
    passed = gradients.forward(classifier, inputs_of(image[np.newaxis]))
    at_pixels = gradients.at_inputs(classifier, passed, at_logits)
    return at_pixels.reshape(IMAGE_SIDE, IMAGE_SIDE).astype(np.float32)


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
