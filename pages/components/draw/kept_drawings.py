"""The visitor's drawings outlive a reload: kept_drawings.js keeps them in the visitor's browser.

The browser tells what it keeps when a session begins, or when another tab has changed it, and
writes nothing before that is merged into the session's drawings. So neither a reload nor a restart
of the server loses any.
"""

from __future__ import annotations

import secrets
from functools import cache

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from mnist_core.digits import user_drawings
from mnist_core.digits.user_drawings import Drawing, DrawingsFileError
from pages.components.shell.state import DRAWINGS
from pages.components.shell.text import plain
from pages.components.widgets.javascript import javascript

_KEY = "kept-drawings"  # of the component
_SESSION = "kept-session"  # a random name, by which the browser knows a new session
_MERGED = "kept-merged"  # how often what the browser keeps was merged
_TEXT = "kept-text"  # (drawings, their file): the file is made anew only for others
_PROBLEM = "kept-problem"  # why they can't be kept or read


def keep() -> None:
    """Have the browser keep the drawings. Call it after what may change them."""
    state = st.session_state
    data = {
        "session": state.setdefault(_SESSION, secrets.token_hex(8)),
        "merged": state.setdefault(_MERGED, 0),
        "text": _text(state.get(DRAWINGS, [])),
    }
    _component()(
        key=_KEY, data=data, height=1, on_stored_change=_merge, on_refused_change=_refuse
    )  # fmt: skip


def explain() -> None:
    """Say that the drawings are kept and how they are deleted, or why they are not kept."""
    if problem := st.session_state.get(_PROBLEM):
        st.warning(problem)
    else:
        st.caption(
            "Your drawings are kept in this browser, so a reload does not lose them. “Delete all” "
            "deletes them from it, too."
        )


def _text(saved: list[Drawing]) -> str:
    """Their file; empty where there are none."""
    drawings, text = st.session_state.get(_TEXT, ([], ""))
    if drawings != saved:
        text = user_drawings.to_json(saved) if saved else ""
        st.session_state[_TEXT] = list(saved), text
    return text


def _merge() -> None:
    saved = st.session_state.setdefault(DRAWINGS, [])
    st.session_state[_MERGED] += 1
    try:
        found = user_drawings.from_json(str(st.session_state[_KEY].stored).encode())
    except DrawingsFileError as error:
        st.session_state[_PROBLEM] = (
            f"The drawings that this browser kept can't be read. {plain(str(error))}"
        )
        return
    new = user_drawings.without_known(found, saved)
    saved[:] = [*new, *saved][: user_drawings.MAX_DRAWINGS]


def _refuse() -> None:
    st.session_state[_PROBLEM] = (
        "This browser does not keep your drawings (its storage is full or switched off): download "
        "them before you leave or reload the page."
    )


@cache
def _component() -> ComponentRenderer:
    return st.components.v2.component("digit_lab_kept_drawings", js=javascript(__file__))
