"""The visitor's own drawings, for pages that show them beside other digits."""

from __future__ import annotations

import streamlit as st

from mnist_core.digits.strokes import StrokeError
from mnist_core.digits.user_drawings import Drawing
from mnist_core.predict import Prediction, Predictor
from pages.components.shell.state import CANVAS_SHOWN, DRAWINGS, INSISTED


def on_canvas(predictor: Predictor) -> Prediction | None:
    """What a network predicts for the drawing on the Draw page's canvas; None if there is no
    digit on it, in which case the Draw page says why."""
    drawing = st.session_state.get(CANVAS_SHOWN) or {"objects": []}
    try:
        answer = predictor.predict_drawing(drawing)
    except StrokeError:
        return None
    return heeded(answer) if isinstance(answer, Prediction) else None


def refused(answer: Prediction) -> bool:
    """Whether the detector takes an image for none of a digit."""
    return answer.verdict.kind == "no digit"


def insist(answer: Prediction) -> None:
    """From now on this image is a digit, for every network; for callbacks."""
    st.session_state.setdefault(INSISTED, set()).add(answer.image.tobytes())


def insisted(answer: Prediction) -> bool:
    """Whether the visitor insists that a refused image is a digit."""
    return answer.image.tobytes() in st.session_state.get(INSISTED, ())


def heeded(answer: Prediction) -> Prediction:
    """The answer, as for any digit where the visitor insists that it is one."""
    return answer.insisted() if insisted(answer) else answer


def saved() -> list[Drawing]:
    """The drawings that the visitor labelled and saved."""
    return st.session_state.get(DRAWINGS, [])
