"""The training digits most like one: its nearest neighbours."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.digits.datasets.dataset import Dataset
from pages.components.analysis.split_predictions import SplitPredictions
from pages.components.shell import classes, empty_states
from pages.components.shell.classes import thing, things
from pages.components.shell.neighbours import training_digits
from pages.components.shell.text import plain
from pages.components.widgets.images.digit_grid import digit_strip

NEIGHBOURS = 6


def show_neighbours(
    predictions: SplitPredictions,
    image: NDArray[np.uint8],
    own: int | None,
    digits: tuple[int, int],
    on_click: Callable[[int], None],
) -> None:
    """The nearest training digits of two classes.

    Args:
        predictions: Those of the network whose last hidden layer is used.
        image: (28, 28) uint8.
        own: Index of the image itself among the training digits, to leave it out; or None.
        digits: The two classes.
        on_click: Called with the index of the training digit that is clicked.
    """
    data = predictions.data
    st.markdown(
        f"**Most similar training {things()}** (nearest neighbours)",
        help=f"By distance in the network's last hidden layer, which represents similar {things()} "
        "similarly. A click on one opens it.",
    )
    index = training_digits(predictions.run, data, predictions.epoch)
    if index is None:
        return
    if not index.complete:
        st.caption(f"{index.indices.size:,} {things()} searched so far.")
    columns = st.columns(2, gap="medium")
    for column, digit in zip(columns, digits, strict=True):
        nearest, distances = index.nearest(image, NEIGHBOURS + 1, [digit])
        others = np.flatnonzero(nearest != own)[:NEIGHBOURS]
        with column:
            _show_nearest(data, digit, nearest[others], distances[others], on_click)


def _show_nearest(
    data: Dataset,
    digit: int,
    nearest: NDArray[np.int64],
    distances: NDArray[np.float32],
    on_click: Callable[[int], None],
) -> None:
    """The training digits of a class that are nearest, by index, with their distances."""
    if not nearest.size:
        st.caption(empty_states.no_digit(digit))
        return
    st.caption(f"Among the {plain(classes.several(digit))}, nearest at distance {distances[0]:.2f}")
    a_digit = classes.capital_a(digit)
    names = [
        f"{a_digit}, training {thing()} No. {index:,}, distance {distance:.2f}"
        for index, distance in zip(nearest, distances, strict=True)
    ]
    digit_strip(data.x_train[nearest], names, nearest, on_click=on_click, key=f"neighbours-{digit}")
