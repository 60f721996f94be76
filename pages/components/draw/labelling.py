"""How a drawing gets its label and is kept: a correction by one click, or the guided set."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.digits import user_drawings
from mnist_core.digits.user_drawings import Drawing
from pages.components.draw import canvas
from pages.components.shell.state import DRAWINGS

FULL = f"There is room for {user_drawings.MAX_DRAWINGS} drawings: save and delete some first."
ROUNDS = 2
_GUIDED = "guided"  # how many of the guided set have been drawn; None when there is none
_CLICKS = "corrections"  # how many were made
_NOTE = "kept-note"  # to be shown once

Shown = tuple[tuple[NDArray[np.float64], ...], int | None, str]
"""Strokes on the canvas, the digit that was named, and the network that named it."""


def correction(shown: Shown) -> None:
    """The ten digits, to tell what the drawing really was; one click keeps it."""
    # A new widget after each click, with nothing chosen.
    key = f"really-{st.session_state.get(_CLICKS, 0)}"
    with st.container(key="really"):
        st.segmented_control(
            "It was really a …", list(range(10)), key=key, required=True,
            width="stretch", on_change=_correct, args=(key, shown),
            help="Keeps the drawing with this label among “My drawings”, below.",
        )  # fmt: skip
    if note := st.session_state.pop(_NOTE, None):
        st.toast(note)


def _correct(key: str, shown: Shown) -> None:
    """Streamlit calls again where another click cut this one's rerun short: that does no harm."""
    label = st.session_state[key]
    st.session_state[_CLICKS] = st.session_state.get(_CLICKS, 0) + 1
    fits = _keep(label, shown)
    st.session_state[_NOTE] = f"Kept as a {label}, among “My drawings”." if fits else FULL


def _keep(label: int, shown: Shown) -> bool:
    """Whether there was room. The drawing that was kept last gets another label."""
    lines, predicted, network = shown
    kept = st.session_state.setdefault(DRAWINGS, [])
    if kept and _same(kept[-1].strokes, lines):
        kept.pop()
    if fits := len(kept) < user_drawings.MAX_DRAWINGS:
        kept.append(Drawing(lines, label, predicted, network))
    return fits


def _same(some: Sequence[NDArray], others: Sequence[NDArray]) -> bool:
    return len(some) == len(others) and all(map(np.array_equal, some, others))


def guided() -> bool:
    """Whether the guided set is being drawn."""
    return st.session_state.get(_GUIDED) is not None


def guide(shown: Shown | None) -> None:
    """What to draw next in the guided set.

    Args:
        shown: What is on the canvas; None where it is no digit.
    """
    at = st.session_state[_GUIDED]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**Draw a {at % 10}** ({at + 1} of {10 * ROUNDS})", width="content")
        st.button(
            "Keep, next", key="guided-next", type="primary", disabled=shown is None,
            on_click=_next, args=(at, shown),
        )  # fmt: skip
        st.button("End", key="guided-end", on_click=_end_guide)


def start_guide() -> None:
    """Begin the guided set on an empty canvas."""
    st.session_state[_GUIDED] = 0
    canvas.clear()
    canvas.bring()


def _next(at: int, shown: Shown) -> None:
    if at != st.session_state.get(_GUIDED):
        return  # called again, as `_correct` is
    if not _keep(at % 10, shown):
        st.session_state[_NOTE] = FULL
        return
    st.session_state[_GUIDED] = at + 1 if at + 1 < 10 * ROUNDS else None
    canvas.clear()


def _end_guide() -> None:
    st.session_state[_GUIDED] = None
