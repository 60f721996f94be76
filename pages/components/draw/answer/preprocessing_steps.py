"""How the network sees a drawing: the steps of preprocessing, and what happens without some."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.config.formatting import percent
from mnist_core.config.sizes import IMAGE_SIDE
from mnist_core.digits import mnist_format
from mnist_core.digits.data_uri import png_uri
from mnist_core.digits.drawings import from_strokes
from mnist_core.digits.drawings.from_strokes import SKIPPABLE_STEPS
from mnist_core.digits.drawings.strokes import Stroke
from mnist_core.predict.answer import Prediction
from mnist_core.predict.predictor import Predictor
from pages.components.widgets.charts.probability_bars import bars_html

TITLE = "How the network sees it"


def steps(predictor: Predictor, prediction: Prediction) -> None:
    """The steps from the drawing or photo to the network's input, with the prediction at each."""
    shown = prediction.steps
    predictions = [predictor.predict_image(mnist_format.fill_field(step.image)) for step in shown]
    pictures = [step.image for step in shown]
    captions = [step.caption for step in shown]
    st.html(strip([step.name for step in shown], pictures, captions, predictions))
    st.caption(
        "Under each picture: what the network would predict if preprocessing ended there, with the "
        "picture scaled to 28 × 28 pixels. It was trained on digits like the last one."
    )


def skip_steps(
    predictor: Predictor,
    strokes: Sequence[Stroke],
    brush: float,
    whole: Prediction,
) -> None:
    """Choose steps to skip, and see what the network then sees and predicts.

    Args:
        strokes, brush: The drawing on the canvas.
        whole: The prediction with all steps.
    """
    skipped = st.pills(
        "Skip steps",
        list(SKIPPABLE_STEPS),
        selection_mode="multi",
        format_func=lambda step: SKIPPABLE_STEPS[step][0],
        key="skipped-steps",
    )
    if not skipped:
        return
    image = from_strokes.with_steps_skipped(strokes, skipped, brush=brush)
    consequences = " ".join(SKIPPABLE_STEPS[step][1] for step in skipped)
    predictions = [whole, predictor.predict_image(image)]
    names, captions = ["All steps", "With steps skipped"], ["As above.", consequences]
    st.html(strip(names, [each.image for each in predictions], captions, predictions))


def strip(
    names: Sequence[str],
    pictures: Sequence[NDArray[np.uint8]],
    captions: Sequence[str],
    predictions: Sequence[Prediction],
) -> str:
    """Pictures side by side as HTML, each with its name, its prediction and a caption.

    Args:
        names, captions, predictions: One for each picture.
        pictures: (h, w) uint8.
    """
    figures = (
        f'<figure><img src="{png_uri(picture)}" alt="" class="{_coarse(picture)}">'
        f"<b>{escape(name)}</b>"
        f"{_best(prediction)}<div class='quiet'>{escape(caption)}</div></figure>"
        for name, picture, caption, prediction in zip(
            names, pictures, captions, predictions, strict=True
        )
    )
    return f'<div class="digit-steps">{"".join(figures)}</div>'


def _coarse(image: NDArray[np.uint8]) -> str:
    """The CSS class for pictures that are shown with visible pixels."""
    return "coarse" if max(image.shape) <= IMAGE_SIDE else ""


def _best(prediction: Prediction) -> str:
    probabilities = prediction.probabilities
    best = int(probabilities.argmax())
    best_text = f"{prediction.names[best]}, {percent(float(probabilities[best]))}"
    return f"<div>{escape(best_text)}</div>{bars_html(probabilities, size='columns')}"
