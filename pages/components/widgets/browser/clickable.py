"""HTML with elements that can be clicked; clickable.js shows it and reports clicks."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.components.shell.javascript import component

HTML = '<div class="clickable"></div>'


def show(html: str, on_click: Callable[[int], None] | None, key: str | None) -> None:
    """Show HTML.

    Args:
        html: Made by this app; whatever visitors wrote is escaped.
        on_click: Called with the `data-index` of the clicked element; None ignores clicks.
        key: Name among the page's widgets. Without one, Streamlit itself shows the HTML: it removes
            SVG and reports no clicks.
    """
    if key is None:
        st.html(html)
        return

    def clicked() -> None:
        state = st.session_state.get(key)  # gone where a rerun took the element clicked away
        if on_click and state and state.clicked is not None:
            on_click(int(state.clicked))

    component(__file__, HTML)(key=key, data={"html": html}, on_clicked_change=clicked)
