"""Gradient descent on one digit, against Keras' own steps and against the slope of the loss."""

import numpy as np
import pytest

from mnist_core.config.config import Layer, TrainingConfig
from mnist_core.evaluation.internals.gradient_descent import ReferenceDigits, descend
from mnist_core.network.inference import Classifier
from mnist_core.runs import store
from tests.core.evaluation.internals.random_network import network

FEW = ReferenceDigits(np.zeros((1, 28, 28), np.uint8), np.zeros(1, np.uint8))


@pytest.mark.parametrize("activation", ["relu", "gelu", "tanh"])
def test_a_small_step_lowers_the_loss_by_its_slope(activation, sample):
    """To first order the loss falls by rate × |gradient|², and a step is rate × |gradient| long."""
    rate = 1e-4
    found = descend(
        network(activation),
        sample.x_test[0],
        3,
        rate,
        1,
        ReferenceDigits(sample.x_test, sample.y_test),
    )
    expected = sum(layer.distance**2 for layer in found.moved) / rate
    assert found.losses[0] - found.losses[1] == pytest.approx(expected, rel=0.03)
    assert [layer.weights for layer in found.moved] == [785 * 12, 13 * 8, 9 * 10]
    np.testing.assert_allclose(found.losses, -np.log(found.probabilities[:, 3]), rtol=1e-4)


@pytest.mark.slow
def test_steps_are_those_of_keras_with_plain_sgd(sample):
    import keras

    from mnist_core.network.keras_model import build_model, inference_weights

    layers = (Layer(units=9, activation="gelu"), Layer(units=6, activation="leaky_relu"))
    model = build_model(TrainingConfig(layers=layers, seed=5))
    rate, image = 0.1, sample.x_test[3]
    inputs = image.reshape(1, 784).astype(np.float32) / 255
    found = descend(Classifier.from_arrays(inference_weights(model)), image, 8, rate, 3, FEW)
    model.compile(keras.optimizers.SGD(rate), "sparse_categorical_crossentropy")
    before = model.get_weights()
    for step in range(4):
        np.testing.assert_allclose(found.probabilities[step], model(inputs)[0], atol=1e-5)
        model.train_on_batch(inputs, np.array([8]))
        if step == 0:
            changes = [new - old for new, old in zip(model.get_weights(), before, strict=True)]
    for layer, moved in enumerate(found.moved):
        kernel, bias = changes[2 * layer : 2 * layer + 2]
        both = np.append(kernel, bias)
        was = np.append(before[2 * layer], before[2 * layer + 1])
        assert moved.distance == pytest.approx(np.linalg.norm(both), rel=1e-3)
        assert moved.share == pytest.approx(np.linalg.norm(both) / np.linalg.norm(was), rel=1e-3)
        assert moved.largest == pytest.approx(np.abs(both).max(), rel=1e-3)


def test_the_target_is_reached_and_the_network_given_stays_as_it_is(sample):
    classifier = network("relu")
    before = [kernel.copy() for kernel in classifier.kernels]
    image = sample.x_test[0]
    found = descend(classifier, image, 6, 0.05, 30, FEW)
    flips = found.flips_after(6)
    assert flips is not None
    assert found.probabilities[flips].argmax() == 6
    assert (found.probabilities[:flips].argmax(axis=1) != 6).all()
    for kernel, old in zip(classifier.kernels, before, strict=True):
        np.testing.assert_array_equal(kernel, old)


def test_too_high_a_rate_unlearns_other_digits_and_an_endless_one_ends(sample):
    classifier = Classifier.load(store.get("compact").weights_path)
    image, target = sample.x_test[0], 6
    others = ReferenceDigits(sample.x_test, sample.y_test)
    low, high = (descend(classifier, image, target, rate, 3, others) for rate in (1e-6, 1.0))
    right = (classifier.logits(sample.x_test).argmax(axis=1) == sample.y_test).mean()
    assert low.accuracies[0] == high.accuracies[0] == right
    assert low.accuracies[-1] > 0.9 * right
    assert high.flips_after(target) == 1
    assert high.accuracies[-1] < 0.5 * right
    found = descend(network("leaky_relu"), image, target, 1e30, 10, others)
    assert found.exploded
    assert len(found.losses) == len(found.accuracies) == len(found.probabilities) <= 10
    assert np.isfinite(found.probabilities).all()
