"""Fooled networks: what is found does turn the answer, and within the epsilon that is said."""

import numpy as np
import pytest

from mnist_core.evaluation.robustness.adversarial import pgd, smallest_change
from mnist_core.network.inference import Classifier
from mnist_core.runs import store


@pytest.fixture(scope="module")
def compact() -> Classifier:
    return Classifier.load(store.get("compact").weights_path)


@pytest.fixture
def image(compact, sample) -> np.ndarray:
    predicted = compact.logits(sample.x_test[:50]).argmax(axis=1)
    return sample.x_test[np.flatnonzero(predicted == sample.y_test[:50])[0]]


def linear(weights: np.ndarray) -> Classifier:
    """A network of one layer with these weights for the digits 0 and 1, far above the others."""
    kernel = np.zeros((784, 10), np.float32)
    kernel[:, :2] = weights.T
    bias = np.full(10, -1e3, np.float32)
    bias[:2] = 0
    return Classifier((kernel,), (bias,), ())


@pytest.mark.parametrize("method", ["fgsm", "pgd"])
def test_the_smallest_strength_of_a_linear_network_is_the_one_of_algebra(method):
    """Of a linear network no change is better than one step against the signs of the weights: the
    margin w·x falls by epsilon × Σ|w|."""
    rng = np.random.default_rng(2)
    weights = rng.normal(0, 0.1, 784).astype(np.float32)
    image = rng.integers(100, 156, (28, 28)).astype(np.uint8)
    margin = float(weights @ (image.ravel() / 255))
    if margin < 0:
        weights, margin = -weights, -margin
    expected = int(np.floor(margin * 255 / np.abs(weights).sum())) + 1
    found = smallest_change(linear(np.stack([weights, np.zeros(784)])), image, method)
    assert found.predicted == 1
    assert found.epsilon == expected


@pytest.mark.parametrize("method", ["fgsm", "pgd"])
def test_what_is_found_turns_the_answer_within_its_strength(method, compact, image):
    before = int(compact.logits(image[None]).argmax())
    found = smallest_change(compact, image, method)
    assert found.image.dtype == np.uint8
    assert np.abs(found.image.astype(int) - image).max() == found.epsilon
    assert int(compact.logits(found.image[None]).argmax()) == found.predicted != before


def test_pgd_needs_no_more_than_fgsm_and_leads_to_a_chosen_digit(compact, image):
    one, many = (smallest_change(compact, image, method) for method in ("fgsm", "pgd"))
    assert many.epsilon <= one.epsilon
    before = int(compact.logits(image[None]).argmax())
    target = (before + 3) % 10
    assert smallest_change(compact, image, "pgd", target).predicted == target
    assert smallest_change(compact, image, "pgd", before) is None


def test_no_pixel_leaves_the_reach_of_the_strength_or_the_scale(compact, image):
    changed = pgd(compact, image, 3, 40)
    assert np.abs(changed.astype(int) - image).max() <= 40
    np.testing.assert_array_equal(pgd(compact, image, 3, 0), image)


def test_a_network_that_sees_nothing_is_not_fooled(image):
    assert smallest_change(linear(np.zeros((2, 784))), image, "pgd") is None
    assert smallest_change(linear(np.zeros((2, 784))), image, "fgsm") is None


def test_a_network_as_good_as_certain_still_has_a_direction():
    """Its p − y is 0 in float32; the direction does not come from that."""
    weights = np.stack([np.full(784, 1.0), np.zeros(784)])
    image = np.full((28, 28), 200, np.uint8)
    sure = linear(weights)
    assert sure.probabilities(image[None])[0, 0] == 1
    assert smallest_change(sure, image, "pgd") is None  # black paper is a tie, and the 0 has it
    pushed = Classifier(sure.kernels, (sure.biases[0] - np.eye(10, dtype=np.float32)[0],), ())
    assert smallest_change(pushed, image, "pgd").predicted == 1
