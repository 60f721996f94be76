"""The chain rule in NumPy, against differences and against TensorFlow."""

import numpy as np
import pytest

from mnist_core.config.config import ACTIVATIONS, Layer, TrainingConfig
from mnist_core.network.gradients import DERIVATIVES, backward, forward
from mnist_core.network.inference import ACTIVATION_FUNCTIONS, Classifier


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_derivatives_agree_with_differences(name):
    z = np.array([-6, -2.1, -0.7, -0.2, 0.3, 1.1, 4.5])
    step = 1e-6
    function = ACTIVATION_FUNCTIONS[name]
    expected = (function(z + step) - function(z - step)) / (2 * step)
    np.testing.assert_allclose(DERIVATIVES[name](z), expected, atol=1e-6)


@pytest.mark.slow
def test_gradients_of_all_weights_are_those_of_keras():
    import keras
    import tensorflow as tf

    from mnist_core.network.keras_model import build_model, inference_weights

    layers = tuple(Layer(units=7, activation=name) for name in ("gelu", "leaky_relu", "tanh"))
    model = build_model(TrainingConfig(layers=layers, seed=3))
    inputs = np.random.default_rng(0).random((5, 784), np.float32)
    labels = np.array([3, 1, 4, 1, 5])
    with tf.GradientTape() as tape:
        probabilities = model(inputs)
        loss = keras.ops.sum(keras.losses.sparse_categorical_crossentropy(labels, probabilities))
    expected = tape.gradient(loss, model.trainable_variables)
    classifier = Classifier.from_arrays(inference_weights(model))
    passed = forward(classifier, inputs.astype(np.float64))
    error = probabilities.numpy() - np.eye(10)[labels]
    found = []
    for outputs, gradient in zip(passed.outputs, backward(classifier, passed, error), strict=True):
        found += [outputs.T @ gradient, gradient.sum(axis=0)]
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-5)
