"""A digit from an image file or from the camera."""

from __future__ import annotations

import streamlit as st

from mnist_core.digits.mnist_format import NothingToClassify
from mnist_core.runs.run import Run
from pages.components.draw import preprocessing_steps
from pages.components.shell import networks
from pages.components.widgets import probability_bars


def photo(run: Run) -> None:
    """An expander that takes an image and shows the prediction for it.

    Args:
        run: The network in use.
    """
    with st.expander("Upload or photograph a digit", icon=":material/photo_camera:"):
        source = st.file_uploader(
            "A photo or scan of one digit", type=["png", "jpg", "jpeg", "webp"], key="upload"
        )
        if st.toggle("Use the camera", key="use-camera"):
            taken = st.camera_input("A photo of one digit", key="camera", width=480)
            source = taken or source
        if source is None:
            return
        from mnist_core.digits.from_photo import ImageError  # see `Predictor.predict_photo`

        predictor = networks.predictor(run)
        try:
            answer = predictor.predict_photo(source.getvalue())
        except ImageError as error:
            st.error(str(error))
            return
        if isinstance(answer, NothingToClassify):
            st.info(answer.reason)
            return
        with st.container(key="photo-answer"):
            shown = st.info if answer.verdict.kind == "digit" else st.warning
            shown(answer.verdict.text)
        with st.container(width=360):
            probability_bars.probability_bars(
                answer.probabilities, look=probability_bars.look_of(answer), key="photo-bars"
            )
        preprocessing_steps.steps(predictor, answer)
