"""The Draw page's stage: the canvas, the answer beside it, and what can be done with a drawing."""

from __future__ import annotations

from itertools import count
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mnist_core.predict.predictor import Predictor
from mnist_core.runs.run import Run
from pages.components.draw.answer import accept_rejected, next_steps
from pages.components.draw.answer import several_digits as number
from pages.components.draw.canvas import canvas, stored_canvas
from pages.components.draw.canvas_answer import CanvasAnswer, of_canvas
from pages.components.draw.live import live_bars
from pages.components.draw.live.published_networks import Published
from pages.components.draw.look_closer import look_closer
from pages.components.draw.my_drawings import labelling, stored_drawings
from pages.components.shell import networks
from pages.components.shell.state import ASKED_UNIT
from pages.components.shell.steady import steady
from pages.components.widgets.charts import probability_bars

_STAMPS = count()


@st.fragment
def show_stage(run: Run, network: Published | None, taken: dict[str, str]) -> None:
    """Show the canvas and all that depends on it; reruns by itself after every stroke.

    Args:
        run: The network in use.
        network: Its weights for the browser, from `published_networks.publish`.
        taken: What links take along, from `menu.carried`.
    """
    networks.rerun_if_deleted(run)
    predictor, drawing = networks.predictor(run), canvas.drawing()
    # The answer is computed before anything is sent, and sent first: what comes late is drawn late.
    reading = of_canvas(run, predictor, drawing)
    guide = st.container()
    bars, surface, beside = places()
    with bars:
        _show_bars(reading, network, drawing, predictor)
    with surface:
        canvas.canvas()
    unlabelled = reading.unlabelled(run)
    with beside:
        _show_answer(reading, unlabelled)
    if not run.config.data:
        with guide:
            labelling.guide(None if reading.number else unlabelled)
    next_steps.next_steps(taken)
    with steady():
        if reading.strokes:
            next_steps.first_lesson()
    with steady():
        look_closer(run, predictor, reading.answer, reading.own)
    stored_canvas.keep(drawing)
    stored_drawings.keep()


def places() -> list[DeltaGenerator]:
    """The containers of the bars, of the canvas and of the words; canvas.css says where they
    stand."""
    with st.container(key="stage"):
        return [st.container(key=key) for key in ("probability-bars", "surface", "beside")]


def _show_bars(
    reading: CanvasAnswer,
    network: Published | None,
    drawing: dict[str, Any],
    predictor: Predictor,
) -> None:
    """The digit with its ten bars, and the network at work; a click on a unit leads to it."""
    stamp = next(_STAMPS)
    probability_bars.answer(reading.answer, stamp, reading.number.text if reading.number else "")
    unit = live_bars.live_bars(network, drawing, reading, predictor, stamp)
    if unit:
        st.session_state[ASKED_UNIT] = unit
        st.switch_page("pages/network.py")


def _show_answer(reading: CanvasAnswer, unlabelled: labelling.Unlabelled | None) -> None:
    """The answer in words, of a number with a box on each digit, and what the visitor can say."""
    if reading.number:
        brush = canvas.brush()
        picture = number.drawn(reading.strokes, reading.number.size[0], brush)
        number.show(reading.number, reading.digit, picture, "canvas", brush)
    probability_bars.words(reading.answer)
    with steady():
        if not reading.strokes:  # else the label is asked for here
            next_steps.first_lesson()
    accept_rejected.accept_rejected(reading.answer, "canvas")
    with steady():
        if unlabelled:
            labelling.label_choice(unlabelled)
