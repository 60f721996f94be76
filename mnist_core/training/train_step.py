"""The compiled training step: it computes what `Model.fit` does, without the overhead.

Keras' layers and optimizers hold the variables and are what is saved. Unlike in `Model.fit`, one
call of the compiled graph makes several steps and picks their digits from a constant, and Adam
updates each variable in one pass. On two cores this halves the time of an epoch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
import tensorflow.experimental.numpy as tnp
from numpy.typing import NDArray

from mnist_core.config.config import Optimizer, TrainingConfig
from mnist_core.config.sizes import INPUTS, MAX_LEVEL
from mnist_core.network import keras_model
from mnist_core.training import augmentation
from mnist_core.training.optimizers import build_optimizer

Teacher = Callable[[tf.Tensor], tf.Tensor]
Batch = tuple[tf.Tensor, tf.Tensor, tf.Tensor]
"""Images (n, 784) float32 in 0–1; targets (n, classes) float32; and the teacher's predictions in
the same form, or without a teacher the targets again."""
_INDICES, _RATES = tf.TensorSpec([None, None], tf.int32), tf.TensorSpec([None], tf.float32)


@dataclass(frozen=True)
class Prepared:
    """An untrained network, its optimizer and the compiled steps that train it on `images`."""

    config: TrainingConfig
    images: NDArray[np.uint8]
    model: keras.Sequential
    optimizer: keras.optimizers.Optimizer
    steps: Steps

    def fits(self, config: TrainingConfig, images: NDArray[np.uint8]) -> bool:
        """Whether preparing for this configuration and these images would give the same result."""
        same = _built_in(config) == _built_in(self.config)
        return same and (images is self.images or np.array_equal(images, self.images))


def _built_in(config: TrainingConfig) -> tuple[object, ...]:
    """The hyperparameters that are built into the network, the optimizer and the graph; the others
    are looked up during training."""
    return (
        config.layers,
        config.optimizer.with_changes(learning_rate=Optimizer.learning_rate),
        config.regularization,
        config.augmentation,
        config.data_echoing,
        config.seed,
        config.precision,
        len(config.class_names),
    )


def prepare(
    config: TrainingConfig,
    images: NDArray[np.uint8],
    labels: NDArray[np.integer],
    teacher: Teacher | None = None,
) -> Prepared:
    """Build the network, the optimizer and the steps of a training; for the arguments see
    `Steps`."""
    model, optimizer = keras_model.build_model(config), build_optimizer(config)
    optimizer.build(model.trainable_variables)
    steps = Steps(model, optimizer, images, labels, config, teacher)
    return Prepared(config, images, model, optimizer, steps)


def trace(steps: Steps) -> None:
    """Have TensorFlow compile the graph, which takes most of the first call's time, by a call
    with no batches."""
    steps(np.empty((0, 1), np.int32), np.empty(0, np.float32))


class Steps:
    """Compiled training steps: `steps(indices, learning_rates) -> (losses, accuracies)` trains on k
    batches.

    Takes indices of images, (k, batch) int32, and learning rates (k,) float32. Returns for every
    batch the loss (mean categorical cross-entropy; with a teacher, towards its predictions at
    temperature 1) and the accuracy, (k,) float32 each, on its augmented images and before its
    update. All random numbers depend on seed and step alone, so that a resumed training repeats
    them.
    """

    def __init__(
        self,
        model: keras.Sequential,
        optimizer: keras.optimizers.Optimizer,
        images: NDArray[np.uint8],
        labels: NDArray[np.integer],
        config: TrainingConfig | None = None,
        teacher: Teacher | None = None,
    ) -> None:
        """
        Args:
            model: Takes (batch, 784) float32 in 0–1, returns (batch, classes) probabilities.
            optimizer: Built on the model's trainable variables.
            images: (n, 28, 28) uint8.
            labels: (n,) integers, the classes from 0.
            config: Its classes, augmentation, regularization, data echoing, distillation and seed
                are used; None: the defaults, which leave images and labels as they are.
            teacher: Takes and returns what `model` does. Its predictions for the augmented images
                make up the configured share of the targets; the labels make up the rest.
        """
        self._model, self._optimizer, self._teacher = model, optimizer, teacher
        self._config = config or TrainingConfig()
        self._classes = len(self._config.class_names)
        self._inputs = tf.constant(images.reshape(len(images), INPUTS))
        self._labels = tf.constant(labels.astype(np.int32))
        if self._config.data_echoing > 1:
            self._made_inputs = tf.Variable(tf.zeros_like(self._inputs), trainable=False)
            zeros = tf.zeros((len(images), self._classes))
            self._made_targets = tf.Variable(zeros, trainable=False)
            self._made_soft_targets = tf.Variable(zeros, trainable=False)

    @tf.function(input_signature=[_INDICES, _RATES])
    def __call__(
        self, indices: tf.Tensor, learning_rates: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        return self._train(indices, learning_rates, self._make)

    @tf.function(input_signature=[_INDICES, _RATES])
    def repeat_augmented(
        self, indices: tf.Tensor, learning_rates: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Like a call, but on the augmented images that were last made of these digits (data
        echoing)."""
        return self._train(indices, learning_rates, self._made)

    @tf.function(input_signature=[_INDICES, tf.TensorSpec([], tf.int64)])
    def make_augmented(self, indices: tf.Tensor, step: tf.Tensor) -> None:
        """Make the augmented images of the steps from `step` on for `repeat_augmented`, without
        training on them."""
        for k in tf.range(tf.shape(indices, tf.int64)[0]):
            self._make(indices[k], step + k)

    def _train(
        self, indices: tf.Tensor, learning_rates: tf.Tensor, get: Callable[..., Batch]
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Train on the batches, whose images and targets `get(indices, step)` returns."""
        count = tf.shape(indices)[0]
        losses = tf.TensorArray(tf.float32, count)
        accuracies = tf.TensorArray(tf.float32, count)
        for k in tf.range(count):
            batch = get(indices[k], self._optimizer.iterations.value)
            loss, accuracy = self._step(*batch, indices[k], learning_rates[k])
            losses = losses.write(k, loss)
            accuracies = accuracies.write(k, accuracy)
        return losses.stack(), accuracies.stack()

    def _step(
        self,
        x: tf.Tensor,
        targets: tf.Tensor,
        soft_targets: tf.Tensor,
        indices: tf.Tensor,
        learning_rate: tf.Tensor,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Make one step; returns the loss and accuracy before it."""
        variables = self._model.trainable_variables
        with tf.GradientTape() as tape:
            predictions = self._model(x, training=True)
            loss, minimized = self._losses(targets, soft_targets, predictions)
        gradients = tape.gradient(minimized, [v.value for v in variables])
        self._optimizer.learning_rate.assign(learning_rate)
        self._optimizer.apply(gradients, variables)
        labels = tf.gather(self._labels, indices)
        hits = tf.equal(tf.argmax(predictions, 1, output_type=tf.int32), labels)
        return loss, tf.reduce_mean(tf.cast(hits, tf.float32))

    def _losses(
        self, targets: tf.Tensor, soft_targets: tf.Tensor, predictions: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """The mean cross-entropy, which is reported, and the loss that is minimized: the same, or
        with a teacher the one at the temperature of the distillation."""
        config, cross_entropy = self._config, keras.losses.categorical_crossentropy
        distillation = config.distillation
        if self._teacher is None or distillation is None:
            loss = tf.reduce_mean(cross_entropy(targets, predictions))
            return loss, loss
        share, temperature = distillation.share, distillation.temperature
        labelled = (1.0 - share) * tf.reduce_mean(cross_entropy(targets, predictions))
        loss = share * tf.reduce_mean(cross_entropy(soft_targets, predictions)) + labelled
        soft = tf.nn.softmax_cross_entropy_with_logits(
            tf.nn.softmax(_logits(soft_targets) / temperature), _logits(predictions) / temperature
        )
        # the square of the temperature keeps the gradients as large (Hinton, Vinyals & Dean 2015)
        return loss, share * temperature**2 * tf.reduce_mean(soft) + labelled

    def _make(self, indices: tf.Tensor, step: tf.Tensor) -> Batch:
        """Make a batch's augmented images, with mixup and label smoothing, by the random numbers of
        this step."""
        config, count = self._config, tf.shape(indices)[0]
        seed = tf.stack([tf.constant(config.seed, tf.int64), step])
        x = tf.cast(tf.gather(self._inputs, indices), tf.float32) / MAX_LEVEL
        if config.augmentation.enabled:
            shape = (count, augmentation.RANDOM_NUMBERS)
            numbers = tf.random.stateless_uniform(shape, seed, -1.0, 1.0)
            x = augmentation.augment(x, numbers, config.augmentation, tnp)
        targets = tf.one_hot(tf.gather(self._labels, indices), self._classes)
        mixup, smoothing = config.regularization.mixup, config.regularization.label_smoothing
        if mixup:
            numbers = tf.random.stateless_uniform(
                (count, 2), tf.random.experimental.stateless_fold_in(seed, 1)
            )
            shares = augmentation.mixup_shares(numbers, mixup, tnp)
            x, targets = (augmentation.blended(rows, shares, tnp) for rows in (x, targets))
        targets = targets * (1.0 - smoothing) + smoothing / self._classes
        soft_targets = targets if self._teacher is None else self._teacher(x)
        if config.data_echoing > 1:
            rows, pixels = indices[:, None], tf.cast(tf.round(x * MAX_LEVEL), tf.uint8)
            self._made_inputs.scatter_nd_update(rows, pixels)
            self._made_targets.scatter_nd_update(rows, targets)
            self._made_soft_targets.scatter_nd_update(rows, soft_targets)
        return x, targets, soft_targets

    def _made(self, indices: tf.Tensor, step: tf.Tensor) -> Batch:
        """The batch of these digits as `_make` last made it."""
        x = tf.cast(tf.gather(self._made_inputs, indices), tf.float32) / MAX_LEVEL
        return (
            x,
            tf.gather(self._made_targets, indices),
            tf.gather(self._made_soft_targets, indices),
        )


def _logits(probabilities: tf.Tensor) -> tf.Tensor:
    """The logits that softmax turned into these probabilities, up to a constant in each row."""
    return tf.math.log(tf.maximum(probabilities, 1e-20))


def next_batches(order: NDArray[np.int32], batch_size: int, most: int) -> NDArray[np.int32]:
    """The first batches of `order`, at most `most`, (k, batch_size); if fewer than `batch_size`
    indices are left, one batch of them, (1, n)."""
    count = min(len(order) // batch_size, most)
    return order[: count * batch_size].reshape(count, batch_size) if count else order[None]
