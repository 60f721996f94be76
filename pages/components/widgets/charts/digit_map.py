"""A map of digits: points to hover, click and lasso; digit_map.js draws it with WebGL."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.config.palette import DIGIT_MARKS
from mnist_core.config.sizes import IMAGE_SIDE
from mnist_core.digits.data_uri import png_uri
from pages.components.shell import classes
from pages.components.shell.javascript import component
from pages.components.widgets.browser import plotly_library

HTML = (
    '<div class="digit-map" role="group" aria-label="Map">'
    '<button type="button" class="draw-loop" aria-pressed="false" hidden>'
    "Draw a loop with a finger</button>"
    '<div class="plot"></div><figure class="hovered" hidden>'
    f'<canvas width="{IMAGE_SIDE}" height="{IMAGE_SIDE}"></canvas>'
    "<figcaption></figcaption></figure></div>"
)

COLUMNS = 100  # images in a row of the sprite
SHAPES = (
    "circle",
    "square",
    "triangle-up",
)  # Plotly's symbols for the first ten classes, the next ten, the others


class OwnDrawing(NamedTuple):
    """A drawing of the visitor's, marked by a star."""

    image: NDArray[np.uint8]  # (28, 28)
    name: str  # shown beside the pointer
    x: float  # in the points' units
    y: float


def digit_map(
    data: dict[str, Any],
    loops: list[NDArray[np.float64]],
    drawing: int,
    key: str,
    on_select: Callable[[list[list[float]]], None],
    on_click: Callable[[int], None],
) -> None:
    """Show a map.

    Args:
        data: What `map_data` made.
        loops: (corners, 2) each, in the points' units. The map draws them when it or `drawing` is
            new.
        drawing: Changes when the map is to draw other loops than those it shows.
        key: Name among the page's widgets, also its CSS class `st-key-<key>`.
        on_select: Called with the loops that were drawn round points, each as x, y, x, y … of its
            corners; an empty list when the selection was cleared.
        on_click: Called with the index of the digit that was clicked.
    """
    component(__file__, HTML)(
        key=key,
        data=data
        | {
            "plotly": plotly_library.complete(),
            "loops": [loop.tolist() for loop in loops],
            "drawing": drawing,
        },
        on_selected_change=lambda: on_select(st.session_state[key].selected["loops"]),
        on_clicked_change=lambda: on_click(int(st.session_state[key].clicked)),
    )


def map_data(
    points: NDArray[np.float32],
    images: str,
    labels: NDArray[np.uint8],
    predicted: NDArray[np.uint8],
    indices: NDArray[np.int64],
    version: str,
    own: Sequence[OwnDrawing] = (),
) -> dict[str, Any]:
    """What the map needs of n digits, ready for JSON.

    Args:
        points: (n, 2).
        images: Their `sprite`.
        labels, predicted: (n,).
        indices: (n,) places in their set, to name the digits.
        version: Changes with the digits.
        own: The visitor's own drawings.
    """
    return {
        "version": version,
        "x": np.round(points[:, 0].astype(float), 3).tolist(),
        "y": np.round(points[:, 1].astype(float), 3).tolist(),
        "digits": list(range(len(classes.names()))),
        "names": list(classes.names()),
        "marks": [
            [f"digit-{label % len(DIGIT_MARKS)}", SHAPES[label // len(DIGIT_MARKS)]]
            for label in range(len(classes.names()))
        ],
        "labels": labels.tolist(),
        "predicted": predicted.tolist(),
        "indices": indices.tolist(),
        "side": IMAGE_SIDE,
        "columns": COLUMNS,
        "sprite": images,
        "own": [drawing._asdict() | {"image": png_uri(drawing.image)} for drawing in own],
    }


def sprite(images: NDArray[np.uint8]) -> str:
    """All images in rows of a hundred on one picture, as the address of a PNG.

    Args:
        images: (n, 28, 28) uint8.
    """
    rows = max(math.ceil(len(images) / COLUMNS), 1)
    tiles = np.zeros((rows * COLUMNS, IMAGE_SIDE, IMAGE_SIDE), np.uint8)
    tiles[: len(images)] = images
    in_rows = tiles.reshape(rows, COLUMNS, IMAGE_SIDE, IMAGE_SIDE).swapaxes(1, 2)
    sheet = in_rows.reshape(rows * IMAGE_SIDE, COLUMNS * IMAGE_SIDE)
    return png_uri(sheet, compression=3)
