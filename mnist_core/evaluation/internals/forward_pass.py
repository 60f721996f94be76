"""A forward pass in numbers that can be checked by hand: weighted sums, batch normalization,
activation functions and softmax.

All of it is computed in float64 from the network's own weights, as they are in its Keras file;
where there is none, from those into which batch normalization is folded (see `network.folding`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mnist_core.network import folding
from mnist_core.network.folding import LayerWeights
from mnist_core.network.inference import (
    ACTIVATION_FUNCTIONS,
    Classifier,
    faults_named,
    inputs_of,
    product,
)

Floats = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Normalization:
    """Batch normalization once training is over (Ioffe & Szegedy 2015):
    gamma × (x − mean) ÷ √(variance + epsilon) + beta.

    Attributes:
        gamma, beta, mean, variance: (units,) float64, or a single unit's, ().
        epsilon: Above 0.
    """

    gamma: Floats
    beta: Floats
    mean: Floats
    variance: Floats
    epsilon: float

    def of_unit(self, unit: int) -> Normalization:
        """That of a single unit of the layer."""
        return Normalization(
            self.gamma[unit], self.beta[unit], self.mean[unit], self.variance[unit], self.epsilon
        )

    def standardized(self, values: Floats) -> Floats:
        """(…, units) values less the mean, in standard deviations."""
        return (values - self.mean) / np.sqrt(self.variance + self.epsilon)

    def __call__(self, values: Floats) -> Floats:
        """(…, units) values, normalized, scaled and shifted."""
        return self.gamma * self.standardized(values) + self.beta

    def standardized_text(self, value: float, places: int = 3) -> str:
        """The first half for one unit, written out: "(1.500 + 0.250) ÷ √(4.1 + 0.001) = 0.864"."""
        variance = f"{self.variance:.4g}"
        written = (round(value, places) - round(float(self.mean), places)) / np.sqrt(
            float(variance) + self.epsilon
        )
        return (
            f"({_terms((value, -float(self.mean)), places)}) ÷ "
            f"√({variance} + {self.epsilon:g})"
            f"{_result(written, float(self.standardized(np.array(value))), places)}"
        )

    def scaled_text(self, value: float, places: int = 3) -> str:
        """The second half for one unit, written out: "0.864 × 1.200 + 0.100 = 1.137"."""
        standardized = float(self.standardized(np.array(value)))
        gamma, beta = float(self.gamma), float(self.beta)
        written = round(standardized, places) * round(gamma, places) + round(beta, places)
        return (
            f"{number_text(standardized, places)} × {_terms((gamma, beta), places)}"
            f"{_result(written, float(self(np.array(value))), places)}"
        )


@dataclass(frozen=True, eq=False)
class Layer:
    """A layer: weighted sums, then its steps in their order.

    Attributes:
        kernel: (inputs, units).
        bias: (units,).
        steps: Each the name of an activation, of `config.ACTIVATIONS`, or a normalization; the
            output layer has none, its sums are the logits.
    """

    kernel: Floats
    bias: Floats
    steps: tuple[str | Normalization, ...]


@dataclass(frozen=True, eq=False)
class WeightedSum:
    """What a unit computes: inputs × weights, summed, plus a bias, then the steps of its layer.

    Attributes:
        inputs: (n,) float64, pixels from 0 to 1 or the outputs of the layer before.
        weights: (n,) float64.
        bias: Added to the sum.
        steps: As for `Layer`, each normalization that of the unit.
    """

    inputs: Floats
    weights: Floats
    bias: float
    steps: tuple[str | Normalization, ...]

    @property
    def products(self) -> Floats:
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
    def values(self) -> list[float]:
        """The total, and what each of the steps makes of it; the last is the unit's output."""
        found = [self.total]
        for step in self.steps:
            found.append(float(_after(step, np.array(found[-1]))))
        return found


@dataclass(frozen=True, eq=False)
class Softmax:
    """From ten logits to ten probabilities.

    Attributes:
        logits: (10,) float64.
        temperature: What the logits are divided by, above 0.
    """

    logits: Floats
    temperature: float

    @property
    def scaled(self) -> Floats:
        """(10,), the logits divided by the temperature."""
        return self.logits / self.temperature

    @property
    def powers(self) -> Floats:
        """(10,), e to the power of each scaled logit minus the largest one: subtracting that
        changes no probability, and keeps the powers from overflowing."""
        return np.exp(self.scaled - self.scaled.max())

    @property
    def probabilities(self) -> Floats:
        """(10,), each power's share of their sum."""
        return self.powers / self.powers.sum()


