"""Texts that outlive a reload: the visitor's own browser keeps them, and nothing else does.

browser_storage.js reports what the browser has stored when a session begins, and writes nothing
until that report has been taken in. So neither a reload nor a restart of the server loses any text.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

import streamlit as st

from pages.components.shell.javascript import invisible

_SESSION = "kept-session"  # a random name, by which the browser knows a new session


def keep(
    name: str,
    text: str,
    *,
    take: Callable[[str], None],
    unavailable: Callable[[], None],
    shared: bool,
) -> None:
    """Have the browser keep a text. Call it after what may change the text.

    Args:
        name: Under which the browser keeps it.
        text: Empty where there is nothing to keep.
        take: Called with what the browser keeps, if the session does not know it.
        unavailable: Called if the browser can't store anything.
        shared: Whether changes in other tabs are reported, too; if not, the last tab wins.
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
    invisible(
        __file__,
        f"kept-{name}",
        data,
        on_stored_change=stored,
        on_unavailable_change=unavailable,
    )
