"""Configuration → Keras model; Keras model → inference weights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
from numpy.typing import DTypeLike, NDArray

from mnist_core.config.config import LEAKY_RELU_SLOPE, TrainingConfig
from mnist_core.config.sizes import INPUTS
from mnist_core.network import folding
from mnist_core.network.folding import LayerWeights
from mnist_core.runs.files import save_arrays

POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}
"""Keras' dtype policy for each precision of a configuration."""


def build_model(config: TrainingConfig) -> keras.Sequential:
    """The untrained network, its weights drawn with `config.seed`.

    It maps (n, 784) float32 from 0 to 1 to (n, classes) float32 probabilities.
    """
    keras.utils.set_random_seed(config.seed)
    policy = POLICIES[config.precision]
    stack: list[keras.Layer] = [keras.Input((INPUTS,))]
    for number, layer in enumerate(config.layers, 1):
        stack.append(keras.layers.Dense(layer.units, dtype=policy, name=f"dense_{number}"))
        activation = _activation(layer.activation, number)
        normalization = keras.layers.BatchNormalization(name=f"normalization_{number}")
        stack += {
            "none": [activation],
            "before": [normalization, activation],
            "after": [activation, normalization],
        }[layer.normalization]
        if layer.dropout:
            stack.append(keras.layers.Dropout(layer.dropout, name=f"dropout_{number}"))
    outputs = len(config.class_names)
    stack.append(keras.layers.Dense(outputs, activation="softmax", name="probabilities"))
    model = keras.Sequential(stack, name="digit_lab")
    for number, layer in enumerate(config.layers, 1):
        # A bias before a normalization changes nothing. Its gradient would be zero but for rounding
        # errors of bfloat16, which Adam turns into full steps.
        if config.precision == "bfloat16" and layer.normalization == "before":
            model.get_layer(f"dense_{number}").bias.trainable = False
    return model


def in_float32(model: keras.Sequential) -> keras.Sequential:
    """The same model, set to compute in float32, whatever precision it was trained in."""
    for layer in model.layers:
        layer.dtype_policy = "float32"
    return model


def inference_weights(model: keras.Sequential, dtype: DTypeLike = np.float64) -> dict[str, NDArray]:
    """The arrays of the model's `weights.npz`, batch normalization folded in; see `folding`."""
    return folding.fold(_layer_weights(model), dtype)


def save_inference_weights(
    model: keras.Sequential, path: Path, dtype: DTypeLike = np.float32
) -> None:
    """Write `weights.npz`, atomically."""
    save_arrays(path, inference_weights(model, dtype))


def _layer_weights(model: keras.Sequential) -> Iterator[LayerWeights]:
    """The model's layers that matter for inference."""
    for layer in model.layers:
        arrays = tuple(layer.get_weights())
        if isinstance(layer, keras.layers.Dense):
            yield LayerWeights("dense", layer.name, arrays)
        elif isinstance(layer, keras.layers.BatchNormalization):
            yield LayerWeights("normalization", layer.name, arrays, layer.epsilon)
        elif not isinstance(layer, keras.layers.Dropout):
            yield LayerWeights("activation", layer.name)


def _activation(name: str, number: int) -> keras.Layer:
    name_of_layer = f"{name}_{number}"
    if name == "leaky_relu":
        return keras.layers.LeakyReLU(negative_slope=LEAKY_RELU_SLOPE, name=name_of_layer)
    return keras.layers.Activation(name, name=name_of_layer)
