"""A lesson's set-up on screen, without its outcome."""

from __future__ import annotations

from html import escape

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.config.config import parameter_count
from mnist_core.config.names import name_of
from mnist_core.config.sizes import CLASSES, INPUTS
from mnist_core.digits.data_uri import png_uri
from mnist_core.lessons.lesson import Lesson, Shift
from mnist_core.lessons.measuring import Measured
from mnist_core.runs import store
from pages.components.shell.text import plain
from pages.components.train.run_in_words import settings_in_words
from pages.components.widgets.images.weight_tiles import tiles


def show_setup(lesson: Lesson, measured: Measured | None) -> None:
    """Show what the lesson's text speaks of.

    Args:
        lesson: The lesson.
        measured: The outcome, of which only images and weights are shown; None for trainings, which
            are still to come.
    """
    header = lesson.header
    if header.training:
        with st.expander("All settings of the trainings", icon=":material/tune:"):
            for run in header.training.runs:
                st.markdown(f"**{plain(run.label)}**: {settings_in_words(run.training)}")
    elif header.comparison:
        runs = [store.get(name) for name in (header.comparison.first, header.comparison.second)]
        st.table(
            {
                "Network": [name_of(run.id) for run in runs],
                "Layers": [
                    " → ".join(map(str, (INPUTS, *(la.units for la in run.config.layers), CLASSES)))
                    for run in runs
                ],
                "Parameters": [f"{parameter_count(run.config)[0]:,}" for run in runs],
            },
            hide_index=True,
        )
    elif measured and header.shift:
        pictures(measured.images, places(header.shift))
    elif measured and header.unit:
        with st.container(width=280):
            tiles(
                measured.pattern[None],
                1,
                "The unit's weights as a picture",
                "unit",
            )
    elif measured and header.confidence:
        count = len(measured.images)
        pictures(measured.images, [f"drawing {number}" for number in range(1, count + 1)])


def places(shift: Shift) -> list[str]:
    """The captions of the digit as it is, and of the moved one."""
    across = f"{abs(shift.right)} to the {'right' if shift.right > 0 else 'left'}"
    down = f"{abs(shift.down)} {'down' if shift.down > 0 else 'up'}"
    moved = ", ".join(text for text, step in ((across, shift.right), (down, shift.down)) if step)
    return ["in the middle", moved or "not moved"]


def pictures(images: NDArray[np.uint8], captions: list[str]) -> None:
    """Show images in a row, each with a caption, whose first line is bold."""
    figures = []
    for image, caption in zip(images, captions, strict=True):
        first, _, rest = caption.partition("\n")
        said = f"<b>{escape(first)}</b><br>{escape(rest)}" if rest else escape(first)
        figures.append(
            f'<figure><img src="{png_uri(image)}" alt="28 by 28 pixels, {escape(first)}" '
            f'class="large-picture"><figcaption>{said}</figcaption></figure>'
        )
    st.html(f'<div class="lesson-pictures">{"".join(figures)}</div>')
