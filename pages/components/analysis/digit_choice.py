"""A digit to look into a network with: the visitor's drawing, or a test digit."""

from __future__ import annotations

import numpy as np
import streamlit as st

from mnist_core.config.text import article
from mnist_core.digits.mnist_format import NothingToClassify
from mnist_core.predict import Number, Prediction
from mnist_core.runs.run import Run
from pages.components.shell import dataset, drawings, empty_states, networks
from pages.components.shell.text import plain

OWN, TEST = "My drawing", "A test digit"


def choose_digit(run: Run) -> tuple[Prediction, str]:
    """A choice of a digit.

    Returns:
        What the network predicts for it, and what digit it is, in words.
    """
    predictor = networks.predictor(run)
    drawn = drawings.on_canvas(run, predictor)
    sources = [TEST] if isinstance(drawn, NothingToClassify) else [OWN, TEST]
    source = st.segmented_control("Digit", sources, default=sources[0], key="way-source")
    if isinstance(drawn, NothingToClassify):
        st.caption(_why_not_offered(drawn))
    elif source == OWN:
        return _drawn_digit(drawn)
    st.button("Another digit", icon=":material/casino:", key="another-digit")
    data = dataset.get()
    index = int(np.random.default_rng().integers(len(data.y_test)))
    named = f"Test digit No. {index:,}, {article(data.y_test[index])}"
    return predictor.predict_image(data.x_test[index]), named


def _drawn_digit(drawn: Prediction | Number) -> tuple[Prediction, str]:
    """A digit of the drawing on the canvas; a choice where there are several."""
    if isinstance(drawn, Prediction):
        return drawn, "Your drawing"
    digits = [digit.prediction for digit in drawn.digits]
    place = st.segmented_control(
        "Digit of your number", range(len(digits)), default=0, required=True,
        format_func=lambda place: digits[place].sign, key=f"drawn-digit-of-{len(digits)}",
    )  # fmt: skip
    return digits[place], f"Digit {place + 1} of your number {drawn.text}"


def _why_not_offered(drawn: NothingToClassify) -> str:
    if drawn.kind == "blank":
        return empty_states.NO_OWN_DIGIT
    return f"Your drawing on the Draw page can't be shown. {plain(drawn.reason)}"
