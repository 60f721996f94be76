"""What single units of a network respond to, and how predictions change without them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mnist_core.config.progress import Report, in_chunks, no_report
from mnist_core.network.inference import ACTIVATION_FUNCTIONS, Classifier

Floats = NDArray[np.float32]

EXTREME = 10  # digits listed for each unit: so many that excite it most, and as many that do least
HISTOGRAM_BINS = 60


@dataclass(frozen=True, eq=False)
class LayerActivity:
    """How the units of a hidden layer respond to n digits of some classes.

    Attributes:
        active: (classes, units) float32, the share of each class's digits for which the unit's
            output is above 0; NaN for a class without digits.
        most, least: (k, units) int64, the indices of the digits that excite each unit most and
            least, the most extreme first; k is `EXTREME` or n, whichever is less.
        highest, lowest: (units,) float32, each unit's largest and smallest output.
    """

    active: Floats
    most: NDArray[np.int64]
    least: NDArray[np.int64]
    highest: Floats
    lowest: Floats

    @property
    def dead(self) -> NDArray[np.int64]:
        """The numbers of the units whose output is the same for all digits or never above 0,
        ascending."""
        return np.flatnonzero((self.highest <= 0) | (self.highest - self.lowest < 1e-6))


@dataclass(frozen=True, eq=False)
class Ablation:
    """What a network predicts when the output of a unit is set to 0.

    Attributes:
        before, after: (n,) uint8, the predicted digits with the unit and without it.
        logit_effect: (classes,) float32, what the unit adds to each logit, averaged over the
            digits, minus the mean over the classes: only differences between logits matter to
            softmax.
    """

    before: NDArray[np.uint8]
    after: NDArray[np.uint8]
    logit_effect: Floats

    @property
    def changed(self) -> NDArray[np.int64]:
        """Indices of the digits that are predicted differently without the unit, ascending."""
        return np.flatnonzero(self.before != self.after)


def activity(
    classifier: Classifier,
    images: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    report: Report = no_report,
) -> list[LayerActivity]:
    """Measure how the units of each hidden layer respond to digits.

    Args:
        classifier: The network.
        images: (n, 28, 28) uint8, at least one.
        labels: (n,) uint8, the images' digits.
        report: Called with the share done, 0 to 1.
    """
    widths = [len(bias) for bias in classifier.biases[:-1]]
    active = [np.zeros((classifier.classes, width)) for width in widths]
    # The most extreme outputs of each unit so far, and the images they belong to.
    best = [_Extremes(width) for width in widths]
    worst = [_Extremes(width) for width in widths]
    for chunk in in_chunks(len(images), report):
        numbers, one_hot = np.arange(len(images))[chunk], np.eye(classifier.classes)[labels[chunk]]
        for layer, values in enumerate(classifier.activations(images[chunk])):
            active[layer] += one_hot.T @ (values > 0)
            best[layer].add(-values, numbers)
            worst[layer].add(values, numbers)
    counts = np.bincount(labels, minlength=classifier.classes)[:, np.newaxis]
    with np.errstate(invalid="ignore"):
        shares = [(sums / counts).astype(np.float32) for sums in active]
    return [
        LayerActivity(share, high.numbers, low.numbers, -high.values[0], low.values[0])
        for share, high, low in zip(shares, best, worst, strict=True)
    ]


class _Extremes:
    """The smallest values of each unit so far, ascending, and the images they belong to."""

    def __init__(self, width: int) -> None:
        self.values = np.empty((0, width), np.float32)
        self.numbers = np.empty((0, width), np.int64)

    def add(self, values: Floats, numbers: NDArray[np.int64]) -> None:
        """Add values, (n, units), for the images with these indices, (n,)."""
        names = np.broadcast_to(numbers[:, np.newaxis], values.shape)
        values = np.concatenate([self.values, values])
        names = np.concatenate([self.numbers, names])
        if len(values) > EXTREME:
            few = np.argpartition(values, EXTREME, axis=0)[:EXTREME]
            values = np.take_along_axis(values, few, axis=0)
            names = np.take_along_axis(names, few, axis=0)
        order = np.argsort(values, axis=0, kind="stable")
        self.values = np.take_along_axis(values, order, axis=0)
        self.numbers = np.take_along_axis(names, order, axis=0)


def ablate(
    classifier: Classifier,
    images: NDArray[np.uint8],
    layer: int,
    unit: int,
    report: Report = no_report,
) -> Ablation:
    """Compare what a network predicts with a unit and with the unit's output set to 0.

    Args:
        classifier: The network.
        images: (n, 28, 28) uint8, at least one.
        layer: 0 for the first hidden layer.
        unit: Its number in the layer, from 0.
        report: Called with the share done, 0 to 1.
    """
    before, after, pushed = [], [], np.zeros(classifier.classes)
    for chunk in in_chunks(len(images), report):
        outputs = classifier.activations(images[chunk])[layer]
        silenced = outputs.copy()
        silenced[:, unit] = 0
        logits, less = (_logits_from(classifier, layer + 1, x) for x in (outputs, silenced))
        before.append(logits.argmax(axis=1))
        after.append(less.argmax(axis=1))
        pushed += (logits - less).sum(axis=0, dtype=np.float64)
    mean = pushed / len(images)
    return Ablation(
        np.concatenate(before).astype(np.uint8),
        np.concatenate(after).astype(np.uint8),
        (mean - mean.mean()).astype(np.float32),
    )


def _logits_from(classifier: Classifier, layer: int, outputs: Floats) -> Floats:
    """The logits, (n, classes), that a layer and the layers after it compute from its inputs, (n,
    inputs)."""
    names = (*classifier.activation_names[layer:], None)
    for kernel, bias, name in zip(
        classifier.kernels[layer:], classifier.biases[layer:], names, strict=True
    ):
        outputs = outputs @ kernel + bias
        if name:
            outputs = ACTIVATION_FUNCTIONS[name](outputs)
    return outputs


def histogram(values: NDArray[np.floating], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """The share of the values in each bin, (bins,), summing to 1; values beyond the outer edges
    count in the outer bins.

    Args:
        values: Of any shape, at least one.
        edges: (bins + 1,), ascending.
    """
    counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
    return counts / values.size


def common_edges(of_all: list[NDArray[np.floating]]) -> NDArray[np.float64]:
    """Edges of bins that several histograms can share, (`HISTOGRAM_BINS` + 1,), ascending. At
    least 99.5 % of the values of each histogram lie between them."""
    ends = np.array([np.quantile(values, (0.0025, 0.9975)) for values in of_all])
    low, high = float(ends[:, 0].min()), float(ends[:, 1].max())
    if low == high:
        low, high = low - 1, high + 1
    return np.linspace(low, high, HISTOGRAM_BINS + 1)
