"""Front page: draw a digit and see at once what the network makes of it."""

from itertools import count
from typing import Any

import numpy as np
import streamlit as st

from mnist_core import preprocessing, strokes
from mnist_core.inference import Classifier
from mnist_core.preprocessing import Digit
from mnist_core.runs import Run
from pages.components import canvas, honesty, layout, live_bars, my_drawings, photo, prediction

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
    stamp = next(STAMPS)
    guide = st.container() if my_drawings.guided() else None
    with st.container(horizontal=True, gap="small"):
        with st.container(width="content"):
            drawing = canvas.canvas()
        answer = st.container(width="content", gap="small")
        bars = st.container(width=360, gap="small")
    lines, found = read(drawing)
    digit = found if isinstance(found, Digit) else None
    image = probabilities = verdict = None
    temperature = honesty.temperature(run)
    if digit:
        image = digit.image
        probabilities, verdict = honesty.answer(classifier, image, temperature)
    named = verdict.digit if verdict else None
    with answer:
        prediction.predicted_digit(named, stamp)
        prediction.network_input(image, stamp, styled=False)
        prediction.doubt(verdict.in_short() if verdict else "")
    with bars:
        doubtful = digit is not None and named is None
        prediction.probability_bars(probabilities, stamp, doubtful=doubtful, styled=False)
        with st.container(key="verdict"):
            if verdict is None:
                st.info(found)
            elif verdict.kind == "digit":
                prediction.spoken(verdict.in_words())
            else:
                st.warning(verdict.in_words())
    live_bars.live_bars(
        network, drawing, lines, side=canvas.SIDE, temperature=temperature, stamp=stamp
    )
    if digit:
        my_drawings.correction(run, lines, named)
    if guide:
        with guide:
            my_drawings.guide(drawn=digit is not None)
    more(run, classifier, digit, lines, stamp)


def read(drawing: dict[str, Any]) -> tuple[list[np.ndarray], Digit | str]:
    """The drawing's strokes, and the digit that they make or else a sentence for the visitor."""
    try:
        lines = strokes.from_fabric(drawing)
    except strokes.StrokeError as error:
        return [], str(error)
    if not drawing["objects"]:
        return [], "The answer appears here."
    found = preprocessing.from_strokes(lines, brush=canvas.brush())
    return lines, found if isinstance(found, Digit) else found.reason


def more(
    run: Run, classifier: Classifier, digit: Digit | None, lines: list[np.ndarray], stamp: int
) -> None:
    """What one can look into below; only what is open is loaded and computed."""
    chosen = st.segmented_control("Look closer", MORE, format_func=MORE.get, key="more")
    if chosen == "drawings":
        my_drawings.my_drawings()
    elif chosen and digit is None:
        st.info("Draw a digit first.")
    elif chosen == "steps":
        from pages.components import steps

        steps.steps(digit, classifier)
        steps.omissions(digit, lines, classifier, canvas.brush())
    elif chosen == "why":
        from pages.components import why

        why.why(run, classifier, digit.image)
    elif chosen == "second":
        from pages.components import second_network

        second_network.second_network(run, digit.image, stamp)


layout.page("Draw")
st.title("Draw a digit")
run = layout.chosen_network()
classifier = layout.classifier(run)
prediction.styles()
draw(run, classifier, live_bars.publish(run, classifier))
with st.container(horizontal=True, vertical_alignment="center"):
    st.caption(f"Network in use: **{layout.plain(run.name)}**", width="content")
    honesty.explain(run)
photo.photo(run, classifier)
