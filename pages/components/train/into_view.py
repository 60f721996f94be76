"""Brings the run on the Train page into view; into_view.js does it."""

from __future__ import annotations

from functools import cache

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from pages.components.widgets.javascript import javascript


def bring_into_view() -> None:
    """Scroll to the state of the run that the page shows; invisible."""
    _component()(key="into-view", height=1)


@cache
def _component() -> ComponentRenderer:
    return st.components.v2.component("digit_lab_into_view", js=javascript(__file__))
