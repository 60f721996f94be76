"""Scrolls to the top when a lesson goes on to another step; see to_top.js."""

from __future__ import annotations

import streamlit as st

from pages.components.shell.javascript import invisible
from pages.components.shell.steady import steady

_SHOWN = "lesson-step-shown"


def to_top_if_new(step: str) -> None:
    """Scroll to the top if another step was shown before; nothing is drawn.

    Args:
        step: Names the lesson and its step.
    """
    with steady():
        if st.session_state.get(_SHOWN) != step:
            invisible(__file__, "to-top")
    st.session_state[_SHOWN] = step
