"""What a data set is: images with labels."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mnist_core.config.sizes import DIGIT_NAMES


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images of digits, or what else somebody brought, with their labels; all arrays are read-only.

    Attributes:
        name: "mnist", or "sample" where the offline sample stands in for it, or the id of a data
            set of one's own.
        x_train: (n, 28, 28) uint8, 0 is paper and 255 is ink.
        y_train: (n,) uint8, places in `names`.
        x_test: (m, 28, 28) uint8.
        y_test: (m,) uint8.
        source: Where the data came from, in words. Visitors read it, so it names no folder.
        warnings: What went wrong on the way, one sentence each.
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
