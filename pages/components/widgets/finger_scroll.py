"""Charts with bars to click that do not trap a finger; finger_scroll.js does it."""

from __future__ import annotations

from functools import cache

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from pages.components.widgets.javascript import javascript


def let_scroll() -> None:
    """Have a finger on any of the page's charts scroll the page; invisible."""
    _component()(key="finger-scroll", height=1)


@cache
def _component() -> ComponentRenderer:
    return st.components.v2.component("digit_lab_finger_scroll", js=javascript(__file__))
