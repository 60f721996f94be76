"""Digits from an image file or from the camera."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

import numpy as np
import streamlit as st
from PIL import Image
from streamlit.runtime.uploaded_file_manager import UploadedFile

from mnist_core.digits.data_uri import png_uri
from mnist_core.digits.mnist_format import NothingToClassify, Shade
from mnist_core.predict.answer import Answer, Number, Prediction
from mnist_core.runs.run import Run
from pages.components.draw.answer import accept_rejected, preprocessing_steps, why_this_answer
from pages.components.draw.answer import several_digits as number
from pages.components.shell import networks, visitor_drawings
from pages.components.shell.javascript import invisible
from pages.components.shell.text import plain
from pages.components.widgets.charts import probability_bars

NO_CAMERA = (
    "The camera can't be used here: browsers allow it only on pages whose address begins with "
    "https:// and on one's own computer (localhost). Take the photo with your camera app and "
    "upload it above."
)
INKS: dict[Shade, str] = {"dark": "Dark ink on light", "light": "Light ink on dark"}
CLOSER = {"steps": preprocessing_steps.TITLE, "why": why_this_answer.TITLE}
MAX_MEGABYTES = 20
PICTURE_SIDE = 640  # pixels

_LAST = "photo-from"  # which of the two widgets gave a photo last
_OPENED = "photo-opened"  # (its file's id, the image): opened once, not at every rerun


@st.fragment
def photo(run: Run) -> None:
    """An expander that takes an image and shows the prediction for it; reruns by itself.

    Args:
        run: The network in use.
    """
    networks.rerun_if_deleted(run)
    own = run.config.data is not None
    title = "Upload or take a photo" if own else "Upload or photograph digits"
    with st.expander(title, icon=":material/photo_camera:"):
        source = _source("" if own else " of a digit, or of several")
        with st.container():  # so that nothing of an earlier photo is left on the page
            if source is not None:
                _read(run, source)


def _source(of: str) -> UploadedFile | None:
    """The photo that was given last; None if there is none, or if it was refused or removed."""
    given = {
        "upload": st.file_uploader(
            f"A photo or scan{of}: choose it, drop it or paste it",
            key="upload",
            # Some systems don't know that .heic is an image.
            type=["image", "heic", "heif"],
            max_upload_size=MAX_MEGABYTES,
            on_change=_note,
            args=("upload",),
        )
    }
    st.caption(f"PNG, JPEG, WebP or HEIC, at most {MAX_MEGABYTES} MB.")
    invisible(__file__, "photo-helper")  # takes images that are pasted or dropped
    if st.toggle("Use the camera", key="use-camera", on_change=_note, args=("upload",)):
        if camera_allowed(st.context.url):
            given["camera"] = st.camera_input(
                f"A photo{of}",
                key="camera",
                width=480,
                on_change=_note,
                args=("camera",),
            )
        else:
            st.info(NO_CAMERA)
    return given.get(st.session_state.get(_LAST, "upload"))


def _note(widget: str) -> None:
    st.session_state[_LAST] = widget


def _read(run: Run, source: UploadedFile) -> None:
    from mnist_core.digits.photos.picture_file import ImageError  # see `Predictor.predict_photo`

    try:
        with st.spinner("Reading the photo"):
            image = _opened(source)
            answer = _answer(run, image, source.file_id, None)
    except ImageError as error:
        st.error(plain(str(error)))
        return
    first = answer.digits[0].prediction if isinstance(answer, Number) else answer
    turned = _may_turn(first, source.file_id)
    ink = _chosen_ink(first, source.file_id)
    if ink or not turned:
        answer = _answer(run, image, source.file_id, ink, may_turn=turned)
    if isinstance(answer, Number):
        digit = number.opened(answer, "photo")
        number.show(answer, digit, _picture(image), "photo")
        answer = answer.digits[digit].prediction
    if isinstance(answer, NothingToClassify):
        st.info(answer.reason)
    else:
        _show(run, answer)


def _opened(source: UploadedFile) -> Image.Image:
    from mnist_core.digits.photos.picture_file import open_image

    name, image = st.session_state.get(_OPENED, ("", None))
    if name != source.file_id:
        image = open_image(source.getvalue())
        st.session_state[_OPENED] = source.file_id, image
    return image


def _answer(
    run: Run, image: Image.Image, name: str, ink: Shade | None, may_turn: bool = True
) -> Answer | Number:
    predictor = networks.predictor(run)
    remember = visitor_drawings.remembering("photo", (name, ink, run.id, predictor.temperature))
    return predictor.answer_photo(
        image, ink=ink, may_turn=may_turn, accepts=visitor_drawings.accepted, remember=remember
    )


def _may_turn(answer: Answer, name: str) -> bool:
    """Say by how much the photo was turned; where that was a guess, the visitor may turn it back:
    then False."""
    assumed = answer.assumed if isinstance(answer, Prediction) else None
    if not assumed or not assumed.turned:
        return True
    if not assumed.guessed:
        st.caption(f"The photo was turned by {assumed.turned}°, as the camera's data says.")
        return True
    return st.toggle(
        f"Turned by {assumed.turned}°: it did not look like a digit the other way",
        value=True,
        key=f"turn-{name}",
    )


def _chosen_ink(answer: Answer, name: str) -> Shade | None:
    """Let the visitor correct which ink was read; None: as it was read."""
    assumed = answer.assumed if isinstance(answer, Prediction) else None
    chosen = st.segmented_control(
        "Read as",
        list(INKS),
        format_func=INKS.__getitem__,
        key=f"ink-{name}",
        default=assumed.ink if assumed else None,
        required=assumed is not None,
    )
    return None if assumed and chosen == assumed.ink else chosen


def _picture(image: Image.Image) -> str:
    small = image.copy()
    small.thumbnail((PICTURE_SIDE, PICTURE_SIDE))
    return f'<img src="{png_uri(np.asarray(small))}" alt="The photo">'


def _show(run: Run, prediction: Prediction) -> None:
    predictor = networks.predictor(run)
    with st.container(key="photo-answer"):
        shown = st.info if prediction.verdict.kind == "digit" else st.warning
        shown(prediction.verdict.text)
        accept_rejected.accept_rejected(prediction, "photo")
    with st.container(width=360):
        probability_bars.probability_bars(
            prediction.probabilities, look=probability_bars.look_of(prediction), key="photo-bars"
        )
    closer = st.segmented_control(
        "Look closer",
        list(CLOSER),
        format_func=CLOSER.__getitem__,
        default="steps",
        required=True,
        key="photo-closer",
    )
    if closer == "why":
        why_this_answer.why_this_answer(run, predictor.classifier, prediction)
    else:
        preprocessing_steps.steps(predictor, prediction)


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
