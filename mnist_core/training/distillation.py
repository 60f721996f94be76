"""Knowledge distillation: a dense network learns from the predictions of a convolutional teacher.

The label of an augmented digit says only that it was a 7; the teacher says how much it also looks
like a 1. A network that learns this makes fewer errors than one that learns from labels alone
(Hinton, Vinyals & Dean 2015). The teacher is used in training only.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from mnist_core.config.config import Regularization, TrainingConfig
from mnist_core.config.sizes import IMAGE_SIDE, INPUTS
from mnist_core.network import keras_model
from mnist_core.training import optimizers, schedule, train_step

BATCH_SIZE = 256
LEARNING_RATE = 3e-3  # the peak of its one-cycle schedule
BATCHES_PER_CALL = 4
# Each convolution: number of filters, their width and height, their stride.
_FILTERS = ((32, 3, 2), (64, 3, 1), (128, 3, 2), (128, 3, 1), (128, 3, 1))
_UNITS, _DROPOUT = 192, 0.3


def build(config: TrainingConfig) -> keras.Sequential:
    """The untrained teacher, its weights drawn with `config.seed`; 1.6 million parameters.

    It takes (n, 784) float32 in 0–1 and returns (n, classes) probabilities.
    """
    keras.utils.set_random_seed(config.seed)
    layers, policy = keras.layers, keras_model.POLICIES[config.precision]
    stack: list[keras.Layer] = [keras.Input((INPUTS,)), layers.Reshape((IMAGE_SIDE, IMAGE_SIDE, 1))]
    for filters, side, stride in _FILTERS:
        stack += [
            layers.Conv2D(filters, side, stride, padding="same", use_bias=False, dtype=policy),
            layers.BatchNormalization(momentum=0.9, dtype=policy),
            layers.ReLU(dtype=policy),
        ]
    stack += [
        layers.Flatten(),
        layers.Dropout(_DROPOUT),
        layers.Dense(_UNITS, use_bias=False, dtype=policy),
        layers.BatchNormalization(momentum=0.9),
        layers.ReLU(),
        layers.Dropout(_DROPOUT),
        layers.Dense(len(config.class_names), activation="softmax"),
    ]
    return keras.Sequential(stack, name="teacher")


def train(
    teacher: keras.Sequential,
    config: TrainingConfig,
    images: NDArray[np.uint8],
    labels: NDArray[np.integer],
    chosen: NDArray[np.integer],
    epochs: int,
) -> Iterator[float]:
    """Train the teacher with the configured augmentation.

    Args:
        teacher: As `build` made it.
        config: The run's configuration.
        images: (n, 28, 28) uint8.
        labels: (n,) integers, the classes from 0.
        chosen: Indices of the images to train on.
        epochs: How many times to go through them.

    Yields:
        The share of the training that is done, 0 to 1, after every few batches.
    """
    # Label smoothing would make it a worse teacher (Müller, Kornblith & Hinton 2019).
    own = config.with_changes(
        optimizer={"learning_rate": LEARNING_RATE},
        schedule={"name": "one_cycle"},
        regularization=Regularization(),
        distillation=None,
        data_echoing=1,
    )
    total = epochs * -(-len(chosen) // BATCH_SIZE)
    optimizer = optimizers.Adam(LEARNING_RATE)
    optimizer.build(teacher.trainable_variables)
    train_batches = train_step.Steps(teacher, optimizer, images, labels, own)
    done = 0
    for epoch in range(1, epochs + 1):
        order = np.random.default_rng((config.seed, epoch)).permutation(chosen).astype(np.int32)
        while len(order):
            batches = train_step.next_batches(order, BATCH_SIZE, BATCHES_PER_CALL)
            rates = [schedule.scheduled_rate(own, (done + i) / total) for i in range(len(batches))]
            train_batches(batches, np.asarray(rates, np.float32))
            order, done = order[batches.size :], done + len(batches)
            yield done / total


def predictions(teacher: keras.Sequential, x: tf.Tensor) -> tf.Tensor:
    """Compute `teacher(x, training=False)` in about half the time: each batch normalization is
    folded into the layer before it, so that TensorFlow computes both at once.

    Args:
        teacher: As `build` made it, trained or not.
        x: (n, 784) float32 in 0–1.

    Returns:
        (n, classes) float32 probabilities.
    """
    values, layers = tf.reshape(x, (-1, IMAGE_SIDE, IMAGE_SIDE, 1)), teacher.layers
    for layer, normalization in pairwise(layers):
        if not isinstance(normalization, keras.layers.BatchNormalization):
            continue
        factor = normalization.gamma / tf.sqrt(
            normalization.moving_variance + normalization.epsilon
        )
        bias = normalization.beta - normalization.moving_mean * factor
        values, kernel, bias = (
            tf.cast(part, layer.compute_dtype) for part in (values, layer.kernel * factor, bias)
        )
        if isinstance(layer, keras.layers.Conv2D):
            values = tf.nn.conv2d(values, kernel, layer.strides, "SAME")
        else:
            values = tf.reshape(values, (-1, kernel.shape[0])) @ kernel
        values = tf.nn.relu(tf.nn.bias_add(values, bias))
    return layers[-1](values)
