"""The bars of a chart as a list, for visitors without a pointer."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.components.shell import address


def choose_bar(name: str, bars: dict[str, str], also: Callable[[], None] = lambda: None) -> None:
    """A selectbox that chooses a bar as a click on it does, by the parameter `?name=`.

    Args:
        name: The parameter's name; it is a choice.
        bars: Each value that it may have, and the text for it in the list.
        also: Called after a change.
    """
    key, chosen = f"{name}-list", address.chosen(name)
    st.session_state[key] = chosen if chosen in bars else ""

    def choose() -> None:
        if picked := st.session_state[key]:
            address.put(**{name: picked})
        else:
            address.drop(name)
        also()

    st.selectbox(
        "Click a bar, or choose one, to see its images",
        ["", *bars],
        format_func=lambda bar: bars.get(bar, "no bar"),
        key=key,
        on_change=choose,
    )
