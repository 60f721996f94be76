"""The visitor's own drawings, for pages that show them beside other digits."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

import streamlit as st

from mnist_core.config.pen import BRUSH
from mnist_core.digits.drawings import fabric
from mnist_core.digits.drawings.strokes import Stroke, StrokeError
from mnist_core.digits.drawings.user_drawings import Drawing
from mnist_core.digits.mnist_format import NothingToClassify
from mnist_core.predict.answer import Answer, Number, Prediction
from mnist_core.predict.predictor import Predictor, Remember
from mnist_core.runs.run import Run
from pages.components.shell.state import ACCEPTED, CANVAS_SHOWN, DRAWINGS

_FOUND = "number-found"  # {where: (source, what was found)}


def on_canvas(run: Run, predictor: Predictor) -> Answer | Number:
    """What a network predicts for the drawing on the Draw page's canvas, as that page says it."""
    drawing = st.session_state.get(CANVAS_SHOWN) or {"objects": []}
    try:
        return answer(run, predictor, fabric.read_fabric(drawing))
    except StrokeError as error:
        return NothingToClassify(str(error), "unreadable", "unreadable")


def answer(
    run: Run, predictor: Predictor, strokes: Sequence[Stroke], brush: float = BRUSH
) -> Answer | Number:
    """What a network predicts for the strokes on the canvas."""
    drawn = tuple(stroke.tobytes() for stroke in strokes)
    source = (drawn, brush, run.id, predictor.temperature)
    return predictor.answer_strokes(
        strokes, brush=brush, accepts=accepted, remember=remembering("canvas", source)
    )


def remembering(where: str, source: Hashable) -> Remember:
    """A cache for the digits found in a number, so that they are looked for once.

    Args:
        where: Tells several numbers on a page apart.
        source: Names the drawing and the network. While it stays the same, what was found last is
            returned.
    """

    def remember(find: Callable[[], Number | NothingToClassify]) -> Number | NothingToClassify:
        cache = st.session_state.setdefault(_FOUND, {})
        if where not in cache or cache[where][0] != source:
            cache[where] = source, find()
        return cache[where][1]

    return remember


def rejected(prediction: Prediction) -> bool:
    """Whether the detector rejects an image as no digit."""
    return prediction.verdict.kind == "no digit"


def accept(prediction: Prediction) -> None:
    """From now on this image counts as a digit, for every network; for callbacks."""
    st.session_state.setdefault(ACCEPTED, set()).add(prediction.image.tobytes())


def accepted(prediction: Prediction) -> bool:
    """Whether the visitor accepts a rejected image as a digit."""
    return prediction.image.tobytes() in st.session_state.get(ACCEPTED, ())


def as_accepted(prediction: Prediction) -> Prediction:
    """The prediction, as for any digit if the visitor accepts the image as one."""
    return prediction.accepted() if accepted(prediction) else prediction


def saved() -> list[Drawing]:
    """The drawings that the visitor labelled and saved; a change of this list is kept."""
    return st.session_state.setdefault(DRAWINGS, [])
