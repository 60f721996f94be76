"""Front page: draw a digit and see at once what the network makes of it."""

from itertools import count
from typing import Any

import numpy as np
import streamlit as st

from mnist_core import preprocessing, strokes
from mnist_core.inference import Classifier
from mnist_core.preprocessing import Digit
from mnist_core.runs import Run
from pages.components import canvas, layout, live_bars, prediction, steps

STAMPS = count()
MORE = {"steps": "How the network sees it"}


@st.fragment
def draw(run: Run, classifier: Classifier, network: dict[str, Any] | None) -> None:
    """The canvas and what follows from it; reruns by itself after every stroke."""
    stamp = next(STAMPS)
    with st.container(horizontal=True, gap="small"):
        with st.container(width="content"):
            drawing = canvas.canvas()
        answer = st.container(width="content", gap="small")
        bars = st.container(width=360, gap="small")
    lines, found = read(drawing)
    image = probabilities = digit = None
    said = found if isinstance(found, str) else ""
    if isinstance(found, Digit):
        image = found.image
        probabilities = classifier.probabilities(image[np.newaxis])[0]
        digit = int(probabilities.argmax())
    with answer:
        prediction.predicted_digit(digit, stamp)
        prediction.network_input(image, stamp)
    with bars:
        prediction.probability_bars(probabilities, stamp)
        st.caption(f"Network in use: **{layout.plain(run.name)}**, to be changed in the sidebar.")
        with st.container(key="verdict"):
            if said:
                st.info(said)
            else:
                prediction.spoken(f"This is a {digit}.")
    live_bars.live_bars(network, drawing, lines, side=canvas.SIDE, stamp=stamp)
    if isinstance(found, Digit):
        more(found, lines, classifier)


def more(found: Digit, lines: list[np.ndarray], classifier: Classifier) -> None:
    """What one can look into below; only what is open is computed."""
    chosen = st.segmented_control("Look closer", MORE, format_func=MORE.get, key="more")
    if chosen == "steps":
        steps.steps(found, classifier)
        steps.omissions(found, lines, classifier, canvas.PEN_WIDTH)


def read(drawing: dict[str, Any]) -> tuple[list[np.ndarray], Digit | str]:
    """The drawing's strokes, and the digit that they make or else a sentence for the visitor."""
    try:
        lines = strokes.from_fabric(drawing)
    except strokes.StrokeError as error:
        return [], str(error)
    if not drawing["objects"]:
        return [], "The answer appears here."
    found = preprocessing.from_strokes(lines)
    return lines, found if isinstance(found, Digit) else found.reason


layout.page("Draw", ":material/draw:")
st.title("Draw a digit")
run = layout.chosen_network()
classifier = layout.classifier(run)
draw(run, classifier, live_bars.publish(classifier))
