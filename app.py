"""Front page: draw a digit and see at once what the network makes of it."""

import numpy as np
import streamlit as st

from mnist_core import preprocessing, strokes
from mnist_core.inference import Classifier
from pages.components import layout, prediction
from pages.components.canvas import canvas


@st.fragment
def draw(classifier: Classifier) -> None:
    """The canvas and what follows from it; reruns by itself after every stroke."""
    with st.container(horizontal=True, gap="large"):
        with st.container(width="content"):
            drawing = canvas()
        result = st.container(width=420)
    image = probabilities = digit = None
    try:
        found = preprocessing.from_strokes(strokes.from_fabric(drawing))
    except strokes.StrokeError as error:
        said = str(error)
    else:
        if isinstance(found, preprocessing.Digit):
            image = found.image
            probabilities = classifier.probabilities(image[np.newaxis])[0]
            digit = int(probabilities.argmax())
        else:
            said = found.reason if drawing["objects"] else "The answer appears here."
    with result:
        with st.container(horizontal=True, gap="large", vertical_alignment="center"):
            prediction.predicted_digit(digit)
            with st.container(width="content", gap="small"):
                prediction.network_input(image)
                st.caption("What the network sees: 28 × 28 pixels", width=112)
        if digit is None:
            st.info(said)
        prediction.probability_bars(probabilities)


layout.page("Draw", ":material/draw:")
st.title("Draw a digit")
run = layout.chosen_network()
st.markdown(
    "Draw a digit from 0 to 9 with mouse, pen or finger. "
    f"Network in use: **{layout.plain(run.name)}**, to be changed in the sidebar."
)
draw(layout.classifier(run))
