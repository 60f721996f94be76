"""Configuration → Keras model; Keras model → inference weights."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
from numpy.typing import DTypeLike, NDArray

from mnist_core.config.config import LEAKY_RELU_SLOPE, TrainingConfig
from mnist_core.config.sizes import CLASSES, INPUTS
from mnist_core.runs.files import save_arrays

POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}
"""A configuration's precision → Keras' name for computing in it."""


def build_model(config: TrainingConfig) -> keras.Sequential:
    """The network, weights fresh from ``config.seed``.

    Takes (n, 784) float32 in 0–1, gives (n, 10) probabilities.
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
    stack.append(keras.layers.Dense(CLASSES, activation="softmax", name="probabilities"))
    model = keras.Sequential(stack, name="digit_lab")
    for number, layer in enumerate(config.layers, 1):
        # Before a normalisation a bias changes nothing. Its gradient would be zero, but for the
        # rounding of bfloat16, out of which Adam makes full steps.
        if config.precision == "bfloat16" and layer.normalization == "before":
            model.get_layer(f"dense_{number}").bias.trainable = False
    return model


def in_float32(model: keras.Sequential) -> keras.Sequential:
    """The same model, computing in float32 whatever it was trained in."""
    for layer in model.layers:
        layer.dtype_policy = "float32"
    return model


def inference_weights(model: keras.Sequential) -> dict[str, NDArray]:
    """The model as ``inference.Classifier`` reads it, batch normalisation folded in.

    Normalisation *before* an activation goes into the dense layer that it follows, *after* one
    into the next dense layer: with y = s·x + t, W(s·x + t) + b = (W·s)x + (W·t + b).
    """
    kernels: list[NDArray] = []
    biases: list[NDArray] = []
    activations: list[str] = []
    scale: NDArray | None = None  # pending normalisation of the coming dense layer's input
    shift: NDArray | None = None
    for layer in model.layers:
        if isinstance(layer, keras.layers.Dense):
            kernel, bias = (np.asarray(w, np.float64) for w in layer.get_weights())
            if scale is not None:
                kernel, bias = scale[:, None] * kernel, bias + shift @ kernel
            kernels.append(kernel)
            biases.append(bias)
            scale = shift = None
        elif isinstance(layer, keras.layers.BatchNormalization):
            gamma, beta, mean, variance = (np.asarray(w, np.float64) for w in layer.get_weights())
            factor = gamma / np.sqrt(variance + layer.epsilon)
            if len(activations) < len(kernels):
                kernels[-1] = kernels[-1] * factor
                biases[-1] = (biases[-1] - mean) * factor + beta
            else:
                scale, shift = factor, beta - mean * factor
        elif not isinstance(layer, keras.layers.Dropout):
            activations.append(layer.name.rsplit("_", 1)[0])
    weights: dict[str, NDArray] = {"activations": np.array(activations)}
    for i, (kernel, bias) in enumerate(zip(kernels, biases, strict=True)):
        weights |= {f"kernel_{i}": kernel, f"bias_{i}": bias}
    return weights


def save_inference_weights(
    model: keras.Sequential, path: Path, dtype: DTypeLike = np.float32
) -> None:
    """Write ``weights.npz``, atomically."""
    most = np.finfo(dtype).max  # a training that goes astray may be beyond that
    weights = {
        name: array if name == "activations" else array.clip(-most, most).astype(dtype)
        for name, array in inference_weights(model).items()
    }
    save_arrays(path, weights)


def _activation(name: str, number: int) -> keras.Layer:
    name_of_layer = f"{name}_{number}"
    if name == "leaky_relu":
        return keras.layers.LeakyReLU(negative_slope=LEAKY_RELU_SLOPE, name=name_of_layer)
    return keras.layers.Activation(name, name=name_of_layer)
