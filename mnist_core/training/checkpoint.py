"""Checkpoints: all that a training needs to resume where it was interrupted."""

from __future__ import annotations

import json
import math
import textwrap
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

import keras
import numpy as np
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from mnist_core.errors import DigitLabError
from mnist_core.runs.files import ArraysDamagedError, reading_arrays, replacing, save_arrays
from mnist_core.training.early_stopping import Patience

_HEADER = 4096  # bytes, more than an array's header takes in the file
_MAX_PROGRESS = 65536  # bytes, far more than the progress takes


class CheckpointError(DigitLabError, RuntimeError):
    """A checkpoint or a teacher is damaged or doesn't match the configuration. Train again from the
    start."""

    def __init__(self, path: Path, reason: Exception) -> None:
        super().__init__(
            f"{path.name} is damaged or was made by another version of Digit Lab, which computes "
            f"differently ({textwrap.shorten(str(reason), 150)}). Train again from the start."
        )


@dataclass
class Progress:
    """How far a training has come: what resuming needs besides the weights and the optimizer.

    Attributes:
        epoch, step: How many epochs and batches are done.
        seconds: Time spent training, over all sessions, in seconds.
        factor: What the scheduled learning rate is multiplied by, because of plateaus or because
            the user asked for another rate.
        ceiling: No learning rate that follows one given by the user exceeds this.
        plateau, stopping: The counters of epochs without improvement, for the learning rate and for
            early stopping.
        ended_early: Whether early stopping has ended the training.
        best_epoch, best_loss, best_accuracy: The epoch with the lowest validation loss (0 before
            the first has ended), and its loss and accuracy on the validation digits.
        history_bytes: Length of the history file at the checkpoint.
    """

    epoch: int = 0
    step: int = 0
    seconds: float = 0.0
    factor: float = 1.0
    ceiling: float = math.inf
    plateau: Patience = field(default_factory=lambda: Patience(1))
    stopping: Patience = field(default_factory=lambda: Patience(1))
    ended_early: bool = False
    best_epoch: int = 0
    best_loss: float = math.inf
    best_accuracy: float = 0.0
    history_bytes: int = 0

    def to_json(self) -> str:
        """JSON; `from_json` is its inverse."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Progress:
        """The inverse of `to_json`.

        Raises:
            KeyError, TypeError, ValueError: Something is missing, unknown or of another type.
        """
        data = json.loads(text)
        patience = {key: Patience(**data[key]) for key in ("plateau", "stopping")}
        progress = cls(**(data | patience))
        for found, model in (
            (progress, cls()),
            (progress.plateau, Patience(1)),
            (progress.stopping, Patience(1)),
        ):
            for name in (one.name for one in fields(model)):
                expected, value = type(getattr(model, name)), getattr(found, name)
                if type(value) is not expected:
                    raise TypeError(f"{name} should be of type {expected.__name__}, not {value!r}")
        return progress


def save(
    path: Path,
    model: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    best_weights: list[NDArray],
    progress: Progress,
) -> None:
    """Write a checkpoint, replacing the one before atomically.

    Args:
        path: The file, an uncompressed .npz.
        model, optimizer: Their variables are stored as they are now.
        best_weights: The model's weights after the best epoch.
        progress: How far the training has come.
    """
    arrays = {name: v.value.numpy() for name, v in _variables(model, optimizer).items()}
    arrays |= {f"best_{i}": weights for i, weights in enumerate(best_weights)}
    save_arrays(path, arrays | {"progress": np.array(progress.to_json())})


def load(
    path: Path, model: keras.Model, optimizer: keras.optimizers.Optimizer
) -> tuple[Progress, list[NDArray]]:
    """Restore the variables of a model and its optimizer; if that fails, they stay as they are.

    Returns:
        The progress and the weights of the best epoch.

    Raises:
        CheckpointError: The file is damaged, or belongs to a model or optimizer with other shapes.
        OSError: The file can't be read.
    """
    variables = _variables(model, optimizer)
    best = {f"best_{i}": weights for i, weights in enumerate(model.get_weights())}
    expected = {name: v.value.numpy() for name, v in variables.items()} | best
    try:
        with reading_arrays(path) as arrays:
            _assert_size(arrays, {name: array.nbytes for name, array in expected.items()})
            stored = {name: arrays[name] for name in expected}
            progress = Progress.from_json(str(arrays["progress"]))
            for name, array in expected.items():
                if (stored[name].shape, stored[name].dtype) != (array.shape, array.dtype):
                    raise ValueError(f"{name} is {stored[name].shape}, not {array.shape}")
    except ArraysDamagedError as error:
        raise CheckpointError(path, error) from error
    for name, variable in variables.items():
        variable.assign(stored[name])
    return progress, [stored[name] for name in best]


def save_model(model: keras.Model, path: Path) -> None:
    """Write a Keras model, replacing the file atomically."""
    with replacing(path) as temporary:
        part = temporary.with_name(f"{temporary.name}.keras")  # the extension that Keras requires
        try:
            model.save(part)
            part.replace(temporary)
        finally:
            part.unlink(missing_ok=True)


def _variables(
    model: keras.Model, optimizer: keras.optimizers.Optimizer
) -> dict[str, keras.Variable]:
    """The variables by their names in the file."""
    owners = (("model", model), ("optimizer", optimizer))
    return {f"{kind}_{i}": v for kind, owner in owners for i, v in enumerate(owner.variables)}


def _assert_size(arrays: NpzFile, sizes: dict[str, int]) -> None:
    """Before anything is read into memory, raise ValueError unless the file holds a progress and
    arrays of these names, none of them larger than it should be; `sizes` are in bytes."""
    most = {f"{name}.npy": size + _HEADER for name, size in sizes.items()}
    most["progress.npy"] = _MAX_PROGRESS
    assert arrays.zip is not None  # it is open
    sizes_stored = {entry.filename: entry.file_size for entry in arrays.zip.infolist()}
    if sizes_stored.keys() != most.keys():
        raise ValueError(
            f"it holds {len(sizes_stored)} arrays that are not the {len(most)} expected"
        )
    if large := [name for name in most if sizes_stored[name] > most[name]]:
        raise ValueError(f"{large[0]} is larger than expected")
