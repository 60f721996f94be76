"""A data set: images with labels."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mnist_core.config.sizes import DIGIT_NAMES


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images of digits, or of whatever else was imported, with their labels; all arrays are
    read-only.

    Attributes:
        name: "mnist", or "sample" where the offline sample stands in for it, or the id of an
            imported data set.
        x_train: (n, 28, 28) uint8, 0 is paper and 255 is ink.
        y_train: (n,) uint8, indices into `names`.
        x_test: (m, 28, 28) uint8.
        y_test: (m,) uint8, likewise.
        source: Where the data came from, in words. Visitors read it, so it names no folder.
        warnings: What went wrong while it was loaded, one sentence each.
        names: What the classes are called.
    """

    name: str
    x_train: NDArray[np.uint8] = field(repr=False)
    y_train: NDArray[np.uint8] = field(repr=False)
    x_test: NDArray[np.uint8] = field(repr=False)
    y_test: NDArray[np.uint8] = field(repr=False)
    source: str
    warnings: tuple[str, ...] = ()
    names: tuple[str, ...] = DIGIT_NAMES
