"""A page for a projector: what matters fills the screen."""

from __future__ import annotations

import streamlit as st

from pages.components.shell import address


def on() -> bool:
    """Whether the address asks for this view."""
    return address.chosen("view") == "projector"


def switch() -> None:
    """A button that has the page's main part fill the screen, or the one that leaves this view, as
    Escape does; projector_view.css makes the difference."""
    if on():
        st.button(
            "Leave projector view",
            key="projector-leave",
            icon=":material/close_fullscreen:",
            type="tertiary",
            on_click=address.drop,
            args=("view",),
            shortcut="Esc",
        )
    else:
        st.button(
            "Projector view",
            key="projector-enter",
            icon=":material/open_in_full:",
            type="tertiary",
            on_click=address.put,
            kwargs={"view": "projector"},
        )
