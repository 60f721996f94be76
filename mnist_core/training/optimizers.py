"""Optimisers whose update is one fused pass over each variable."""

from __future__ import annotations

import keras
import tensorflow as tf

from mnist_core.config.config import NOT_DECAYED, TrainingConfig


class _OnePassAdam:
    """Adam's update by TensorFlow's kernel: one pass over a variable instead of a dozen.

    The formula is that of ``keras.optimizers.Adam`` without amsgrad (Kingma & Ba 2015, the
    form at the end of section 2, where epsilon is added to the uncorrected root).
    """

    def update_step(self, gradient, variable, learning_rate):
        i = self._get_variable_index(variable)
        step = tf.cast(self.iterations.value + 1, variable.dtype)
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
    settings, rate = config.optimizer, config.optimizer.learning_rate
    if settings.name == "sgd":
        return keras.optimizers.SGD(rate, momentum=settings.momentum)
    if settings.name == "adamw":
        optimizer = AdamW(rate, weight_decay=settings.weight_decay)
        optimizer.exclude_from_weight_decay(var_names=list(NOT_DECAYED))
        return optimizer
    return {"adam": Adam, "rmsprop": keras.optimizers.RMSprop}[settings.name](rate)
