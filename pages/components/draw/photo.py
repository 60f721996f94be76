"""A digit from an image file or the camera."""

from __future__ import annotations

import streamlit as st

from mnist_core.digits.mnist_format import Digit
from mnist_core.network.inference import Classifier
from mnist_core.runs.run import Run
from pages.components.draw import preprocessing_steps
from pages.components.shell import prediction
from pages.components.widgets import probability_bars


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
        from mnist_core.digits import from_photo  # SciPy's part for images takes a while to load

        try:
            found = from_photo.digit_from_image(from_photo.open_image(source.getvalue()))
        except from_photo.ImageError as error:
            st.error(str(error))
            return
        if not isinstance(found, Digit):
            st.info(found.reason)
            return
        probabilities, verdict = prediction.answer(
            classifier, found.image, prediction.temperature(run)
        )
        with st.container(key="photo-answer"):
            shown = st.info if verdict.kind == "digit" else st.warning
            shown(verdict.in_words())
        with st.container(width=360):
            probability_bars.probability_bars(
                probabilities, look="faint" if verdict.digit is None else "", key="photo-bars"
            )
        preprocessing_steps.steps(found, classifier)
