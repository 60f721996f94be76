"""How the network sees a drawing: each step on the way, and what one would lose without it."""

from __future__ import annotations

from html import escape

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.digits import from_strokes, mnist_format
from mnist_core.digits.mnist_format import Digit
from mnist_core.network.inference import Classifier
from pages.components.shell.text import percent
from pages.components.widgets.pictures import data_uri


def steps(found: Digit, classifier: Classifier) -> None:
    """The strip from the drawing to the network's input, with the answer at each step."""
    names = [step.name for step in found.steps]
    images = [step.image for step in found.steps]
    captions = [step.caption for step in found.steps]
    inputs = np.stack([mnist_format.fitted(image) for image in images])
    answers = classifier.probabilities(inputs)
    st.html(strip(names, images, captions, answers))
    st.caption(
        "Under each picture: what the network would answer if one stopped there, the picture "
        "stretched to 28 × 28 pixels. It has learned from digits as in the last one."
    )


def omissions(
    found: Digit, lines: list[NDArray[np.float64]], classifier: Classifier, brush: float
) -> None:
    """Switches that leave steps out on purpose, and what the network then sees and says."""
    omitted = st.pills(
        "Leave out on purpose",
        list(from_strokes.SKIPPABLE_STEPS),
        selection_mode="multi",
        format_func=from_strokes.SKIPPABLE_STEPS.__getitem__,
        key="omissions",
    )
    if not omitted:
        return
    images = [found.image, from_strokes.with_steps_skipped(lines, omitted, brush=brush)]
    answers = classifier.probabilities(np.stack(images))
    st.html(strip(["All steps", "Left out"], images, ["As above.", "As you chose."], answers))


def strip(
    names: list[str],
    images: list[NDArray[np.uint8]],
    captions: list[str],
    answers: NDArray[np.float32],
) -> str:
    """HTML: pictures beside each other, each with a name, the answer, and a caption.

    Args:
        names, captions: One a picture.
        images: (h, w) uint8.
        answers: (n, 10) probabilities.
    """
    figures = (
        f'<figure><img src="{data_uri(image)}" alt="" class="{_coarse(image)}">'
        f"<b>{escape(name)}</b>"
        f"{_answer(answer)}<div class='quiet'>{escape(caption)}</div></figure>"
        for name, image, caption, answer in zip(names, images, captions, answers, strict=True)
    )
    return f'<div class="digit-steps">{"".join(figures)}</div>'


def _coarse(image: NDArray[np.uint8]) -> str:
    return "coarse" if max(image.shape) <= 28 else ""


def _answer(answer: NDArray[np.float32]) -> str:
    best = int(answer.argmax())
    bars = "".join(
        f'<i class="{"best" if digit == best else ""}" style="height:{share:.0%}"></i>'
        for digit, share in enumerate(answer.tolist())
    )
    digits = "".join(f"<span>{digit}</span>" for digit in range(10))
    return (
        f"<div>{best}, {percent(float(answer[best]))}</div>"
        f'<div class="shares" aria-hidden="true">{bars}</div>'
        f'<div class="digits" aria-hidden="true">{digits}</div>'
    )
