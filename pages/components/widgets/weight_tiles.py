"""Numbers as pictures: weights and activations, many small tiles in one image."""

from __future__ import annotations

import base64
import io

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

POSITIVE, NEGATIVE = (234, 88, 12), (37, 99, 235)  # orange and blue, told apart by everyone
GAP = 1  # pixels between tiles


def tiles(values: NDArray[np.floating], columns: int, described: str, key: str) -> None:
    """Show tiles side by side: orange where positive, blue where negative, clear where zero.

    Every pixel is a value; its strength is relative to the largest magnitude of all tiles, of
    which one in a hundred may be beyond the scale.

    Args:
        values: (n, height, width).
        columns: tiles in a row.
        described: what a screen reader says.
        key: of the container.
    """
    picture = Image.fromarray(mosaic(values, columns), "RGBA")
    png = io.BytesIO()
    picture.save(png, "PNG")
    data = base64.b64encode(png.getvalue()).decode("ascii")
    with st.container(key=key):
        st.html(
            f'<img src="data:image/png;base64,{data}" alt="{described}" '
            'style="width:100%;image-rendering:pixelated;display:block">'
        )


def mosaic(values: NDArray[np.floating], columns: int) -> NDArray[np.uint8]:
    """The tiles as one RGBA image; the opacity of a pixel is the magnitude of its value."""
    count, height, width = values.shape
    columns = min(columns, count)
    rows = -(-count // columns)
    limit = max(float(np.quantile(np.abs(values), 0.99)), 1e-12)
    shape = (rows * (height + GAP) - GAP, columns * (width + GAP) - GAP, 4)
    image = np.zeros(shape, np.uint8)
    for index, tile in enumerate(values):
        top, left = (index // columns) * (height + GAP), (index % columns) * (width + GAP)
        place = image[top : top + height, left : left + width]
        place[..., :3] = np.where((tile >= 0)[..., None], POSITIVE, NEGATIVE)
        place[..., 3] = np.rint(255 * np.minimum(np.abs(tile) / limit, 1))
    return image
