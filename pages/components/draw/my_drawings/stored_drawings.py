"""The visitor's drawings outlive a reload: the visitor's browser keeps them (browser_storage.py).

What the browser reports is merged into the session's drawings, changes by another tab included.
"""

from __future__ import annotations

import streamlit as st

from mnist_core.digits.drawings import user_drawings
from mnist_core.digits.drawings.user_drawings import Drawing, DrawingsFileError
from pages.components.shell import visitor_drawings
from pages.components.shell.text import plain
from pages.components.widgets.browser import browser_storage

_TEXT = "kept-text"  # (drawings, their file): a new file is made only when the drawings change
_PROBLEM = "kept-problem"  # why they can't be kept or read


def keep() -> None:
    """Have the browser keep the drawings. Call it after what may change them."""
    text = _text(visitor_drawings.saved())
    browser_storage.keep(
        "digit-lab-drawings", text, take=_merge, unavailable=_unavailable, shared=True
    )


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
    """The drawings as a file; empty if there are none."""
    known, text = st.session_state.get(_TEXT, ([], ""))
    if known != saved:
        text = user_drawings.to_json(saved) if saved else ""
        st.session_state[_TEXT] = list(saved), text
    return text


def _merge(text: str) -> None:
    saved = visitor_drawings.saved()
    try:
        stored = user_drawings.from_json(text.encode())
    except DrawingsFileError as error:
        st.session_state[_PROBLEM] = (
            f"The drawings that this browser kept can't be read. {plain(str(error))}"
        )
        return
    new = user_drawings.without_known(stored, saved)
    saved[:] = [*new, *saved][: user_drawings.MAX_DRAWINGS]


def _unavailable() -> None:
    st.session_state[_PROBLEM] = (
        "This browser does not keep your drawings (its storage is full or switched off): download "
        "them before you leave or reload the page."
    )
