"""Shows a lesson's step from its beginning; to_top.js scrolls there."""

from __future__ import annotations

import streamlit as st

from pages.components.widgets.javascript import invisible

_SHOWN = "lesson-step-shown"


def to_top_if_new(step: str) -> None:
    """Scroll to the page's beginning where another step was shown before; invisible.

    Args:
        step: Names the lesson and its step.
    """
    with st.container():  # so that nothing below moves
        if st.session_state.get(_SHOWN) != step:
            invisible(__file__, "to-top")
    st.session_state[_SHOWN] = step
