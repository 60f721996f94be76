"""The compiled training step: Keras' arithmetic without Keras' overhead.

Keras' own layers and optimisers hold the variables and are what is saved. Only how a step is
computed differs from ``Model.fit``: several steps in one call of one graph, digits gathered inside
it, batch normalisation with its gradient in closed form, 16-bit random numbers for dropout, and
Adam in one pass over each variable. Forward pass, gradients and update are those of Keras.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from mnist_core.config import INPUTS, TrainingConfig

Steps = Callable[[NDArray[np.int32], NDArray[np.float32]], tuple[tf.Tensor, tf.Tensor]]


class _OnePassAdam:
    """Adam's update as TensorFlow's fused kernel: one pass over a variable instead of a dozen."""

    def update_step(self, gradient, variable, learning_rate):
        i = self._get_variable_index(variable)
        step = tf.cast(self.iterations.value + 1, tf.float32)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[i].value.handle,
            v=self._velocities[i].value.handle,
            beta1_power=tf.pow(self.beta_1, step),
            beta2_power=tf.pow(self.beta_2, step),
            lr=learning_rate,
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=gradient,
        )


class Adam(_OnePassAdam, keras.optimizers.Adam):
    """``keras.optimizers.Adam`` (no amsgrad) with a fused update."""


class AdamW(_OnePassAdam, keras.optimizers.AdamW):
    """``keras.optimizers.AdamW`` (no amsgrad) with a fused update."""


def build_optimizer(config: TrainingConfig) -> keras.optimizers.Optimizer:
    """The configured optimiser at its first learning rate."""
    rate = config.learning_rate
    if config.optimizer == "sgd":
        return keras.optimizers.SGD(rate, momentum=config.momentum)
    if config.optimizer == "adamw":
        return AdamW(rate, weight_decay=config.weight_decay)
    return {"adam": Adam, "rmsprop": keras.optimizers.RMSprop}[config.optimizer](rate)


@tf.custom_gradient
def _normalize(x: tf.Tensor, epsilon: tf.Tensor):
    """Normalises the columns of x (batch, units); also returns their mean and biased variance.

    The gradient is that of Ioffe and Szegedy 2015, section 3, simplified; none flows through the
    two statistics, which only feed the moving averages.
    """
    mean = tf.reduce_mean(x, 0)
    centred = x - mean
    variance = tf.reduce_mean(tf.square(centred), 0)
    inverse = tf.math.rsqrt(variance + epsilon)
    normal = centred * inverse

    def gradient(d_normal, _d_mean, _d_variance):
        d_mean = tf.reduce_mean(d_normal, 0)
        return inverse * (d_normal - d_mean - normal * tf.reduce_mean(d_normal * normal, 0)), None

    return (normal, mean, variance), gradient


def _batch_normalization(layer: keras.layers.BatchNormalization, x: tf.Tensor) -> tf.Tensor:
    """What ``layer(x, training=True)`` returns and does to its moving averages."""
    normal, mean, variance = _normalize(x, tf.constant(layer.epsilon, tf.float32))
    for moving, batch in ((layer.moving_mean, mean), (layer.moving_variance, variance)):
        moving.value.assign_sub((moving.value - batch) * (1.0 - layer.momentum))
    return normal * layer.gamma.value + layer.beta.value


def _dropout(x: tf.Tensor, rate: float, key: tf.Tensor, counter: tf.Tensor) -> tf.Tensor:
    """Inverted dropout; the mask depends on key and counter alone, so a resumed run repeats it."""
    if not rate:
        return x
    threshold = round(rate * 2**16)
    words = tf.raw_ops.StatelessRandomUniformFullIntV2(
        shape=[tf.shape(x)[0] * x.shape[1] // 2 + 1],
        key=key,
        counter=counter,
        alg=1,
        dtype=tf.uint32,
    )
    bits = tf.reshape(tf.bitcast(words, tf.uint16), [-1])[: tf.size(x)]
    keep = tf.cast(tf.reshape(bits, tf.shape(x)) >= tf.constant(threshold, tf.uint16), x.dtype)
    return x * (keep * (2**16 / (2**16 - threshold)))


def _logits(model: keras.Sequential, x: tf.Tensor, seed: int, step: tf.Tensor) -> tf.Tensor:
    """The training-mode output of the model before its softmax: (batch, 10)."""
    *hidden, output = model.layers
    for number, layer in enumerate(hidden):
        if isinstance(layer, keras.layers.BatchNormalization):
            x = _batch_normalization(layer, x)
        elif isinstance(layer, keras.layers.Dropout):
            key = tf.constant([seed], tf.uint64)
            counter = tf.stack([tf.constant(0, tf.uint64), tf.cast(step, tf.uint64) * 64 + number])
            x = _dropout(x, layer.rate, key, counter)
        else:
            x = layer(x, training=True)
    return tf.nn.bias_add(tf.matmul(x, output.kernel.value), output.bias.value)


def make_steps(
    model: keras.Sequential,
    optimizer: keras.optimizers.Optimizer,
    images: NDArray[np.uint8],
    labels: NDArray[np.integer],
    seed: int = 0,
) -> Steps:
    """Compile ``steps(indices, learning_rates) -> (losses, accuracies)``.

    Args:
        model: ends in a Dense softmax layer.
        optimizer: built on the model's trainable variables.
        images: (n, 28, 28) uint8.
        labels: (n,) 0–9.
        seed: of the dropout masks.

    Returns:
        A function that trains on k batches: indices (k, batch) int32 into the images and learning
        rates (k,) float32 → losses (mean categorical cross-entropy) and accuracies, (k,) float32
        each, of every batch before its update.
    """
    inputs = tf.constant(images.reshape(len(images), INPUTS))
    targets = tf.constant(labels.astype(np.int32))
    variables = model.trainable_variables

    def step(indices, learning_rate):
        x = tf.cast(tf.gather(inputs, indices), tf.float32) * (1.0 / 255.0)
        y = tf.gather(targets, indices)
        number = optimizer.iterations.value
        with tf.GradientTape() as tape:
            logits = _logits(model, x, seed, number)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits))
        gradients = tape.gradient(loss, [v.value for v in variables])
        optimizer.learning_rate.assign(learning_rate)
        optimizer.apply(gradients, variables)
        hits = tf.equal(tf.argmax(logits, 1, output_type=tf.int32), y)
        return loss, tf.reduce_mean(tf.cast(hits, tf.float32))

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, None], tf.int32),
            tf.TensorSpec([None], tf.float32),
        ]
    )
    def steps(indices, learning_rates):
        count = tf.shape(indices)[0]
        losses = tf.TensorArray(tf.float32, count)
        accuracies = tf.TensorArray(tf.float32, count)
        for k in tf.range(count):
            loss, accuracy = step(indices[k], learning_rates[k])
            losses = losses.write(k, loss)
            accuracies = accuracies.write(k, accuracy)
        return losses.stack(), accuracies.stack()

    return steps


def batches(
    order: NDArray[np.int32], batch_size: int, per_call: int
) -> Iterator[NDArray[np.int32]]:
    """Cut an epoch's order into (k, batch_size) blocks; the last, smaller batch comes alone."""
    whole = len(order) // batch_size * batch_size
    blocks = order[:whole].reshape(-1, batch_size)
    for start in range(0, len(blocks), per_call):
        yield blocks[start : start + per_call]
    if whole < len(order):
        yield order[None, whole:]