def layers_of_keras_file(path: Path) -> tuple[Layer, ...]:
    """A network's layers as they were trained, from its `model.keras`, without TensorFlow.

    Raises:
        FileNotFoundError: There is no such file.
        WeightsError: The file is damaged; the message names it.
    """
    with faults_named(path):
        return unfolded(folding.read_keras_file(path))


def unfolded(weights: Iterable[LayerWeights]) -> tuple[Layer, ...]:
    """The layers of a Keras model, each dense layer with the steps that follow it."""
    layers: list[Layer] = []
    for part in weights:
        if part.kind == "dense":
            kernel, bias = part.arrays
            layers.append(Layer(kernel, bias, ()))
            continue
        step: str | Normalization = part.activation
        if part.kind == "normalization":
            gamma, beta, mean, variance = (a.astype(np.float64) for a in part.arrays)
            step = Normalization(gamma, beta, mean, variance, part.epsilon)
        last = layers[-1]
        layers[-1] = Layer(last.kernel, last.bias, (*last.steps, step))
    return tuple(layers)


def folded(classifier: Classifier) -> tuple[Layer, ...]:
    """The layers of weights into which batch normalization is folded."""
    steps = [*((name,) for name in classifier.activation_names), ()]
    return tuple(map(Layer, classifier.kernels, classifier.biases, steps))


def forward_pass(layers: Sequence[Layer], image: NDArray[np.uint8]) -> list[Floats]:
    """The forward pass of one image in float64.

    Args:
        layers: The network's.
        image: (28, 28) uint8.

    Returns:
        The 784 inputs from 0 to 1, then each layer's outputs, (units,); the last are the logits.
    """
    passed: list[Floats] = [inputs_of(image[np.newaxis]).astype(np.float64)]
    for layer in layers:
        values: Floats = product(passed[-1], layer.kernel) + layer.bias
        for step in layer.steps:
            values = _after(step, values)
        passed.append(values)
    return [values[0] for values in passed]


def weighted_sum(layer: Layer, inputs: Floats, unit: int) -> WeightedSum:
    """What a unit, numbered from 0, computes from the layer's inputs."""
    return WeightedSum(
        inputs,
        layer.kernel[:, unit].astype(np.float64),
        float(layer.bias[unit]),
        tuple(step if isinstance(step, str) else step.of_unit(unit) for step in layer.steps),
    )


def _after(step: str | Normalization, values: Floats) -> Floats:
    return ACTIVATION_FUNCTIONS[step](values) if isinstance(step, str) else step(values)


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
    return f"{_terms(parts, places)} {'=' if exact else '≈'} {number_text(total, places)}"


def _terms(parts: Sequence[float], places: int) -> str:
    first, *others = parts
    text = number_text(first, places)
    for part in others:
        sign = "−" if round(part, places) < 0 else "+"
        text += f" {sign} {abs(part):.{places}f}"
    return text


def activation_text(name: str, value: float, places: int = 3) -> str:
    """An activation function's value written out: "f(−0.400) = −0.138"."""
    function = ACTIVATION_FUNCTIONS[name]
    written = float(function(np.array(round(value, places))))
    after = float(function(np.array(value)))
    return f"f({number_text(value, places)}){_result(written, after, places)}"


def number_text(value: float, places: int = 3) -> str:
    """A number with a proper minus sign (U+2212), but no minus if it rounds to zero."""
    return f"{value:z.{places}f}".replace("-", "−")


def product_text(first: float, second: float, product: float, places: int = 3) -> str:
    """A product written out: "2.310 × −0.400 = −0.924"."""
    figures = number_text(first, places), number_text(second, places)
    written = round(first, places) * round(second, places)
    return f"{' × '.join(figures)}{_result(written, product, places)}"


def _result(written: float, value: float, places: int) -> str:
    """The right side of an equation: "=", or "≈" where what the figures on its left, as written,
    give rounds to another one than `value` does."""
    shown = number_text(value, places)
    return f" {'=' if number_text(written, places) == shown else '≈'} {shown}"
