"""Front page: draw a digit and see at once what the network predicts."""

from itertools import count
from typing import Any

import streamlit as st

from mnist_core.answers import Prediction
from mnist_core.runs.run import Run
from pages.components.draw import (
    accept_rejected,
    calibration_popover,
    canvas,
    labelling,
    live_bars,
    next_steps,
    number,
    photo,
    stored_canvas,
    stored_drawings,
)
from pages.components.draw.canvas_answer import CanvasAnswer, of_canvas
from pages.components.draw.look_closer import look_closer
from pages.components.shell import classes, frame, menu, networks, projector_view
from pages.components.shell.state import ASKED_UNIT
from pages.components.shell.text import plain
from pages.components.widgets import probability_bars

STAMPS = count()


@st.fragment
def draw(run: Run, network: str | None, taken: dict[str, str]) -> None:
    """The canvas and all that depends on it; reruns by itself after every stroke."""
    if not run.usable:
        st.rerun()  # another visitor deleted it: rerun the whole page, which chooses another
    predictor, drawing = networks.predictor(run), canvas.drawing()
    # The answer is computed before anything is sent, and sent first: what comes late is drawn late.
    found = of_canvas(run, predictor, drawing)
    guide = st.container()
    with st.container(key="stage"):  # canvas.css says where each part stands
        with st.container(key="probability-bars"):
            show_bars(found, network, drawing, predictor.temperature)
        with st.container(key="surface"):
            canvas.canvas()
        beside = st.container(key="beside")
    unlabelled = found.unlabelled(run)
    with beside:
        show_answer(found, unlabelled)
    if not run.config.data:
        with guide:
            labelling.guide(None if found.number else unlabelled)
    next_steps.next_steps(taken)
    with st.container():  # so that what follows keeps its place when another view is opened
        look_closer(run, predictor, found.answer, found.own)
    stored_canvas.keep(drawing)
    stored_drawings.keep()


def show_bars(
    found: CanvasAnswer, network: str | None, drawing: dict[str, Any], temperature: float
) -> None:
    """The digit with its ten bars, and the network at work; a click on a unit leads to it."""
    stamp = next(STAMPS)
    probability_bars.answer(found.answer, stamp, found.number.text if found.number else "")
    shown = found.own if isinstance(found.answer, Prediction) else []
    unit = live_bars.live_bars(
        network, drawing, found.strokes, shown, temperature, found.whole, stamp
    )
    if unit:
        st.session_state[ASKED_UNIT] = unit
        st.switch_page("pages/network.py")


def show_answer(found: CanvasAnswer, unlabelled: labelling.Unlabelled | None) -> None:
    """The answer in words, of a number with a box on each digit, and what the visitor can say."""
    if found.number:
        brush = canvas.brush()
        picture = number.drawn(found.strokes, found.number.size[0], brush)
        number.show(found.number, found.digit, picture, "canvas", brush)
    probability_bars.words(found.answer)
    accept_rejected.accept_rejected(found.answer, "canvas")
    with st.container():  # so that what follows keeps its place where there is nothing to label
        if unlabelled:
            labelling.label_choice(unlabelled)


def about_classes(run: Run) -> str:
    """What a network of somebody's own data reads, and what it can't, in Markdown."""
    if not run.config.data:
        return ""
    return (
        f"It knows {', '.join(map(plain, classes.names()))} alone, one at a time, and takes "
        "whatever is drawn for one of them: numbers, the rejection of what is no digit, saved "
        "drawings and fine-tuning are made for digits."
    )


frame.page("Draw")
st.title("A neural network that reads your handwriting. Train your own in a minute.", anchor=False)
run = networks.chosen_network()
draw(run, live_bars.publish(run, networks.classifier(run)), menu.carried("Draw"))
with st.container(horizontal=True, vertical_alignment="center"):
    st.caption(f"Network in use: **{plain(run.name)}**. {about_classes(run)}", width="content")
    calibration_popover.explain(run)
    projector_view.switch()
photo.photo(run)
