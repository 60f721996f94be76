"""Front page: draw a digit and see at once what the network makes of it."""

from itertools import count
from typing import Any

import numpy as np
import streamlit as st

from mnist_core.digits import fabric, from_strokes
from mnist_core.digits.mnist_format import Digit, NothingToClassify
from mnist_core.digits.strokes import StrokeError
from mnist_core.network.inference import Classifier
from mnist_core.runs.run import Run
from pages.components.draw import canvas, labelling, live_bars, my_drawings, photo
from pages.components.shell import frame, networks, prediction
from pages.components.shell.text import plain
from pages.components.widgets import probability_bars

STAMPS = count()
MORE = {
    "steps": "How the network sees it",
    "why": "Why this answer?",
    "second": "Ask a second network",
    "drawings": "My drawings",
}


@st.fragment
def draw(run: Run, classifier: Classifier, network: dict[str, Any] | None) -> None:
    """The canvas and what follows from it; reruns by itself after every stroke."""
    if not run.usable:
        st.rerun()  # another visitor has deleted it: the whole page chooses another one
    stamp = next(STAMPS)
    drawing = canvas.drawing()
    lines, found = read(drawing)
    temperature = prediction.temperature(run)
    digit = image = probabilities = named = None
    if isinstance(found, Digit):
        digit, image = found, found.image
        probabilities, verdict = prediction.answer(classifier, image, temperature)
        named, kind = verdict.digit, verdict.kind
        doubt, words = verdict.in_short(), verdict.in_words()
    else:
        doubt, words, kind = found.in_short, found.reason, "hint"
    # Nothing is sent before all is known, and the answer first: what comes late is drawn late.
    guide = st.container()
    with st.container(horizontal=True, gap="small"):
        surface = st.container(width="content")
        with st.container(width="content"):
            probability_bars.answer(named, doubt, image, stamp)
        with st.container(width=360):
            probability_bars.bars_and_words(
                probabilities, "" if kind == "digit" else words, kind, stamp
            )
    with surface:
        canvas.canvas()
    live_bars.live_bars(
        network, drawing, lines, side=canvas.SIDE, temperature=temperature, words=words, stamp=stamp
    )
    shown = (tuple(lines), named, run.name) if digit else None
    with st.container():  # so that nothing below moves where there is nothing to correct
        if shown:
            labelling.correction(shown)
    if labelling.guided():
        with guide:
            labelling.guide(shown)
    more(run, classifier, digit, lines)


def read(drawing: dict[str, Any]) -> tuple[list[np.ndarray], Digit | NothingToClassify]:
    """The drawing's strokes, and the digit that they make or else what the visitor is told."""
    try:
        lines = fabric.read_fabric(drawing)
    except StrokeError as error:
        return [], NothingToClassify(str(error), "unreadable", "unreadable")
    if not drawing["objects"]:
        return [], NothingToClassify("The answer appears here.", "blank")
    return lines, from_strokes.digit_from_strokes(lines, brush=canvas.brush())


def more(run: Run, classifier: Classifier, digit: Digit | None, lines: list[np.ndarray]) -> None:
    """What one can look into below; only what is open is loaded and computed."""
    chosen = st.pills("Look closer", MORE, format_func=MORE.get, key="more")
    if chosen == "drawings":
        my_drawings.my_drawings(run)
    elif chosen and digit is None:
        st.info("Draw a digit first.")
    elif chosen == "steps":
        from pages.components.draw import preprocessing_steps

        preprocessing_steps.steps(digit, classifier)
        preprocessing_steps.omissions(digit, lines, classifier, canvas.brush())
    elif chosen == "why":
        from pages.components.draw import why

        why.why(run, classifier, digit.image)
    elif chosen == "second":
        from pages.components.draw import second_network

        second_network.second_network(run, digit.image)


frame.page("Draw")
st.title("Draw a digit")
run = networks.chosen_network()
classifier = networks.classifier(run)
draw(run, classifier, live_bars.publish(run, classifier))
with st.container(horizontal=True, vertical_alignment="center"):
    st.caption(f"Network in use: **{plain(run.name)}**", width="content")
    prediction.explain(run)
photo.photo(run, classifier)
