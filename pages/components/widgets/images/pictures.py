"""Arrays as pictures that HTML can show."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.digits.data_uri import data_uri, png_uri


def svg_uri(svg: str) -> str:
    """A drawing, the text of an SVG file, as an address."""
    return data_uri(svg.encode(), "image/svg+xml")


def large_picture(image: NDArray[np.uint8], alt: str) -> None:
    """Show a digit so large that its pixels can be seen.

    Args:
        image: As for `png_uri`.
        alt: What a screen reader says; safe in HTML.
    """
    st.html(f'<img src="{png_uri(image)}" alt="{alt}" class="large-picture">')


def pictures_in_a_row(pictures: Sequence[tuple[NDArray[np.uint8], str]]) -> None:
    """Show up to three pictures side by side, on a phone, too.

    Args:
        pictures: Of each the picture, as for `png_uri`, and its title.
    """
    figures = [
        f'<figure><img src="{png_uri(picture)}" alt="" class="tiles">'
        f"<figcaption>{escape(title)}</figcaption></figure>"
        for picture, title in pictures
    ]
    st.html(f'<div class="pictures-in-a-row">{"".join(figures)}</div>')
