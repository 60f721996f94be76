"""A forward pass in numbers that can be checked by hand: weighted sums and softmax.

All of it is computed in float64 from the network's own weights; batch normalization is folded into
them (see `network.folding`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mnist_core.network.gradients import Pass, forward
from mnist_core.network.inference import ACTIVATION_FUNCTIONS, Classifier, inputs_of

Doubles = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class WeightedSum:
    """What a unit computes: inputs × weights, summed, plus a bias, through an activation function.

    Attributes:
        inputs: (n,) float64, pixels from 0 to 1 or the outputs of the layer before.
        weights: (n,) float64.
        bias: Added to the sum.
        activation: One of `config.ACTIVATIONS`; "" for an output, whose sum is a logit.
    """

    inputs: Doubles
    weights: Doubles
    bias: float
    activation: str

    @property
    def products(self) -> Doubles:
        """(n,), each input times its weight."""
        return self.inputs * self.weights

    @property
    def positive(self) -> float:
        """The sum of the products above 0."""
        return float(self.products[self.products > 0].sum())

    @property
    def negative(self) -> float:
        """The sum of the products below 0."""
        return float(self.products[self.products < 0].sum())

    @property
    def total(self) -> float:
        """The weighted sum with its bias."""
        return self.positive + self.negative + self.bias

    @property
    def output(self) -> float:
        """The activation function's value at the total; for an output, the total itself."""
        return self._activated(self.total)

    def output_text(self, places: int = 3) -> str:
        """The last step in writing: "f(−0.400) = −0.138", with "≈" where the activation function of
        the rounded sum rounds to a different figure."""
        of_rounded = number_text(self._activated(round(self.total, places)), places)
        shown = number_text(self.output, places)
        sign = "=" if of_rounded == shown else "≈"
        return f"f({number_text(self.total, places)}) {sign} {shown}"

    def _activated(self, total: float) -> float:
        if not self.activation:
            return total
        return float(ACTIVATION_FUNCTIONS[self.activation](np.array(total)))


@dataclass(frozen=True, eq=False)
class Softmax:
    """From ten logits to ten probabilities.

    Attributes:
        logits: (10,) float64.
        temperature: What the logits are divided by, above 0.
    """

    logits: Doubles
    temperature: float

    @property
    def scaled(self) -> Doubles:
        """(10,), the logits divided by the temperature."""
        return self.logits / self.temperature

    @property
    def powers(self) -> Doubles:
        """(10,), e to the power of each scaled logit minus the largest one: subtracting that
        changes no probability, and keeps the powers from overflowing."""
        return np.exp(self.scaled - self.scaled.max())

    @property
    def probabilities(self) -> Doubles:
        """(10,), each power's share of their sum."""
        return self.powers / self.powers.sum()


def forward_pass(classifier: Classifier, image: NDArray[np.uint8]) -> Pass:
    """The forward pass of one image, (28, 28) uint8, in float64."""
    return forward(classifier, inputs_of(image[np.newaxis]).astype(np.float64))


def weighted_sum(classifier: Classifier, values: Pass, layer: int, unit: int) -> WeightedSum:
    """What a unit computes in a forward pass.

    Args:
        classifier: The network.
        values: The forward pass, from `forward_pass`.
        layer: 0 for the first hidden layer; the last is the output layer.
        unit: Its number in the layer, from 0.
    """
    names = classifier.activation_names
    return WeightedSum(
        values.outputs[layer][0],
        classifier.kernels[layer][:, unit].astype(np.float64),
        float(classifier.biases[layer][unit]),
        names[layer] if layer < len(names) else "",
    )


def sum_text(parts: Sequence[float], total: float, places: int = 3) -> str:
    """A sum written out: "2.310 − 1.040 + 0.050 = 1.320".

    The sign before the total is "=" if the rounded figures add up to it, and "≈" if rounding makes
    the last digit differ.

    Args:
        parts: What is added, at least one.
        total: Their sum.
        places: Digits after the point.
    """
    scale = 10**places
    exact = sum(round(part * scale) for part in parts) == round(total * scale)
    first, *others = parts
    text = number_text(first, places)
    for part in others:
        sign = "−" if round(part * scale) < 0 else "+"
        text += f" {sign} {abs(part):.{places}f}"
    return f"{text} {'=' if exact else '≈'} {number_text(total, places)}"


def number_text(value: float, places: int = 3) -> str:
    """A number with a proper minus sign (U+2212), but no minus if it rounds to zero."""
    return f"{value:z.{places}f}".replace("-", "−")


def product_text(first: float, second: float, product: float, places: int = 3) -> str:
    """A product written out: "2.310 × −0.400 = −0.924", with "≈" if the product of the rounded
    figures rounds to a different one."""
    figures = number_text(first, places), number_text(second, places)
    exact = (
        f"{round(first, places) * round(second, places):z.{places}f}" == f"{product:z.{places}f}"
    )
    return f"{' × '.join(figures)} {'=' if exact else '≈'} {number_text(product, places)}"
