"""What a data set is: images with labels."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images of digits with their labels; all arrays are read-only.

    Attributes:
        name: "mnist", or "sample" where the offline sample stands in for it.
        x_train: (n, 28, 28) uint8, 0 is paper and 255 is ink.
        y_train: (n,) uint8, 0 to 9.
        x_test: (m, 28, 28) uint8.
        y_test: (m,) uint8.
        source: Where the data came from, in words. Visitors read it, so it names no folder.
        warnings: What went wrong on the way, one sentence each.
    """

    name: Literal["mnist", "sample"]
    x_train: NDArray[np.uint8] = field(repr=False)
    y_train: NDArray[np.uint8] = field(repr=False)
    x_test: NDArray[np.uint8] = field(repr=False)
    y_test: NDArray[np.uint8] = field(repr=False)
    source: str
    warnings: tuple[str, ...] = ()
