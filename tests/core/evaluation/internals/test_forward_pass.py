"""Every figure of a forward pass by hand, recomputed with plain loops in float64."""

import math
from itertools import pairwise

import numpy as np
import pytest

from mnist_core.evaluation.internals.forward_pass import (
    Normalization,
    Softmax,
    activation_text,
    folded,
    forward_pass,
    layers_of_keras_file,
    number_text,
    product_text,
    sum_text,
    weighted_sum,
)
from mnist_core.network.inference import Classifier, WeightsError
from mnist_core.runs import store
from tests.core.evaluation.internals.written_sums import adds_up


@pytest.fixture(scope="module")
def champion() -> Classifier:
    return Classifier.load(store.get("champion").weights_path)


def test_every_layers_sum_is_the_loop_over_its_inputs(champion, sample):
    image = sample.x_test[0]
    layers = folded(champion)
    passed = forward_pass(layers, image)
    inputs = [level / 255 for level in image.ravel().tolist()]
    for layer, unit in ((0, 7), (1, 1000), (2, 0), (3, 4)):
        kernel, bias = champion.kernels[layer], champion.biases[layer]
        found = weighted_sum(layers[layer], passed[layer], unit)
        products = [x * float(w) for x, w in zip(inputs, kernel[:, unit], strict=True)]
        assert found.positive == pytest.approx(sum(p for p in products if p > 0))
        assert found.negative == pytest.approx(sum(p for p in products if p < 0))
        total = sum(products) + float(bias[unit])
        assert found.total == pytest.approx(total)
        gelu = total * (1 + math.erf(total / math.sqrt(2))) / 2
        assert found.values == pytest.approx([total, gelu] if layer < 3 else [total], rel=1e-6)
        assert passed[layer + 1][unit] == pytest.approx(found.values[-1])
        inputs = passed[layer + 1].tolist()
    np.testing.assert_allclose(passed[-1], champion.logits(image[None])[0], atol=1e-4)


@pytest.mark.parametrize("name", ["early-stopping", "leaky-relu"])  # after it, and before
def test_with_batch_normalization_of_its_own_a_pass_is_that_of_the_folded_weights(name, sample):
    path = store.get(name).model_path
    apart, together = layers_of_keras_file(path), folded(Classifier.load(path))
    kinds = [isinstance(step, Normalization) for step in apart[0].steps]
    assert kinds == ([False, True] if name == "early-stopping" else [True, False])
    passed, of_folded = (forward_pass(layers, sample.x_test[0]) for layers in (apart, together))
    np.testing.assert_allclose(passed[-1], of_folded[-1], atol=2e-5)
    for layer in range(2):
        unit = int(passed[layer + 1].argmax())
        ours = weighted_sum(apart[layer], passed[layer], unit).values
        folded_values = weighted_sum(together[layer], of_folded[layer], unit).values
        # where normalization comes first, it is in the folded sum, else in the next layer's weights
        start = 0 if name == "early-stopping" else 1
        assert ours[start : start + 2] == pytest.approx(folded_values, abs=2e-5)


def test_batch_normalization_by_hand_is_the_formula_in_two_halves():
    layer = Normalization(*np.array([[2.0, 1.2], [0.0, 0.1], [0.0, -0.25], [4.0, 4.1]]), 0.001)
    of = layer.of_unit(1)
    by_hand = (1.5 + 0.25) / math.sqrt(4.1 + 0.001)
    assert of.standardized(np.array(1.5)) == pytest.approx(by_hand)
    assert of(np.array(1.5)) == pytest.approx(1.2 * by_hand + 0.1)
    assert of.standardized_text(1.5) == "(1.500 + 0.250) ÷ √(4.1 + 0.001) = 0.864"
    assert of.scaled_text(1.5) == "0.864 × 1.200 + 0.100 = 1.137"
    assert layer(np.array([[2.0, 1.5]]))[0].tolist() == pytest.approx(
        [2 * 2 / math.sqrt(4.001), 1.2 * by_hand + 0.1]
    )
    rough = Normalization(*map(np.array, (1.2344, -0.1004, 0.2504, 0.0123456)), 0.001)
    assert "≈" in rough.standardized_text(1.5)


def test_a_damaged_keras_file_is_named(tmp_path):
    path = tmp_path / "model.keras"
    path.write_bytes(store.get("compact").model_path.read_bytes()[:-2000])
    with pytest.raises(WeightsError, match=r"model\.keras"):
        layers_of_keras_file(path)


def test_softmax_by_hand_gives_the_probabilities_of_the_bars():
    logits = np.array([1.0, 2.0, -3.0, 0, 0, 0, 900.0, 901.5, 0, 0])
    steps = Softmax(logits, temperature=1.5)
    largest = 901.5 / 1.5
    powers = [math.exp(z / 1.5 - largest) for z in logits.tolist()]
    assert steps.powers.tolist() == pytest.approx(powers)
    assert steps.probabilities.tolist() == pytest.approx([p / sum(powers) for p in powers])


def test_a_written_sum_has_an_equals_sign_only_where_its_figures_add_up():
    rng = np.random.default_rng(0)
    written = [sum_text(parts.tolist(), float(parts.sum())) for parts in rng.normal(0, 3, (200, 3))]
    assert all(map(adds_up, written))
    assert any("=" in text for text in written)
    assert any("≈" in text for text in written)


def test_a_written_product_and_activation_say_where_rounding_shows():
    assert product_text(2.31, -0.4, -0.924) == "2.310 × −0.400 = −0.924"
    assert product_text(2.3104, -0.4004, 2.3104 * -0.4004) == "2.310 × −0.400 ≈ −0.925"
    assert activation_text("relu", -2.25) == "f(−2.250) = 0.000"
    assert activation_text("leaky_relu", -0.0029) == "f(−0.003) = −0.001"
    assert activation_text("leaky_relu", -0.0046) == "f(−0.005) ≈ −0.001"


def test_numbers_have_a_true_minus_sign_and_none_at_zero():
    assert number_text(-1.5, 2) == "−1.50"
    assert number_text(-0.0001) == "0.000"


def test_a_network_without_hidden_layers_goes_from_pixels_to_logits_at_once(sample):
    kernel = np.random.default_rng(0).normal(size=(784, 10)).astype(np.float32)
    bare = Classifier((kernel,), (np.ones(10, np.float32),), ())
    (layer,) = folded(bare)
    inputs, logits = forward_pass((layer,), sample.x_test[0])
    logit = weighted_sum(layer, inputs, 3)
    assert logit.steps == ()
    assert logit.values == [logit.total] == [pytest.approx(logits[3])]
    widths = [len(bare.kernels[0]), *map(len, bare.biases)]
    assert list(pairwise(widths)) == [(784, 10)]
