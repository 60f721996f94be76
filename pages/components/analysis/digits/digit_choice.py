"""A digit to look into a network with: the visitor's drawing, or a test digit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from mnist_core.config.formatting import article
from mnist_core.digits.mnist_format import NothingToClassify
from mnist_core.predict.answer import Number, Prediction
from mnist_core.runs.run import Run
from pages.components.shell import classes, dataset, empty_states, networks, visitor_drawings
from pages.components.shell.classes import thing
from pages.components.shell.text import plain

OWN, TEST = "drawing", "test"  # where the digit comes from
_INDEX = "way-index"


@dataclass(frozen=True, eq=False)
class ChosenDigit:
    """A digit to look into a network with.

    Attributes:
        prediction: What the network predicts for it.
        named: What digit it is, in words.
        label: Its label; None of a drawing.
    """

    prediction: Prediction
    named: str
    label: int | None


def choose_digit(run: Run) -> ChosenDigit:
    """A choice of a digit."""
    predictor = networks.predictor(run)
    drawn = visitor_drawings.on_canvas(run, predictor)
    sources = [TEST] if isinstance(drawn, NothingToClassify) else [OWN, TEST]
    labels = {OWN: "My drawing", TEST: f"A test {thing()}"}
    source = st.segmented_control(
        thing().capitalize(),
        sources,
        default=sources[0],
        format_func=labels.__getitem__,
        key="way-source",
    )
    if isinstance(drawn, NothingToClassify):
        st.caption(_why_not_offered(drawn))
    elif source == OWN:
        return ChosenDigit(*_drawn_digit(drawn), None)
    data = dataset.get()
    index = _choose_index(len(data.y_test))
    label = int(data.y_test[index])
    named = f"Test {thing()} No. {index:,}, {article(classes.shown(label))}"
    return ChosenDigit(predictor.predict_image(data.x_test[index]), named, label)


def _choose_index(count: int) -> int:
    """The number of a test digit, which stays until another is chosen; at first a random one."""
    if not 0 <= st.session_state.get(_INDEX, -1) < count:
        _choose_another(count)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        index = st.number_input(f"Test {thing()} No.", 0, count - 1, key=_INDEX, width=160)
        st.button(
            f"Another {thing()}",
            icon=":material/casino:",
            key="another-digit",
            on_click=_choose_another,
            args=(count,),
        )
    return index


def _choose_another(count: int) -> None:
    st.session_state[_INDEX] = int(np.random.default_rng().integers(count))


def _drawn_digit(drawn: Prediction | Number) -> tuple[Prediction, str]:
    """A digit of the drawing on the canvas; a choice where there are several."""
    if isinstance(drawn, Prediction):
        return drawn, "Your drawing"
    digits = [digit.prediction for digit in drawn.digits]
    index = st.segmented_control(
        "Digit of your number",
        range(len(digits)),
        default=0,
        required=True,
        format_func=lambda index: digits[index].symbol,
        key=f"drawn-digit-of-{len(digits)}",
    )
    return digits[index], f"Digit {index + 1} of your number {drawn.text}"


def _why_not_offered(drawn: NothingToClassify) -> str:
    if drawn.kind == "blank":
        return empty_states.NO_OWN_DIGIT
    return f"Your drawing on the Draw page can't be shown. {plain(drawn.reason)}"
