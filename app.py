"""Front page: draw a digit and see at once what the network predicts."""

from itertools import count
from typing import Any

import streamlit as st

from mnist_core.digits import fabric
from mnist_core.digits.mnist_format import NothingToClassify
from mnist_core.digits.strokes import Stroke, StrokeError
from mnist_core.predict import Answer, Number, Prediction, Predictor
from mnist_core.runs.run import Run
from pages.components.draw import (
    accept_rejected,
    calibration_popover,
    canvas,
    example_digits,
    explanation,
    labelling,
    live_bars,
    my_drawings,
    next_steps,
    number,
    photo,
    preprocessing_steps,
    second_network,
    stored_canvas,
    stored_drawings,
)
from pages.components.shell import (
    classes,
    drawings,
    empty_states,
    frame,
    menu,
    networks,
    projector_view,
)
from pages.components.shell.state import ASKED_UNIT
from pages.components.shell.text import plain
from pages.components.widgets import fool_it, probability_bars, repair_it

STAMPS = count()
LOOK_CLOSER = {
    "steps": preprocessing_steps.TITLE,
    "why": explanation.TITLE,
    "fool": fool_it.TITLE,
    "repair": repair_it.TITLE,
    "second": "Ask a second network",
    "drawings": "My drawings",
}


@st.fragment
def draw(run: Run, network: str | None, taken: dict[str, str]) -> None:
    """The canvas and all that depends on it; reruns by itself after every stroke."""
    if not run.usable:
        st.rerun()  # another visitor deleted it: rerun the whole page, which chooses another
    predictor, stamp = networks.predictor(run), next(STAMPS)
    drawing = canvas.drawing()
    strokes, found = answered(run, predictor, drawing)
    several, digit, own = None, 0, strokes
    if isinstance(found, Number):
        several = found
        digit = number.opened(several, "canvas", number.of_last_stroke(several, strokes))
        answer: Answer = several.digits[digit].prediction  # of the digit that is open
        own = list(several.digits[digit].strokes)
    else:
        answer = found
    # The answer is computed before anything is sent, and sent first: what comes late is drawn late.
    guide = st.container()
    with st.container(key="stage"):  # canvas.css says where each part stands
        with st.container(key="probability-bars"):
            probability_bars.answer(answer, stamp, several.text if several else "")
            shown = own if isinstance(answer, Prediction) else []
            unit = live_bars.live_bars(
                network, drawing, strokes, shown, predictor.temperature, found, stamp
            )
            if unit:
                st.session_state[ASKED_UNIT] = unit
                st.switch_page("pages/network.py")
        with st.container(key="surface"):
            canvas.canvas()
        beside = st.container(key="beside")
    unlabelled = None
    if (
        isinstance(answer, Prediction)
        and not run.config.data
        and example_digits.digit_of(own) is None
    ):
        unlabelled = labelling.Unlabelled(tuple(own), answer.verdict.digit, run.name)
    with beside:
        if several:
            picture = number.drawn(strokes, several.size[0], canvas.brush())
            number.show(several, digit, picture, "canvas", canvas.brush())
        probability_bars.words(answer)
        accept_rejected.accept_rejected(answer, "canvas")
        with st.container():  # so that what follows keeps its place where there is nothing to label
            if unlabelled:
                labelling.label_choice(unlabelled)
    if not run.config.data:
        with guide:
            labelling.guide(None if several else unlabelled)
    next_steps.next_steps(taken)
    with st.container():  # so that what follows keeps its place when another view is opened
        look_closer(run, predictor, answer, own)
    stored_canvas.keep(drawing)
    stored_drawings.keep()


def answered(
    run: Run, predictor: Predictor, drawing: dict[str, Any]
) -> tuple[list[Stroke], Answer | Number]:
    """The strokes on the canvas, and what the network predicts for them."""
    try:
        strokes = fabric.read_fabric(drawing)
    except StrokeError as error:
        return [], NothingToClassify(str(error), "unreadable", "unreadable")
    if not drawing["objects"]:
        return [], NothingToClassify(empty_states.EMPTY_CANVAS, "blank")
    return strokes, drawings.answer(run, predictor, strokes, canvas.brush())


def look_closer(run: Run, predictor: Predictor, answer: Answer, strokes: list[Stroke]) -> None:
    """Views to open below; only the one that is open is computed."""
    views = [view for view in LOOK_CLOSER if not (run.config.data and view == "drawings")]
    chosen = st.pills(
        "Look closer", views, format_func=LOOK_CLOSER.__getitem__, key="look-closer",
        persist_state="session",
    )  # fmt: skip
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
        explanation.explain(run, predictor.classifier, answer)
    elif chosen == "fool":
        fool_it.fool_it(predictor, networks.weights_key(run), answer.image)
    elif chosen == "repair":
        repair_it.repair_it(predictor, answer.image)
    elif chosen == "second":
        second_network.second_network(run, answer)


def about_classes(run: Run) -> str:
    """What a network of somebody's own data reads, and what it can't, in Markdown."""
    if not run.config.data:
        return ""
    return (
        f"It knows {', '.join(map(plain, classes.names()))} alone, one at a time, and takes "
        "whatever is drawn for one of them: numbers, the rejection of what is no digit, saved "
        "drawings and fine-tuning are made for digits."
    )


frame.page("Draw")
st.title("A neural network that reads your handwriting. Train your own in a minute.", anchor=False)
run = networks.chosen_network()
draw(run, live_bars.publish(run, networks.classifier(run)), menu.carried("Draw"))
with st.container(horizontal=True, vertical_alignment="center"):
    st.caption(f"Network in use: **{plain(run.name)}**. {about_classes(run)}", width="content")
    calibration_popover.explain(run)
    projector_view.switch()
photo.photo(run)
