"""A digit from an image file or from the camera."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

import streamlit as st

from mnist_core.digits.mnist_format import NothingToClassify
from mnist_core.runs.run import Run
from pages.components.draw import insist, preprocessing_steps
from pages.components.shell import drawings, networks
from pages.components.widgets import probability_bars

NO_CAMERA = (
    "The camera can't be used here: browsers allow it only on pages whose address begins with "
    "https:// and on one's own computer (localhost). Take the photo with your camera app and "
    "upload it above."
)


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
            if camera_allowed(st.context.url):
                taken = st.camera_input("A photo of one digit", key="camera", width=480)
                source = taken or source
            else:
                st.info(NO_CAMERA)
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
        answer = drawings.heeded(answer)
        with st.container(key="photo-answer"):
            shown = st.info if answer.verdict.kind == "digit" else st.warning
            shown(answer.verdict.text)
            insist.insist(answer, "photo")
        with st.container(width=360):
            probability_bars.probability_bars(
                answer.probabilities, look=probability_bars.look_of(answer), key="photo-bars"
            )
        preprocessing_steps.steps(predictor, answer)


def camera_allowed(address: str | None) -> bool:
    """Whether browsers lend the camera to a page of this address: only over https or from the
    visitor's own computer (W3C, Secure Contexts, 3.1). True where the address is not known."""
    parts = urlsplit(address or "")
    host = parts.hostname or ""
    if parts.scheme != "http" or host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False  # a name
