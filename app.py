"""Front page: draw a digit and see at once what the network makes of it."""

from itertools import count
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.digits import fabric
from mnist_core.digits.mnist_format import NothingToClassify
from mnist_core.digits.strokes import StrokeError
from mnist_core.predict import Answer, Prediction, Predictor
from mnist_core.runs.run import Run
from pages.components.draw import (
    canvas,
    how_sure,
    labelling,
    live_bars,
    my_drawings,
    photo,
    preprocessing_steps,
    second_network,
    why,
)
from pages.components.shell import frame, networks
from pages.components.shell.text import plain
from pages.components.widgets import probability_bars

Strokes = list[NDArray[np.float64]]
STAMPS = count()
MORE = {
    "steps": "How the network sees it",
    "why": "Why this answer?",
    "second": "Ask a second network",
    "drawings": "My drawings",
}


@st.fragment
def draw(run: Run, network: live_bars.PublishedNetwork | None) -> None:
    """The canvas and what follows from it; reruns by itself after every stroke."""
    if not run.usable:
        st.rerun()  # another visitor has deleted it: the whole page chooses another one
    predictor, stamp = networks.predictor(run), next(STAMPS)
    drawing = canvas.drawing()
    strokes, answer = answered(predictor, drawing)
    # Nothing is sent before all is known, and the answer first: what comes late is drawn late.
    guide = st.container()
    with st.container(horizontal=True, gap="small"):
        surface = st.container(width="content")
        with st.container(width="content"):
            probability_bars.answer(answer, stamp)
        with st.container(width=360):
            probability_bars.bars_and_words(answer, stamp)
    with surface:
        canvas.canvas()
    live_bars.live_bars(network, drawing, strokes, predictor.temperature, answer, stamp)
    shown = None
    if isinstance(answer, Prediction):
        shown = (tuple(strokes), answer.verdict.digit, run.name)
    with st.container():  # so that nothing below moves where there is nothing to correct
        if shown:
            labelling.correction(shown)
    if labelling.guided():
        with guide:
            labelling.guide(shown)
    look_closer(run, predictor, answer, strokes)


def answered(predictor: Predictor, drawing: dict[str, Any]) -> tuple[Strokes, Answer]:
    """The strokes on the canvas, and what the network makes of them."""
    try:
        strokes = fabric.read_fabric(drawing)
    except StrokeError as error:
        return [], NothingToClassify(str(error), "unreadable", "unreadable")
    if not drawing["objects"]:
        return [], NothingToClassify("The answer appears here.", "blank")
    return strokes, predictor.predict_strokes(strokes, brush=canvas.brush())


def look_closer(run: Run, predictor: Predictor, answer: Answer, strokes: Strokes) -> None:
    """What can be opened below; only what is open is computed."""
    chosen = st.pills("Look closer", list(MORE), format_func=MORE.__getitem__, key="more")
    if chosen == "drawings":
        my_drawings.my_drawings(run)
    elif chosen and isinstance(answer, NothingToClassify):
        st.info("Draw a digit first.")
    elif isinstance(answer, NothingToClassify):
        return
    elif chosen == "steps":
        preprocessing_steps.steps(predictor, answer)
        preprocessing_steps.skip_steps(predictor, strokes, canvas.brush(), answer)
    elif chosen == "why":
        why.why(run, predictor.classifier, answer)
    elif chosen == "second":
        second_network.second_network(run, answer)


frame.page("Draw")
st.title("Draw a digit")
run = networks.chosen_network()
draw(run, live_bars.publish(run, networks.classifier(run)))
with st.container(horizontal=True, vertical_alignment="center"):
    st.caption(f"Network in use: **{plain(run.name)}**", width="content")
    how_sure.explain(run)
photo.photo(run)
