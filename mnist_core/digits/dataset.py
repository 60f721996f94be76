"""What a data set is: images with labels."""

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images of digits with their labels; all arrays are read-only.

    Attributes:
        name: "mnist" or "sample".
        x_train: (n, 28, 28) uint8, 0 is paper and 255 is ink.
        y_train: (n,) uint8, 0 to 9.
        x_test: (m, 28, 28) uint8.
        y_test: (m,) uint8.
        source: where the data came from, in words; no folder of this computer, as visitors read it.
        warnings: what went wrong on the way, one sentence each.
    """

    name: str
    x_train: np.ndarray = field(repr=False)
    y_train: np.ndarray = field(repr=False)
    x_test: np.ndarray = field(repr=False)
    y_test: np.ndarray = field(repr=False)
    source: str
    warnings: tuple[str, ...] = ()
