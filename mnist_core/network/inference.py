"""Weights → probabilities and activations, in NumPy: without TensorFlow, and safe to use from many
threads.

`weights.npz` holds a dense network with batch normalization folded into it: `activations` (n
strings, one for each hidden layer in order) and `kernel_0`, `bias_0` … `kernel_n`, `bias_n`, of
which the last pair is the softmax layer's. Weights may be float16; arithmetic is float32.

A shipped network has no such file: the same numbers are in its `model.keras`. They are folded
when they are first needed (0.1 to 0.2 s for the champion) and kept with the users' runs.

In the browser pages/components/draw/live/inference.js does the same while the pen is down; both are
tested against tests/javascript/golden.json.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf, expit, softmax

from mnist_core.config.config import LEAKY_RELU_SLOPE
from mnist_core.config.sizes import CLASSES, IMAGE_SIDE, INPUTS, MAX_LEVEL
from mnist_core.errors import DigitLabError
from mnist_core.network import folding
from mnist_core.runs import environment, files

Floats = NDArray[np.float32]
_CHUNK = 4096  # images at a time: 60,000 at once would take much memory

ACTIVATION_FUNCTIONS: dict[str, Callable[[Floats], Floats]] = {
    "relu": lambda z: np.maximum(z, 0),
    "leaky_relu": lambda z: np.maximum(z, LEAKY_RELU_SLOPE * z),
    "elu": lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),
    "gelu": lambda z: 0.5 * z * (1 + erf(z / np.float32(np.sqrt(2)))),
    "silu": lambda z: z * expit(z),
    "tanh": np.tanh,
    "sigmoid": expit,
}


class WeightsError(DigitLabError, ValueError):
    """A weights file is damaged or not one of this project's. Train the network again."""


@dataclass(frozen=True)
class Classifier:
    """A trained multilayer perceptron.

    Attributes:
        kernels: n+1 arrays (inputs, units) float32.
        biases: n+1 arrays (units,) float32.
        activation_names: n names from `config.ACTIVATIONS`.
    """

    kernels: tuple[Floats, ...]
    biases: tuple[Floats, ...]
    activation_names: tuple[str, ...]

    @classmethod
    def load(cls, path: Path | str, classes: int = CLASSES) -> Classifier:
        """Read the `weights.npz` or `model.keras` of a network with `classes` outputs.

        Raises:
            FileNotFoundError: There is no such file.
            WeightsError: The file can't be read, is damaged or holds something else; the message
                names it.
        """
        path = Path(path)
        with faults_named(path):
            with files.reading_arrays(_weights_file(path)) as arrays:
                classifier = cls.from_arrays(arrays, classes)
            if not all(np.isfinite(a).all() for a in (*classifier.kernels, *classifier.biases)):
                raise WeightsError("some weights are no finite numbers")
            white = np.full((1, IMAGE_SIDE, IMAGE_SIDE), MAX_LEVEL, np.uint8)
            with np.errstate(over="ignore", invalid="ignore"):
                if not np.isfinite(classifier.logits(white)).all():
                    raise WeightsError("some weights are too large to compute with")
            return classifier

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray], classes: int = CLASSES) -> Classifier:
        """Make a classifier with `classes` outputs from the arrays of a `weights.npz`.

        Raises:
            KeyError: An array is missing.
            WeightsError: Types are wrong, shapes do not match, or an activation is unknown.
        """
        listed = arrays["activations"]
        if listed.ndim != 1:
            raise WeightsError(f"activations have the shape {listed.shape}, not that of a list")
        names = tuple(str(name) for name in listed)
        layers = range(len(names) + 1)
        kernels = tuple(_as_floats(arrays, f"kernel_{i}", 2) for i in layers)
        biases = tuple(_as_floats(arrays, f"bias_{i}", 1) for i in layers)
        widths = [INPUTS, *(len(bias) for bias in biases)]
        shapes = [kernel.shape for kernel in kernels]
        if shapes != list(pairwise(widths)) or widths[-1] != classes:
            raise WeightsError(f"layers of shapes {shapes} make no network of {INPUTS} → {classes}")
        if unknown := set(names) - set(ACTIVATION_FUNCTIONS):
            raise WeightsError(f"unknown activations {sorted(unknown)}")
        return cls(kernels, biases, names)

    @property
    def classes(self) -> int:
        """The number of outputs."""
        return len(self.biases[-1])

    def probabilities(self, images: NDArray[np.uint8]) -> Floats:
        """Softmax outputs.

        Args:
            images: (n, 28, 28) uint8, 0 background, 255 ink.

        Returns:
            (n, classes) float32, rows sum to 1.
        """
        return softmax(self.logits(images), axis=1)

    def logits(self, images: NDArray[np.uint8]) -> Floats:
        """The last layer's outputs before softmax, (n, classes) float32."""
        parts = [
            self._last(self._hidden(chunk)[-1])
            for chunk in (images[i : i + _CHUNK] for i in range(0, len(images), _CHUNK))
        ]
        return np.concatenate(parts) if parts else np.empty((0, self.classes), np.float32)

    def predicted(self, images: NDArray[np.uint8]) -> NDArray[np.int64]:
        """(n,) int64: the class with the highest output, of equals the first."""
        return self.logits(images).argmax(axis=1)

    def accuracy(self, images: NDArray[np.uint8], labels: NDArray[np.integer]) -> float:
        """The share of at least one image, 0 to 1, whose label is predicted."""
        return float((self.predicted(images) == labels).mean())

    def activations(self, images: NDArray[np.uint8]) -> list[Floats]:
        """Each hidden layer's outputs, (n, units) float32: after its activation function, before
        any normalization that follows."""
        return self._hidden(images)[1:]

    def _last(self, hidden: Floats) -> Floats:
        return product(hidden, self.kernels[-1]) + self.biases[-1]

    def _hidden(self, images: NDArray[np.uint8]) -> list[Floats]:
        """The input as floats from 0 to 1, then each hidden layer's outputs."""
        images = np.asarray(images)
        if images.dtype != np.uint8 or images.shape[1:] != (IMAGE_SIDE, IMAGE_SIDE):
            raise ValueError(f"expected (n, 28, 28) uint8, got {images.shape} {images.dtype}")
        outputs = [inputs_of(images)]
        for kernel, bias, name in zip(
            self.kernels, self.biases, self.activation_names, strict=False
        ):
            outputs.append(ACTIVATION_FUNCTIONS[name](product(outputs[-1], kernel) + bias))
        return outputs


