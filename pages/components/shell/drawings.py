"""The visitor's own drawings, for pages that show them beside other digits."""

from __future__ import annotations

import streamlit as st

from mnist_core.digits.strokes import StrokeError
from mnist_core.digits.user_drawings import Drawing
from mnist_core.predict import Prediction, Predictor
from pages.components.shell.state import CANVAS_SHOWN, DRAWINGS


def on_canvas(predictor: Predictor) -> Prediction | None:
    """What a network predicts for the drawing on the Draw page's canvas; None if there is no
    digit on it, in which case the Draw page says why."""
    drawing = st.session_state.get(CANVAS_SHOWN) or {"objects": []}
    try:
        answer = predictor.predict_drawing(drawing)
    except StrokeError:
        return None
    return answer if isinstance(answer, Prediction) else None


def saved() -> list[Drawing]:
    """The drawings that the visitor labelled and saved."""
    return st.session_state.get(DRAWINGS, [])
