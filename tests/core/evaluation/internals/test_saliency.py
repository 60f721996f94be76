import numpy as np
import pytest

from mnist_core.evaluation.internals.saliency import gradient, gradient_times_input
from tests.core.evaluation.internals.random_network import network


@pytest.fixture
def image() -> np.ndarray:
    image = np.zeros((28, 28), np.uint8)
    image[5:20, 8:18] = np.random.default_rng(1).integers(60, 250, (15, 10))
    return image


@pytest.mark.parametrize("name", ["leaky_relu", "gelu", "tanh"])
def test_the_gradient_agrees_with_changed_pixels(name, image):
    classifier = network(name)
    found = gradient(classifier, image, 3, 7)
    for row, column in ((6, 9), (12, 13), (19, 17)):
        up, down = image.copy(), image.copy()
        up[row, column] += 2
        down[row, column] -= 2
        high, low = classifier.logits(np.stack([up, down])).astype(np.float64)
        expected = ((high[3] - high[7]) - (low[3] - low[7])) / (4 / 255)
        assert found[row, column] == pytest.approx(expected, abs=2e-3)


def test_without_biases_the_pixels_of_a_relu_network_sum_to_the_difference_of_logits(image):
    classifier = network("relu", bias=0)
    parts = gradient_times_input(classifier, image, 2, 5)
    logits = classifier.logits(image[None])[0]
    assert parts.sum() == pytest.approx(logits[2] - logits[5], rel=1e-4)
    assert not parts[image == 0].any()
    np.testing.assert_allclose(gradient_times_input(classifier, image, 5, 2), -parts, atol=1e-6)
