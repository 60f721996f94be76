"""However many digits are opened one from another, the browser's Back leaves them in one step."""

from __future__ import annotations

from functools import cache

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from pages.components.widgets.javascript import javascript


def keep_short() -> None:
    """Have browser_history.js keep the history short from now on; invisible."""
    _component()(key="digit-history", height=1)


@cache
def _component() -> ComponentRenderer:
    return st.components.v2.component("digit_lab_browser_history", js=javascript(__file__))
