"""A button that copies a link to this page; copy_link.js makes the address and copies it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from urllib.parse import urlencode

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from pages.components.widgets.javascript import javascript


def copy_link(label: str, query: Mapping[str, str], key: str) -> None:
    """Show the button.

    Args:
        label: What it says.
        query: Parameters of the link's address, in place of those that the page has now.
        key: Name among the page's widgets.
    """
    _component()(key=key, data={"label": label, "query": urlencode(query)})


@cache
def _component() -> ComponentRenderer:
    return st.components.v2.component(
        "digit_lab_copy_link",
        html='<button type="button" class="copy-link"></button>',
        js=javascript(__file__),
        isolate_styles=False,
    )
