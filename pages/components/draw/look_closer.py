"""Views of the drawing and of what the network makes of it, to open below the canvas."""

from __future__ import annotations

import streamlit as st

from mnist_core.digits.drawings.strokes import Stroke
from mnist_core.digits.mnist_format import NothingToClassify
from mnist_core.predict.answer import Answer
from mnist_core.predict.predictor import Predictor
from mnist_core.runs.run import Run
from pages.components.draw.answer import preprocessing_steps, second_network, why_this_answer
from pages.components.draw.canvas import canvas
from pages.components.draw.my_drawings import my_drawings
from pages.components.shell import empty_states, networks
from pages.components.widgets.what_if import fool_it, repair_it

VIEWS = {
    "steps": preprocessing_steps.TITLE,
    "why": why_this_answer.TITLE,
    "fool": fool_it.TITLE,
    "repair": repair_it.TITLE,
    "second": "Ask a second network",
    "drawings": "My drawings",
}


def look_closer(run: Run, predictor: Predictor, answer: Answer, strokes: list[Stroke]) -> None:
    """Views to open below; only the one that is open is computed."""
    views = [view for view in VIEWS if not (run.config.data and view == "drawings")]
    chosen = st.pills(
        "Look closer",
        views,
        format_func=VIEWS.__getitem__,
        key="look-closer",
        persist_state="session",
    )
    if chosen == "drawings":
        my_drawings.my_drawings(run)
    elif chosen and isinstance(answer, NothingToClassify):
        st.info(empty_states.DRAW_FIRST)
    elif isinstance(answer, NothingToClassify):
        return
    elif chosen == "steps":
        preprocessing_steps.steps(predictor, answer)
        preprocessing_steps.skip_steps(predictor, strokes, canvas.brush(), answer)
    elif chosen == "why":
        why_this_answer.why_this_answer(run, predictor.classifier, answer)
    elif chosen == "fool":
        fool_it.fool_it(predictor, networks.weights_key(run), answer.image)
    elif chosen == "repair":
        repair_it.repair_it(predictor, answer.image)
    elif chosen == "second":
        second_network.second_network(run, answer)
