"""Optimizers. Adam and AdamW update a variable in one fused pass over it."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import tensorflow as tf

from mnist_core.config.config import NOT_DECAYED, TrainingConfig


class Adam(keras.optimizers.Optimizer):
    """Adam (Kingma & Ba 2015) by TensorFlow's kernel: one pass over a variable instead of a dozen.

    The formula is that of `keras.optimizers.Adam` without amsgrad: the form at the end of the
    paper's section 2, in which epsilon is added to the uncorrected root.
    """

    beta_1, beta_2, epsilon = 0.9, 0.999, 1e-7

    def __init__(self, learning_rate: float, weight_decay: float | None = None) -> None:
        """
        Args:
            learning_rate: The first learning rate; training sets another one for every batch.
            weight_decay: The share of a variable, times the learning rate, by which each step
                shrinks it before the update (Loshchilov & Hutter 2019); None: no decay.
        """
        super().__init__(learning_rate, weight_decay=weight_decay)

    def build(self, variables: Sequence[keras.Variable]) -> None:
        """Make the two moving averages for each variable: of its gradient and of the gradient's
        square."""
        super().build(variables)
        momentums, velocities = self.add_optimizer_variables(variables, ["momentum", "velocity"])
        averages = zip(momentums, velocities, strict=True)
        self.averages = {v.value.ref(): pair for v, pair in zip(variables, averages, strict=True)}

    def update_step(
        self, gradient: tf.Tensor, variable: tf.Variable, learning_rate: tf.Tensor
    ) -> None:
        """Change the variable by one step against its gradient."""
        momentum, velocity = self.averages[variable.ref()]
        step = tf.cast(self.iterations.value + 1, variable.dtype)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=momentum.value.handle,
            v=velocity.value.handle,
            beta1_power=tf.pow(self.beta_1, step),
            beta2_power=tf.pow(self.beta_2, step),
            lr=learning_rate,
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=gradient,
        )


class AdamW(Adam):
    """Adam with weight decay, except for the variables in `NOT_DECAYED`."""

    def __init__(self, learning_rate: float, weight_decay: float) -> None:
        super().__init__(learning_rate, weight_decay)
        self.exclude_from_weight_decay(var_names=list(NOT_DECAYED))


def build_optimizer(config: TrainingConfig) -> keras.optimizers.Optimizer:
    """The configured optimizer at its first learning rate."""
    wanted, rate = config.optimizer, config.optimizer.learning_rate
    if wanted.name == "sgd":
        return keras.optimizers.SGD(rate, momentum=wanted.momentum)
    if wanted.name == "adamw":
        return AdamW(rate, wanted.weight_decay)
    return {"adam": Adam, "rmsprop": keras.optimizers.RMSprop}[wanted.name](rate)
