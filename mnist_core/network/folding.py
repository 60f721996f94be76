"""The layers of a Keras model → the weights that `inference.Classifier` reads, without Keras.

Batch normalization is folded into the dense layers, so that inference is nothing but dense layers
and activation functions.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import DTypeLike, NDArray


@dataclass(frozen=True)
class LayerWeights:
    """One layer of a model.

    Attributes:
        kind: How folding treats it.
        name: Its name; an activation's begins with the function's name, as in "relu_1".
        arrays: A dense layer's kernel and bias; a normalization's gamma, beta, mean and variance.
        epsilon: What a normalization adds to the variance.
    """

    kind: Literal["dense", "normalization", "activation"]
    name: str
    arrays: tuple[NDArray[np.float32], ...] = ()
    epsilon: float = 0.0

    @property
    def activation(self) -> str:
        """An activation's function, of `config.ACTIVATIONS`."""
        return self.name.rsplit("_", 1)[0]


def fold(layers: Iterable[LayerWeights], dtype: DTypeLike = np.float32) -> dict[str, NDArray]:
    """The arrays of a `weights.npz`, see `inference`.

    Normalization *before* an activation is folded into the dense layer in front of it; *after* an
    activation, into the next dense layer: W(s·x + t) + b = (W·s)x + (W·t + b). All is computed in
    float64. Numbers too large for `dtype`, as after a training that diverged, become its largest.
    """
    kernels: list[NDArray[np.float64]] = []
    biases: list[NDArray[np.float64]] = []
    activations: list[str] = []
    pending: tuple[NDArray, NDArray] | None = None  # scale and shift of the next layer's input
    for layer in layers:
        arrays = [array.astype(np.float64) for array in layer.arrays]
        if layer.kind == "dense":
            kernel, bias = arrays
            if pending is not None:
                scale, shift = pending
                kernel, bias = scale[:, None] * kernel, bias + shift @ kernel
            kernels.append(kernel)
            biases.append(bias)
            pending = None
        elif layer.kind == "normalization":
            gamma, beta, mean, variance = arrays
            factor = gamma / np.sqrt(variance + layer.epsilon)
            if len(activations) < len(kernels):
                kernels[-1] = kernels[-1] * factor
                biases[-1] = (biases[-1] - mean) * factor + beta
            else:
                pending = factor, beta - mean * factor
        else:
            activations.append(layer.activation)
    most = float(np.finfo(dtype).max)
    weights: dict[str, NDArray] = {"activations": np.array(activations)}
    for i, (kernel, bias) in enumerate(zip(kernels, biases, strict=True)):
        weights[f"kernel_{i}"] = kernel.clip(-most, most).astype(dtype)
        weights[f"bias_{i}"] = bias.clip(-most, most).astype(dtype)
    return weights


def read_keras_file(path: Path) -> list[LayerWeights]:
    """The layers of a `model.keras` as `keras_model.build_model` makes them.

    The file is a zip archive with the layers' configuration as JSON and their variables as HDF5, in
    which each layer's group bears its name. Keras does not guarantee this form; tests compare it
    with the model.

    Raises:
        FileNotFoundError: There is no such file.
        Exception: The file is damaged; zipfile, json and HDF5 raise errors of many kinds, of which
            `inference` makes one.
    """
    import h5py  # takes 0.1 s, and is needed once per shipped network

    kinds: dict[str, Literal["dense", "normalization", "activation"]] = {
        "Dense": "dense",
        "BatchNormalization": "normalization",
        "Activation": "activation",
        "LeakyReLU": "activation",
    }
    with zipfile.ZipFile(path) as archive:
        layers = json.loads(archive.read("config.json"))["config"]["layers"]
        content = io.BytesIO(archive.read("model.weights.h5"))
    try:
        with h5py.File(content) as file:
            variables = {
                layer["vars"].attrs["name"]: tuple(map(np.asarray, layer["vars"].values()))
                for layer in file["layers"].values()
            }
    except OSError as error:  # or a damaged file would look like a failing disk
        raise ValueError(f"damaged HDF5: {error}") from error
    return [
        LayerWeights(
            kinds[layer["class_name"]],
            name := layer["config"]["name"],
            variables.get(name, ()),
            layer["config"].get("epsilon", 0.0),
        )
        for layer in layers
        if layer["class_name"] in kinds
    ]
