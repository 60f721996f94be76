"""What units respond to and are for, against loops over single digits."""

import numpy as np
import pytest

from mnist_core.evaluation.internals.units import ablate, activity, common_edges, histogram
from mnist_core.network.inference import Classifier
from tests.core.evaluation.internals.random_network import network


@pytest.fixture(scope="module")
def digits(sample):
    """2,050 digits, more than two chunks."""
    images = np.concatenate([sample.x_train, sample.x_test, sample.x_train])[:2050]
    return images, np.concatenate([sample.y_train, sample.y_test, sample.y_train])[:2050]


def test_activity_is_that_of_the_digits_one_by_one(digits):
    classifier = network("leaky_relu")
    shares = []
    found = activity(classifier, *digits, shares.append)
    assert shares[-1] == 1
    images, labels = digits
    for layer, of in enumerate(found):
        outputs = classifier.activations(images)[layer]
        for unit in (0, 5):
            ordered = np.sort(outputs[:, unit])
            most, least = outputs[of.most[:, unit], unit], outputs[of.least[:, unit], unit]
            np.testing.assert_allclose(most, ordered[::-1][:10], rtol=1e-4)
            np.testing.assert_allclose(least, ordered[:10], rtol=1e-4)
            assert len(set(of.most[:, unit])) == 10
            for digit in (2, 7):
                expected = (outputs[labels == digit, unit] > 0).mean()
                assert of.active[digit, unit] == pytest.approx(expected)
            assert of.highest[unit] == pytest.approx(ordered[-1], rel=1e-4)
            assert of.lowest[unit] == pytest.approx(ordered[0], rel=1e-4)


def test_units_that_never_respond_are_dead(digits):
    classifier = network("relu")
    bias = classifier.biases[0].copy()
    bias[[3, 7]] = -1000
    dead = Classifier(classifier.kernels, (bias, *classifier.biases[1:]), ("relu", "relu"))
    first, _ = activity(dead, *digits)
    silent = np.flatnonzero((dead.activations(digits[0])[0] <= 0).all(axis=0))
    assert {3, 7} <= set(first.dead) == set(silent)


def test_a_class_that_does_not_occur_has_no_share(digits):
    images, labels = digits
    first, _ = activity(network("relu"), images[labels != 4], labels[labels != 4])
    assert np.isnan(first.active[4]).all()
    assert not np.isnan(first.active[5]).any()


@pytest.mark.parametrize(("layer", "unit"), [(0, 2), (1, 6)])
def test_without_a_unit_is_a_network_whose_weights_from_it_are_zero(digits, layer, unit):
    classifier, (images, _) = network("tanh"), digits
    kernels = [kernel.copy() for kernel in classifier.kernels]
    kernels[layer + 1][unit] = 0
    cut = Classifier(tuple(kernels), classifier.biases, classifier.activation_names)
    found = ablate(classifier, images, layer, unit)
    whole, less = classifier.logits(images), cut.logits(images)
    np.testing.assert_array_equal(found.before, whole.argmax(axis=1))
    np.testing.assert_array_equal(found.after, less.argmax(axis=1))
    np.testing.assert_array_equal(
        found.changed, np.flatnonzero(whole.argmax(axis=1) != less.argmax(axis=1))
    )
    pushes = (whole - less).mean(axis=0)
    np.testing.assert_allclose(found.logit_effect, pushes - pushes.mean(), atol=1e-4)


def test_histograms_are_shares_and_what_lies_beyond_is_at_the_edge():
    values = np.array([-9.0, -0.5, 0.5, 0.6, 9.0])
    assert histogram(values, np.array([-1.0, 0, 1])).tolist() == [0.4, 0.6]
    edges = common_edges([np.linspace(-1, 1, 1001), np.linspace(0, 3, 1001)])
    assert (edges[0], edges[-1]) == pytest.approx((-0.995, 2.9925), abs=0.001)
    assert common_edges([np.zeros(5)])[[0, -1]].tolist() == [-1, 1]
