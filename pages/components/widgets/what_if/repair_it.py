"""Repair it: paint on a digit's pixels, and see what a network predicts then."""

from __future__ import annotations

import zlib

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.config.formatting import count
from mnist_core.config.sizes import IMAGE_SIDE, INPUTS, MAX_LEVEL
from mnist_core.predict.predictor import Predictor
from pages.components.shell import classes
from pages.components.shell.classes import thing
from pages.components.shell.javascript import component
from pages.components.widgets.charts import probability_bars

TITLE = "Repair it · Paint"
HTML = f"""<div class="repair"><div class="repair-digit">
<canvas width="{IMAGE_SIDE}" height="{IMAGE_SIDE}" tabindex="0" role="application"
aria-label="The image's pixels. Arrow keys move, space paints, with shift it erases."></canvas>
<i aria-hidden="true"></i></div><div role="group" aria-label="Tool">
<button type="button" data-tool="ink" aria-pressed="true">Ink</button>
<button type="button" data-tool="eraser" aria-pressed="false">Eraser</button>
<button type="button" data-tool="reset">Start again</button></div></div>"""


@st.fragment
def repair_it(predictor: Predictor, image: NDArray[np.uint8], label: int | None = None) -> None:
    """Show the digit to paint on, and the network's answer beside it.

    Args:
        predictor: The network.
        image: (28, 28) uint8.
        label: The digit's label; None where it is not known.
    """
    until = "reads what you mean" if label is None else f"reads {classes.a_shown(label)}"
    st.markdown(
        f"What is it about this {thing()}? Add ink or take some away until the network {until}."
    )
    left, right = st.columns([2, 3], gap="medium")
    key = f"repair-{zlib.crc32(image.tobytes())}"
    with left:
        painted = component(__file__, HTML)(
            key=key,
            data={"levels": image.ravel().tolist(), "side": IMAGE_SIDE, "most": MAX_LEVEL},
            on_levels_change=lambda: None,  # without it the component keeps no state
        )
    now = image if painted.levels is None else read_levels(painted.levels)
    with right:
        if now is None:
            st.error(f"The painted {thing()} can't be read. Choose “Start again”.")
            return
        prediction = predictor.predict_image(now)
        changed = count(int((now != image).sum()), "pixel")
        wrong = label is not None and int(prediction.probabilities.argmax()) != label
        repaired = label is not None and not wrong and (now != image).any()
        mark = " Repaired." if repaired else ""
        st.markdown(f"{prediction.verdict.text}{mark} {changed} changed.")
        probability_bars.probability_bars(
            prediction.probabilities,
            look=probability_bars.look_of(prediction) or ("wrong" if wrong else ""),
            key="repaired-probabilities",
        )


def read_levels(painted: object) -> NDArray[np.uint8] | None:
    """The image that the browser sent, (28, 28) uint8; None if it is none."""
    if not isinstance(painted, list) or len(painted) != INPUTS:
        return None
    if not all(isinstance(level, int) and 0 <= level <= MAX_LEVEL for level in painted):
        return None
    return np.array(painted, np.uint8).reshape(IMAGE_SIDE, IMAGE_SIDE)
