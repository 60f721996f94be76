"""Numbers as pictures: weights and activations, many small tiles in one image."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.config import palette
from mnist_core.config.sizes import MAX_LEVEL
from mnist_core.digits.data_uri import png_uri
from pages.components.widgets.browser import clickable

POSITIVE, NEGATIVE = palette.rgb(palette.FOR_MARK), palette.rgb(palette.AGAINST_MARK)
GAP = 1  # pixels between tiles


def tiles(
    values: NDArray[np.floating],
    columns: int,
    described: str,
    key: str,
    names: Sequence[str] = (),
    on_click: Callable[[int], None] | None = None,
    shows: str = "",
) -> None:
    """Show tiles side by side: blue where positive, orange where negative, clear where zero.

    Each pixel is a value. Its opacity is relative to the largest magnitude in all tiles, leaving
    out the largest hundredth, which has full opacity.

    Args:
        values: (n, height, width).
        columns: Tiles in a row.
        described: What a screen reader says.
        key: Name of the container, or of the widget where tiles can be clicked.
        names: What each tile is, where tiles can be clicked.
        on_click: Called with the index of the tile that is clicked.
        shows: Selector of what a click shows; the page scrolls there.
    """
    picture = png_uri(mosaic(values, columns))
    html = f'<img src="{picture}" alt="{escape(described)}" class="tiles">'
    if on_click is None:
        with st.container(key=key):
            st.html(html)
        return
    columns = min(columns, len(values))
    width, height = 100 / columns, 100 / -(-len(values) // columns)
    buttons = "".join(
        f'<button type="button" data-index="{index}" title="{escape(name)}" '
        f'aria-label="{escape(name)}" style="width:{width:.4f}%;height:{height:.4f}%;'
        f'left:{index % columns * width:.4f}%;top:{index // columns * height:.4f}%"></button>'
        for index, name in enumerate(names)
    )
    html = f'<div class="tiles-to-click" data-shows="{escape(shows)}">{html}{buttons}</div>'
    clickable.show(html, on_click, key)


def cells(values: NDArray[np.floating], columns: int, described: str) -> str:
    """The HTML of a picture in which each of n values is a cell, for `clickable.show`: a click on a
    cell reports its place.

    Args:
        values: (n,), coloured as in `tiles`.
        columns: Cells in a row, at most.
        described: What a screen reader says.
    """
    columns = min(columns, values.size)
    padded = np.pad(values, (0, -values.size % columns))
    picture = png_uri(mosaic(padded.reshape(1, -1, columns), 1))
    return (
        f'<img src="{picture}" alt="{escape(described)}" class="tiles" data-cells="{values.size}">'
    )


def mosaic(values: NDArray[np.floating], columns: int) -> NDArray[np.uint8]:
    """The tiles as one RGBA image, (height, width, 4) uint8; see `tiles`."""
    count, height, width = values.shape
    columns = min(columns, count)
    rows = -(-count // columns)
    limit = max(float(np.quantile(np.abs(values), 0.99)), 1e-12)
    shape = (rows * (height + GAP) - GAP, columns * (width + GAP) - GAP, 4)
    image = np.zeros(shape, np.uint8)
    for index, tile in enumerate(values):
        top, left = (index // columns) * (height + GAP), (index % columns) * (width + GAP)
        area = image[top : top + height, left : left + width]
        area[..., :3] = np.where((tile >= 0)[..., None], POSITIVE, NEGATIVE)
        area[..., 3] = np.rint(MAX_LEVEL * np.minimum(np.abs(tile) / limit, 1))
    return image
