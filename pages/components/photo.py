"""A digit from an image file or the camera."""

from __future__ import annotations

import streamlit as st

from mnist_core.inference import Classifier
from mnist_core.preprocessing import Digit
from mnist_core.runs import Run
from pages.components import honesty, prediction, steps


def photo(run: Run, classifier: Classifier) -> None:
    """An expander that takes an image and shows what the network makes of it."""
    with st.expander("Upload or photograph a digit", icon=":material/photo_camera:"):
        source = st.file_uploader(
            "An image of one digit on paper", type=["png", "jpg", "jpeg", "webp"], key="upload"
        )
        if st.toggle("Use the camera", key="use-camera"):
            taken = st.camera_input("A photograph of one digit", key="camera", width=480)
            source = taken or source
        if source is None:
            return
        from mnist_core import pixels  # SciPy's part for images takes a while to load

        try:
            found = pixels.from_image(pixels.open_image(source.getvalue()))
        except pixels.ImageError as error:
            st.error(str(error))
            return
        if not isinstance(found, Digit):
            st.info(found.reason)
            return
        probabilities, verdict = honesty.answer(classifier, found.image, honesty.temperature(run))
        with st.container(key="photo-answer"):
            shown = st.info if verdict.kind == "digit" else st.warning
            shown(verdict.in_words())
        with st.container(width=360):
            prediction.probability_bars(
                probabilities, look="faint" if verdict.digit is None else "", key="photo-bars"
            )
        steps.steps(found, classifier)
