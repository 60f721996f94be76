"""What is computed from a run's weights, cached beside the run.

A cached result says what it was made of, first of all the checksum of the weights, and is used for
that alone. Modification times would not do: the weights that an upgrade or a copy brings may be
older than the results of those that they replace.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from mnist_core.runs import environment, files
from mnist_core.runs.files import ArraysDamagedError
from mnist_core.runs.run import Run

_MADE_OF = "made_of"
_Result = TypeVar("_Result")


def directory(run: Run) -> Path:
    """Where results that are computed after training are cached: for a shipped network in
    `.results` in the users' runs directory, so that the project's own stays as it was installed."""
    return environment.results_directory(run.id) if run.pretrained else run.directory


def make_directory(run: Run) -> Path:
    """`directory`, created for a shipped network. A deleted run's is not created again.

    Raises:
        OSError: It can't be created.
    """
    if run.pretrained:
        directory(run).mkdir(parents=True, exist_ok=True)
    return directory(run)


def load(
    run: Run, name: str, made_of: Sequence[int], read: Callable[[NpzFile], _Result | None]
) -> _Result | None:
    """What `save` left in the file `name`; None if there is nothing, if it was made of anything
    else, or if it is damaged: it is then computed and saved anew.

    Args:
        run: The run.
        name: The file's name.
        made_of: As for `save`.
        read: Makes the result from the arrays; None if it is of other data. It may raise anything.
    """
    try:
        with files.reading_arrays(directory(run) / name) as arrays:
            return read(arrays) if arrays[_MADE_OF].tolist() == list(made_of) else None
    except (OSError, ArraysDamagedError):
        return None


def save(run: Run, name: str, made_of: Sequence[int], arrays: Mapping[str, NDArray]) -> None:
    """Cache arrays in the file `name`, an .npz.

    Where nothing can be written, or the run has been deleted meanwhile, nothing is: whoever asks
    again computes them again.

    Args:
        run: The run.
        name: The file's name.
        made_of: The `files.checksum` of the weights, then whatever else the arrays depend on.
        arrays: By name.
    """
    with suppress(OSError):
        if make_directory(run).is_dir():
            files.save_arrays(directory(run) / name, {**arrays, _MADE_OF: np.array(made_of)})
