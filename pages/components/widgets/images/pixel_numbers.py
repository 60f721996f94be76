"""A digit under a magnifier: the level of each of its pixels as a number."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

LIGHT = 117  # on levels above it black has the better contrast, at least 4.5:1


def pixel_numbers(image: NDArray[np.uint8], described: str) -> None:
    """Show each pixel's level on its own grey; what does not fit is reached by scrolling sideways.

    Args:
        image: (28, 28) uint8.
        described: What a screen reader says of the table; safe in HTML.
    """
    rows = "".join(
        "<tr>" + "".join(_cell(level) for level in row) + "</tr>" for row in image.tolist()
    )
    st.html(
        f'<div class="pixel-numbers" tabindex="0" role="region" aria-label="{described}">'
        f"<table><tbody>{rows}</tbody></table></div>"
    )


def _cell(level: int) -> str:
    kind = ' class="light"' if level > LIGHT else ""
    return f'<td{kind} style="--level:{level}">{level}</td>'
