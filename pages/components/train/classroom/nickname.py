"""The name under which others see a visitor's runs, if the visitor wants one."""

from __future__ import annotations

import streamlit as st

from mnist_core.config import settings
from mnist_core.runs import ownership
from pages.components.shell.error_toast import errors_as_toast
from pages.components.shell.visitor import visitor

_KEY = "nickname"


def ask_for_nickname() -> None:
    """In a class and in public, a field for it."""
    if not settings.is_shared():
        return
    st.session_state.setdefault(_KEY, ownership.nickname(visitor()) or "")
    st.text_input(
        "Your nickname (optional)",
        key=_KEY,
        help="Others see it beside your runs.",
        on_change=_keep,
    )


def _keep() -> None:
    with errors_as_toast():
        ownership.set_nickname(visitor(), st.session_state[_KEY])
