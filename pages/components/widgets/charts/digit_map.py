"""A map of digits: points to hover, click and lasso; digit_map.js draws it."""

from __future__ import annotations

import base64
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

HTML = (
    '<div class="digit-map" role="group" aria-label="Map"><div class="tools">'
    '<button type="button" class="loop">Draw a loop</button>'
    '<button type="button" class="move">Move</button>'
    '<button type="button" class="zoom-in" aria-label="Zoom in">+</button>'
    '<button type="button" class="zoom-out" aria-label="Zoom out">−</button>'
    '<button type="button" class="whole">Whole map</button>'
    '<button type="button" class="no-loop" hidden>Remove the loop</button></div>'
    '<div class="legend" role="group" aria-label="Shown on the map"></div>'
    '<div class="plot" tabindex="0" role="application" '
    'aria-label="Map: + and − zoom, then the arrow keys move it">'
    '<canvas></canvas><svg aria-hidden="true"></svg><figure class="hovered" hidden>'
    f'<canvas width="{IMAGE_SIDE}" height="{IMAGE_SIDE}"></canvas>'
    "<figcaption></figcaption></figure></div></div>"
)

COLUMNS = 100  # images in a row of the sprite
SHAPES = ("circle", "square", "triangle")  # of the first ten classes, the next ten, the others


class OwnDrawing(NamedTuple):
    """A drawing of the visitor's, marked by a star."""

    image: NDArray[np.uint8]  # (28, 28)
    name: str  # shown beside the pointer
    x: float  # in the points' units
    y: float


def show_sprite(uri: str) -> None:
    """Send the images that the map shows beside the pointer; the page shows nothing of them. They
    are the most of what the map needs, so this is to stand outside of the map's fragment.

    Args:
        uri: What `sprite` made.
    """
    st.html(f'<img class="map-sprite" hidden alt="" src="{uri}">')


def digit_map(
    data: dict[str, Any],
    loops: list[NDArray[np.float64]],
    key: str,
    shows: str,
    on_select: Callable[[list[list[float]]], None],
    on_click: Callable[[int], None],
    on_hide: Callable[[], None],
) -> list[int]:
    """Show a map.

    Args:
        data: What `map_data` made.
        loops: (corners, 2) each, in the points' units.
        key: Name among the page's widgets, also its CSS class `st-key-<key>`.
        shows: The key of the part of the page that shows what is selected; it is brought into view.
        on_select: Called with the loops that were drawn round points, each as x, y, x, y … of its
            corners; an empty list when the selection was cleared.
        on_click: Called with the index of the digit that was clicked.
        on_hide: Called when what is hidden has changed.

    Returns:
        The labels whose points are hidden.
    """
    hidden = component(__file__, HTML)(
        key=key,
        data=data | {"loops": [loop.tolist() for loop in loops], "shows": f".st-key-{shows}"},
        on_selected_change=lambda: on_select(st.session_state[key].selected["loops"]),
        on_clicked_change=lambda: on_click(int(st.session_state[key].clicked)),
        on_hidden_change=on_hide,
    ).hidden
    labels = range(len(classes.names()))  # the crosses and the stars can be hidden, too
    return [label for label in labels if isinstance(hidden, list) and label in hidden]


def map_data(
    points: NDArray[np.float32],
    labels: NDArray[np.uint8],
    predicted: NDArray[np.uint8],
    indices: NDArray[np.int64],
    version: str,
    own: Sequence[OwnDrawing] = (),
) -> dict[str, Any]:
    """What the map needs of n digits, ready for JSON.

    Args:
        points: (n, 2).
        labels, predicted: (n,).
        indices: (n,) places in their set, to name the digits.
        version: Changes with the digits.
        own: The visitor's own drawings.
    """
    return {
        "version": version,
        "points": _base64(points.astype("<f4")),
        "labels": _base64(labels.astype(np.uint8)),
        "predicted": _base64(predicted.astype(np.uint8)),
        "indices": _base64(indices.astype("<u4")),
        "names": list(classes.names()),
        "marks": [
            [f"digit-{label % len(DIGIT_MARKS)}", SHAPES[label // len(DIGIT_MARKS)]]
            for label in range(len(classes.names()))
        ],
        "side": IMAGE_SIDE,
        "columns": COLUMNS,
        "own": [drawing._asdict() | {"image": png_uri(drawing.image)} for drawing in own],
    }


def _base64(array: NDArray[Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")


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
