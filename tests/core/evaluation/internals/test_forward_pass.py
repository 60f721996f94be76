"""Every figure of a forward pass by hand, recomputed with plain loops in float64."""

import math
import re
from itertools import pairwise

import numpy as np
import pytest

from mnist_core.evaluation.internals.forward_pass import (
    Softmax,
    WeightedSum,
    forward_pass,
    number_text,
    product_text,
    sum_text,
    weighted_sum,
)
from mnist_core.network.inference import Classifier
from mnist_core.runs import store


@pytest.fixture(scope="module")
def champion() -> Classifier:
    return Classifier.load(store.get("champion").weights_path)


def test_every_layers_sum_is_the_loop_over_its_inputs(champion, sample):
    image = sample.x_test[0]
    of = forward_pass(champion, image)
    inputs = [level / 255 for level in image.ravel().tolist()]
    for layer, unit in ((0, 7), (1, 1000), (2, 0), (3, 4)):
        kernel, bias = champion.kernels[layer], champion.biases[layer]
        found = weighted_sum(champion, of, layer, unit)
        products = [x * float(w) for x, w in zip(inputs, kernel[:, unit], strict=True)]
        assert found.positive == pytest.approx(sum(p for p in products if p > 0))
        assert found.negative == pytest.approx(sum(p for p in products if p < 0))
        total = sum(products) + float(bias[unit])
        assert found.total == pytest.approx(total)
        gelu = total * (1 + math.erf(total / math.sqrt(2))) / 2
        assert found.output == pytest.approx(gelu if layer < 3 else total, rel=1e-6)
        if layer < 3:
            assert of.outputs[layer + 1][0, unit] == pytest.approx(found.output)
            inputs = of.outputs[layer + 1][0].tolist()
    np.testing.assert_allclose(of.logits, champion.logits(image[None]), atol=1e-4)


def test_softmax_by_hand_gives_the_probabilities_of_the_bars():
    logits = np.array([1.0, 2.0, -3.0, 0, 0, 0, 900.0, 901.5, 0, 0])
    steps = Softmax(logits, temperature=1.5)
    largest = 901.5 / 1.5
    powers = [math.exp(z / 1.5 - largest) for z in logits.tolist()]
    assert steps.powers.tolist() == pytest.approx(powers)
    assert steps.probabilities.tolist() == pytest.approx([p / sum(powers) for p in powers])


def adds_up(text: str) -> bool:
    """Whether a written sum holds: exactly where it says "=", nearly where it says "≈"."""
    left, sign, right = re.fullmatch(r"(.+) ([=≈]) (.+)", text).groups()
    terms = re.findall(r"([−+]? ?)([\d.]+)", left)
    added = sum((-1 if "−" in before else 1) * round(float(n) * 1000) for before, n in terms)
    off = abs(added - round(float(right.replace("−", "-")) * 1000))
    return off == 0 if sign == "=" else 0 < off <= 2


def test_a_written_sum_has_an_equals_sign_only_where_its_figures_add_up():
    rng = np.random.default_rng(0)
    written = [sum_text(parts.tolist(), float(parts.sum())) for parts in rng.normal(0, 3, (200, 3))]
    assert all(map(adds_up, written))
    assert any("=" in text for text in written)
    assert any("≈" in text for text in written)


def test_a_written_product_and_output_say_where_rounding_shows():
    assert product_text(2.31, -0.4, -0.924) == "2.310 × −0.400 = −0.924"
    assert product_text(2.3104, -0.4004, 2.3104 * -0.4004) == "2.310 × −0.400 ≈ −0.925"
    relu = WeightedSum(np.array([1.0, 1.0]), np.array([-3.0, 0.5]), 0.25, "relu")
    assert relu.output_text() == "f(−2.250) = 0.000"
    leaky = WeightedSum(np.array([1.0]), np.array([-0.0029]), 0.0, "leaky_relu")
    assert leaky.output_text() == "f(−0.003) = −0.001"
    leaky = WeightedSum(np.array([1.0]), np.array([-0.0046]), 0.0, "leaky_relu")
    assert leaky.output_text() == "f(−0.005) ≈ −0.001"


def test_numbers_have_a_true_minus_sign_and_none_at_zero():
    assert number_text(-1.5, 2) == "−1.50"
    assert number_text(-0.0001) == "0.000"


def test_a_network_without_hidden_layers_goes_from_pixels_to_logits_at_once(sample):
    kernel = np.random.default_rng(0).normal(size=(784, 10)).astype(np.float32)
    bare = Classifier((kernel,), (np.ones(10, np.float32),), ())
    of = forward_pass(bare, sample.x_test[0])
    logit = weighted_sum(bare, of, 0, 3)
    assert logit.activation == ""
    assert logit.output == logit.total == pytest.approx(of.logits[0, 3])
    widths = [len(bare.kernels[0]), *map(len, bare.biases)]
    assert list(pairwise(widths)) == [(784, 10)]
