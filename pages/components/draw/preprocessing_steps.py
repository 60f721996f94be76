"""How the network sees a drawing: each step on the way, and what one would lose without it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.config.text import percent
from mnist_core.digits import from_strokes, mnist_format
from mnist_core.predict import Prediction, Predictor
from pages.components.widgets.pictures import data_uri
from pages.components.widgets.probability_bars import bars_html


def steps(predictor: Predictor, prediction: Prediction) -> None:
    """The strip from the drawing or photo to the network's input, with the answer at each step."""
    found = prediction.steps
    answers = [predictor.predict_image(mnist_format.fill_field(step.image)) for step in found]
    pictures = [step.image for step in found]
    captions = [step.caption for step in found]
    st.html(strip([step.name for step in found], pictures, captions, answers))
    st.caption(
        "Under each picture: what the network would answer if one stopped there, the picture "
        "stretched to 28 × 28 pixels. It has learned from digits as in the last one."
    )


def skip_steps(
    predictor: Predictor,
    strokes: Sequence[NDArray[np.float64]],
    brush: float,
    whole: Prediction,
) -> None:
    """Switches that leave steps out on purpose, and what the network then sees and says.

    Args:
        strokes, brush: The drawing on the canvas.
        whole: What the network makes of it with all steps.
    """
    omitted = st.pills(
        "Leave out on purpose",
        list(from_strokes.SKIPPABLE_STEPS),
        selection_mode="multi",
        format_func=lambda step: from_strokes.SKIPPABLE_STEPS[step][0],
        key="omissions",
    )
    if not omitted:
        return
    spoilt = predictor.predict_image(from_strokes.with_steps_skipped(strokes, omitted, brush=brush))
    answers = [whole, spoilt]
    pictures = [answer.image for answer in answers]
    st.html(strip(["All steps", "Left out"], pictures, ["As above.", "As you chose."], answers))


def strip(
    names: Sequence[str],
    pictures: Sequence[NDArray[np.uint8]],
    captions: Sequence[str],
    answers: Sequence[Prediction],
) -> str:
    """HTML: pictures beside each other, each with a name, the answer, and a caption.

    Args:
        names, captions: One a picture.
        pictures: (h, w) uint8.
        answers: One a picture.
    """
    figures = (
        f'<figure><img src="{data_uri(picture)}" alt="" class="{_coarse(picture)}">'
        f"<b>{escape(name)}</b>"
        f"{_answer(answer.probabilities)}<div class='quiet'>{escape(caption)}</div></figure>"
        for name, picture, caption, answer in zip(names, pictures, captions, answers, strict=True)
    )
    return f'<div class="digit-steps">{"".join(figures)}</div>'


def _coarse(image: NDArray[np.uint8]) -> str:
    return "coarse" if max(image.shape) <= 28 else ""


def _answer(answer: NDArray[np.float32]) -> str:
    best = int(answer.argmax())
    share = escape(percent(float(answer[best])))
    return f"<div>{best}, {share}</div>{bars_html(answer, size='columns')}"