def inputs_of(images: NDArray[np.uint8]) -> Floats:
    """A network's inputs for (n, 28, 28) uint8 images: (n, 784) float32, 0 (paper) to 1 (ink)."""
    return images.reshape(-1, INPUTS).astype(np.float32) / np.float32(MAX_LEVEL)


def _as_floats(arrays: Mapping[str, NDArray], name: str, dimensions: int) -> Floats:
    array = arrays[name]
    if array.ndim != dimensions or not np.issubdtype(array.dtype, np.floating):
        raise WeightsError(f"{name} has the shape {array.shape} and the type {array.dtype}")
    with np.errstate(over="ignore"):  # what float32 can't hold becomes infinite: refused
        return array.astype(np.float32)


@contextmanager
def faults_named(path: Path) -> Iterator[None]:
    """Turn every error in reading this file, except that it is missing, into a WeightsError that
    names it: on damaged bytes, zipfile, json and HDF5 raise errors of many kinds.
    """
    try:
        yield
    except FileNotFoundError:
        raise
    except Exception as error:
        reason = str(error) or type(error).__name__
        raise WeightsError(f"{path} holds no weights of a network: {reason}.") from error


def weights_npz(path: Path) -> bytes:
    """The content of `weights.npz`, whether `path` is one or a `model.keras`.

    Raises:
        FileNotFoundError: There is no such file.
        WeightsError: The file can't be read, or is a damaged `model.keras`.
    """
    with faults_named(path):
        file = _weights_file(path)
        if isinstance(file, io.BytesIO):
            return file.getvalue()
        with files.open_regular(file) as content:
            return content.read()


def _weights_file(path: Path) -> Path | io.BytesIO:
    """`path` itself, or for a `model.keras` the `weights.npz` made from it: read from the disk, or
    made now and saved if the disk allows, with its model's checksum in its name."""
    if path.suffix != ".keras":
        return path
    directory = environment.results_directory(path.parent.name)
    made_before = directory / f"weights-{files.checksum(path):08x}.npz"
    if made_before.exists():
        return made_before
    made = io.BytesIO()
    np.savez(made, allow_pickle=False, **folding.fold(folding.read_keras_file(path)))
    with suppress(OSError):  # if nothing can be written, each process makes it
        directory.mkdir(parents=True, exist_ok=True)
        for outdated in {*directory.glob("weights*.npz")} - {made_before}:
            outdated.unlink()
        with files.replacing(made_before) as unfinished:
            unfinished.write_bytes(made.getvalue())
    made.seek(0)
    return made


def product(values: Floats, kernel: Floats) -> Floats:
    """The matrix product of (n, inputs) and (inputs, units): (n, units).

    For a single image, BLAS would wake all cores, which costs 10 ms of their time for a network of
    3 million weights, and more if they are busy. This takes 1 ms of one core.
    """
    return np.einsum("ij,jk->ik", values, kernel) if len(values) == 1 else values @ kernel
