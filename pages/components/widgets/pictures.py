"""Arrays as pictures that HTML can show."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from html import escape

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image


def data_uri(image: NDArray[np.uint8], compression: int = 1) -> str:
    """A picture as the address of a PNG.

    Args:
        image: Grey, RGB or RGBA: (h, w), (h, w, 3) or (h, w, 4) uint8.
        compression: 0 to 9. High levels make small files, and take long.
    """
    png = io.BytesIO()
    Image.fromarray(image).save(png, "PNG", compress_level=compression)
    return "data:image/png;base64," + base64.b64encode(png.getvalue()).decode("ascii")


def svg_uri(svg: str) -> str:
    """A drawing, the text of an SVG file, as an address."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode("ascii")


def large_picture(image: NDArray[np.uint8], alt: str) -> None:
    """Show a digit so large that its pixels can be seen.

    Args:
        image: As for `data_uri`.
        alt: What a screen reader says; safe in HTML.
    """
    st.html(f'<img src="{data_uri(image)}" alt="{alt}" class="large-picture">')


def pictures_in_a_row(pictures: Sequence[tuple[NDArray[np.uint8], str]]) -> None:
    """Show up to three pictures side by side, on a phone, too.

    Args:
        pictures: Of each the picture, as for `data_uri`, and its title.
    """
    figures = [
        f'<figure><img src="{data_uri(picture)}" alt="" class="tiles">'
        f"<figcaption>{escape(title)}</figcaption></figure>"
        for picture, title in pictures
    ]
    st.html(f'<div class="pictures-in-a-row">{"".join(figures)}</div>')
