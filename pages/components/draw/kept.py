"""Texts that outlive a reload: kept.js keeps them in the visitor's own browser, nothing elsewhere.

The browser tells what it keeps when a session begins, and writes nothing before that was taken in.
So neither a reload nor a restart of the server loses any.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import cache

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from pages.components.widgets.javascript import javascript

_SESSION = "kept-session"  # a random name, by which the browser knows a new session


def keep(
    name: str,
    text: str,
    *,
    take: Callable[[str], None],
    refuse: Callable[[], None],
    shared: bool,
) -> None:
    """Have the browser keep a text. Call it after what may change the text.

    Args:
        name: Under which the browser keeps it.
        text: Empty where there is nothing to keep.
        take: Called with what the browser keeps, if the session does not know it.
        refuse: Called where the browser can keep nothing.
        shared: Whether a change in another tab is told, too; if not, the last tab wins.
    """
    state, counter = st.session_state, f"kept-taken-{name}"

    def stored() -> None:
        state[counter] += 1
        take(str(state[f"kept-{name}"].stored))

    data = {
        "name": name,
        "session": state.setdefault(_SESSION, secrets.token_hex(8)),
        "taken": state.setdefault(counter, 0),
        "text": text,
        "shared": shared,
    }
    _component()(
        key=f"kept-{name}", data=data, height=1, on_stored_change=stored, on_refused_change=refuse
    )  # fmt: skip


@cache
def _component() -> ComponentRenderer:
    return st.components.v2.component("digit_lab_kept", js=javascript(__file__))
