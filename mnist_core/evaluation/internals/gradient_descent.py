"""Gradient descent on a single digit: how far a step moves the weights, and how predictions
change."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp, softmax

from mnist_core.config.progress import Report, no_report
from mnist_core.network.gradients import backward, forward
from mnist_core.network.inference import Classifier, inputs_of

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class LayerUpdate:
    """How far one step moves a layer's weights.

    Attributes:
        weights: How many parameters the layer has, biases included.
        distance: The step's length (Euclidean norm).
        share: The step's length divided by the norm of the layer's parameters before it.
        largest: The largest change of a single parameter.
    """

    weights: int
    distance: float
    share: float
    largest: float


@dataclass(frozen=True, eq=False)
class Descent:
    """Some steps of gradient descent on one digit.

    Attributes:
        probabilities: (k + 1, 10) float32, before the first step and after each of k steps: the
            softmax of the logits, not calibrated. k is less than the steps asked for if the weights
            grew beyond what float32 holds.
        losses: (k + 1,) float64, -log of the target's probability.
        accuracies: (k + 1,) float64, the share of the other digits that are classified correctly.
        moved: For each layer, how far the first step moves it.
        exploded: Whether the weights grew beyond what float32 holds.
    """

    probabilities: Floats
    losses: NDArray[np.float64]
    accuracies: NDArray[np.float64]
    moved: tuple[LayerUpdate, ...]
    exploded: bool

    def flips_after(self, target: int) -> int | None:
        """The number of steps after which the target is the most likely digit; None if it never
        is."""
        found = np.flatnonzero(self.probabilities.argmax(axis=1) == target)
        return int(found[0]) if found.size else None


@dataclass(frozen=True, eq=False)
class ReferenceDigits:
    """Digits that show how learning one digit affects the rest.

    Attributes:
        images: (n, 28, 28) uint8, at least one.
        labels: (n,) uint8, the images' digits.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]


def descend(
    classifier: Classifier,
    image: NDArray[np.uint8],
    target: int,
    rate: float,
    steps: int,
    others: ReferenceDigits,
    report: Report = no_report,
) -> Descent:
    """Plain gradient descent: each step subtracts rate × gradient from every weight and bias.

    The loss is the cross-entropy of this one digit; its gradient with respect to the logits is
    p − y. The given network itself is not changed.

    Args:
        classifier: The network; batch normalization is folded into its weights.
        image: (28, 28) uint8.
        target: The digit to learn, 0 to 9.
        rate: The learning rate, above 0.
        steps: How many, at least 1.
        others: Digits on which the accuracy is measured; nothing is learned from them.
        report: Called with the share done, 0 to 1.
    """
    inputs = inputs_of(image[np.newaxis])
    wanted = np.eye(classifier.classes, dtype=np.float32)[[target]]
    now, probabilities, losses, accuracies = classifier, [], [], []
    moved: tuple[LayerUpdate, ...] = ()
    with np.errstate(over="ignore", invalid="ignore"):
        for step in range(steps + 1):
            passed = forward(now, inputs)
            if not np.isfinite(passed.logits).all():
                break
            probabilities.append(softmax(passed.logits[0].astype(np.float64)))
            losses.append(float(logsumexp(passed.logits[0] - passed.logits[0, target])))
            accuracies.append(now.accuracy(others.images, others.labels))
            if step == steps:
                break
            error = (probabilities[-1] - wanted).astype(np.float32)
            gradients = backward(now, passed, error)
            if not moved:
                layers = zip(now.kernels, now.biases, passed.outputs, gradients, strict=True)
                moved = tuple(_weight_changes(*layer, rate) for layer in layers)
            now = _after_step(now, passed.outputs, gradients, np.float32(rate))
            report((step + 1) / steps)
    return Descent(
        np.array(probabilities, np.float32),
        np.array(losses),
        np.array(accuracies),
        moved,
        len(losses) <= steps,
    )


def _after_step(
    classifier: Classifier, outputs: tuple[NDArray, ...], gradients: list[NDArray], rate: np.float32
) -> Classifier:
    kernels = tuple(
        kernel - np.outer(rate * before, gradient)
        for kernel, before, gradient in zip(classifier.kernels, outputs, gradients, strict=True)
    )
    biases = tuple(
        bias - rate * gradient[0]
        for bias, gradient in zip(classifier.biases, gradients, strict=True)
    )
    return Classifier(kernels, biases, classifier.activation_names)


def _weight_changes(
    kernel: Floats, bias: Floats, before: NDArray, gradient: NDArray, rate: float
) -> LayerUpdate:
    """How far a step moves a layer. The kernel's gradient is an outer product, whose length is the
    product of its factors' lengths."""
    reach = np.append(before[0].astype(np.float64), 1.0)  # the bias' input is 1
    step = rate * gradient[0].astype(np.float64)
    distance = float(np.linalg.norm(reach) * np.linalg.norm(step))
    length = float(np.hypot(np.linalg.norm(kernel), np.linalg.norm(bias)))
    return LayerUpdate(
        kernel.size + bias.size,
        distance,
        distance / length if length else np.inf,
        float(np.abs(reach).max() * np.abs(step).max()),
    )
