"""How a drawing is labelled and saved: with one click, or in the guided set of all ten digits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from mnist_core.config.formatting import article
from mnist_core.config.sizes import CLASSES
from mnist_core.digits.drawings import user_drawings
from mnist_core.digits.drawings.strokes import Stroke
from mnist_core.digits.drawings.user_drawings import Drawing
from pages.components.draw.canvas import canvas
from pages.components.shell import visitor_drawings

FULL = (
    f"At most {user_drawings.MAX_DRAWINGS} drawings can be saved: download and delete some first."
)
NEXT = "Your next stroke begins a new drawing; Undo brings this one back."
SET_SIZE = 2 * CLASSES
"""Drawings of the guided set: every digit twice."""

# How many of the guided set are drawn; None if it was not begun, or once it is left.
_GUIDED = "guided"
_CLICKS = "label-clicks"  # how many drawings were labelled
_NOTE = "saved-note"  # to be shown once


@dataclass(frozen=True, eq=False)
class Unlabelled:
    """A digit on the canvas that has no label yet.

    Attributes:
        strokes: In canvas pixels.
        predicted: The predicted digit; None where the network found no digit in it.
        network: Name of the network.
        beside: The strokes of the number's other digits; () where it is drawn alone.
    """

    strokes: tuple[Stroke, ...]
    predicted: int | None
    network: str
    beside: tuple[Stroke, ...] = ()


def label_choice(drawing: Unlabelled) -> None:
    """The ten digits to choose the label from; a click saves the drawing."""
    # A new widget after each click, with nothing chosen.
    key = f"label-{st.session_state.get(_CLICKS, 0)}"
    with st.container(key="label-choice"):
        st.segmented_control(
            "What did you draw?",
            list(range(CLASSES)),
            key=key,
            required=True,
            width="stretch",
            on_change=_label,
            args=(key, drawing),
            help="Saves the drawing with this label in “My drawings”, below.",
        )
    if note := st.session_state.pop(_NOTE, None):
        st.toast(note)


def _label(key: str, drawing: Unlabelled) -> None:
    """A second call, which Streamlit makes if another click interrupts the rerun, does no harm."""
    label = st.session_state[key]
    st.session_state[_CLICKS] = st.session_state.get(_CLICKS, 0) + 1
    saved = _save(drawing, label)
    st.session_state[_NOTE] = f"Saved as {article(label)} in “My drawings”." if saved else FULL
    complete = saved and _are_saved(drawing.beside)
    canvas.saved(complete)
    if complete:
        st.session_state[_NOTE] += f" {NEXT}"


def _save(drawing: Unlabelled, label: int) -> bool:
    """Save the drawing, or give it a new label if it is saved; returns whether there was room."""
    saved = visitor_drawings.saved()
    labelled = Drawing(drawing.strokes, label, drawing.predicted, drawing.network)
    for place, known in enumerate(saved):
        if known.rounded == labelled.rounded:
            saved[place] = labelled
            return True
    if has_room := len(saved) < user_drawings.MAX_DRAWINGS:
        saved.append(labelled)
    return has_room


def _are_saved(strokes: Sequence[Stroke]) -> bool:
    known = {stroke.tobytes() for drawing in visitor_drawings.saved() for stroke in drawing.strokes}
    return all(stroke.tobytes() in known for stroke in strokes)


def guided() -> bool:
    """Whether the guided set is being drawn."""
    return st.session_state.get(_GUIDED) in range(SET_SIZE)


def guide(drawing: Unlabelled | None) -> None:
    """What to draw next in the guided set, or, after its last digit, what one can do with it.

    Args:
        drawing: The digit on the canvas; None where there is none.
    """
    drawn = st.session_state.get(_GUIDED)
    if drawn is None:
        return
    if drawn == SET_SIZE:
        _complete()
        return
    digit = drawn % CLASSES
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**Draw {article(digit)}** ({drawn + 1} of {SET_SIZE})", width="content")
        st.button(
            "Save and next",
            key="guided-next",
            type="primary",
            disabled=drawing is None,
            on_click=_next,
            args=(drawn, drawing),
        )
        st.button("Stop", key="guided-end", on_click=_end_guide)


def start_guide() -> None:
    """Begin the guided set on an empty canvas."""
    st.session_state[_GUIDED] = 0
    canvas.clear()
    canvas.scroll_into_view()


def _next(drawn: int, drawing: Unlabelled) -> None:
    if drawn != st.session_state.get(_GUIDED):
        return  # a second call, as of `_label`
    canvas.saved()
    if not _save(drawing, drawn % CLASSES):
        st.session_state[_NOTE] = FULL
        return
    st.session_state[_GUIDED] = drawn + 1
    canvas.clear()


def _complete() -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**All {SET_SIZE} are saved.** Next, in “My drawings” below: see how well each "
            "network reads your handwriting, or teach it to one.",
            width="content",
        )
        st.button("Close", key="guided-end", on_click=_end_guide)


def _end_guide() -> None:
    st.session_state[_GUIDED] = None
