"""Arrow keys that step through the digits. digit_keys.js counts them, so that none is lost however
fast they are pressed: Streamlit merges clicks that arrive before it has answered the first."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.components.shell.javascript import component

_KEY = "digit-keys"


def digit_keys(index: int, count: int, show: Callable[[int], None]) -> None:
    """Listen for the keys; invisible.

    Args:
        index: The shown digit's index, from 0.
        count: How many there are to go through.
        show: Called with the index that the keys lead to.
    """

    def moved() -> None:
        state = st.session_state.get(_KEY)
        if state and state.index in range(count):
            show(state.index)

    component(__file__, "")(
        key=_KEY, data={"index": index, "count": count}, height=1, on_index_change=moved
    )
