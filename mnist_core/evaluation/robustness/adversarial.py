"""Adversarial images: the smallest change of an image that changes the network's prediction.

There are two methods: the fast gradient sign method (FGSM; Goodfellow, Shlens & Szegedy 2015, arXiv
1412.6572), which takes one step against the network, and projected gradient descent (PGD; Madry et
al. 2018, arXiv 1706.06083), which takes many small ones. Epsilon is the largest change of
any pixel (the maximum norm). All images are ones that a network can really be given: 28×28 whole
levels from 0 to 255.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from mnist_core.config.sizes import IMAGE_SIDE, MAX_LEVEL
from mnist_core.network import gradients
from mnist_core.network.inference import Classifier, inputs_of

Method = Literal["fgsm", "pgd"]
Levels = NDArray[np.uint8]
Floats = NDArray[np.float32]

PGD_STEPS = 20
TOTAL_STEPS = 2.5
"""The length of all steps of PGD together, as a multiple of epsilon, as in the paper."""


@dataclass(frozen=True, eq=False)
class AdversarialImage:
    """An image changed so that the network's prediction is a different one.

    Attributes:
        image: (28, 28) uint8.
        epsilon: The largest change of a pixel, 1 to 255 levels.
        predicted: What the network now predicts, 0 to 9.
    """

    image: Levels
    epsilon: int
    predicted: int


def smallest_change(
    classifier: Classifier, image: Levels, method: Method, target: int | None = None
) -> AdversarialImage | None:
    """The weakest change by this method that changes the prediction.

    FGSM tries every epsilon. PGD searches by bisection, so it may miss a smaller epsilon that works
    where the ones around it do not.

    Args:
        classifier: The network.
        image: (28, 28) uint8.
        method: "fgsm" or "pgd".
        target: The digit that is to be predicted instead; None for any other.

    Returns:
        None if no change up to 255 levels does it, or if the target is predicted already.
    """
    before = int(classifier.logits(image[np.newaxis])[0].argmax())
    if target == before:
        return None
    if method == "fgsm":
        tried = _fgsm(classifier, image, before, target)
        return _first_that_turns(classifier, image, tried, before, target)
    smallest, weak, strong = None, 0, MAX_LEVEL
    while weak < strong:
        epsilon = (weak + strong) // 2
        changed = pgd(classifier, image, before, epsilon, target)
        turned = _first_that_turns(classifier, image, changed[np.newaxis], before, target)
        if turned:
            smallest, strong = turned, epsilon
        else:
            weak = epsilon + 1
    return smallest


def pgd(
    classifier: Classifier, image: Levels, before: int, epsilon: int, target: int | None = None
) -> Levels:
    """Change an image by PGD, which starts at the image and changes no pixel by more than
    epsilon.

    Args:
        classifier: The network.
        image: (28, 28) uint8.
        before: The digit to lead away from.
        epsilon: 0 to 255 levels.
        target: The digit to lead to; None for any other.

    Returns:
        (28, 28) uint8, whole levels.
    """
    start = inputs_of(image[np.newaxis])
    reach = np.float32(epsilon / MAX_LEVEL)
    low, high = np.maximum(start - reach, 0), np.minimum(start + reach, 1)
    now = start
    for _ in range(PGD_STEPS):
        step = _direction(classifier, now, before, target) * (TOTAL_STEPS * reach / PGD_STEPS)
        now = np.clip(now + step, low, high).astype(np.float32)
    return _levels(now)[0]


def _fgsm(classifier: Classifier, image: Levels, before: int, target: int | None) -> Levels:
    """The image changed by each epsilon from 1 to 255, (255, 28, 28) uint8."""
    start = inputs_of(image[np.newaxis])
    epsilons = np.arange(1, MAX_LEVEL + 1, dtype=np.float32)[:, np.newaxis] / MAX_LEVEL
    return _levels(np.clip(start + epsilons * _direction(classifier, start, before, target), 0, 1))


def _direction(classifier: Classifier, inputs: Floats, before: int, target: int | None) -> Floats:
    """The direction in which to change each pixel, -1, 0 or 1: towards a higher loss for the digit
    predicted before, or towards a lower one for the target.

    The gradient of the loss with respect to the logits is p − y. It is divided by 1 − p of y's
    digit, which changes no sign but keeps it from vanishing where the network is almost certain.
    """
    digit = before if target is None else target
    passed = gradients.forward(classifier, inputs)
    others = passed.logits.copy()
    others[:, digit] = -np.inf
    at_logits = softmax(others, axis=1)
    at_logits[:, digit] = -1
    at_pixels = np.sign(gradients.at_inputs(classifier, passed, at_logits))
    return at_pixels if target is None else -at_pixels


def _levels(inputs: Floats) -> Levels:
    """Inputs from 0 to 1 as images of whole levels, (n, 28, 28) uint8."""
    levels = np.rint(inputs * MAX_LEVEL).astype(np.uint8)
    return levels.reshape(-1, IMAGE_SIDE, IMAGE_SIDE)


def _first_that_turns(
    classifier: Classifier, image: Levels, tried: Levels, before: int, target: int | None
) -> AdversarialImage | None:
    """The first of the images, (n, 28, 28) uint8, that fools the network; None if none does."""
    predicted = classifier.logits(tried).argmax(axis=1)
    turned = np.flatnonzero(predicted != before if target is None else predicted == target)
    if not turned.size:
        return None
    found = tried[turned[0]]
    epsilon = int(np.abs(found.astype(int) - image).max())
    return AdversarialImage(found, epsilon, int(predicted[turned[0]]))
