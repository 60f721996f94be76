"""The ways on from the front page, and its view for a projector."""

from __future__ import annotations

import streamlit as st

from pages.components.shell import address, menu

WAYS = (
    ("pages/train.py", "Train your own", ":material/model_training:"),
    ("pages/misclassified.py", "See its mistakes", ":material/error_outline:"),
    ("pages/network.py", "Look inside", ":material/hub:"),
)


def ways_on(taken: dict[str, str]) -> None:
    """Three large links.

    Args:
        taken: From `menu.carried`.
    """
    with st.container(key="ways-on"):
        for path, label, icon in WAYS:
            menu.link(path, label, icon, taken)


def projector() -> None:
    """A button that has canvas and network fill the screen, or the one that leaves this view, as
    Escape does; ways_on.css makes the difference."""
    if address.chosen("view") == "projector":
        st.button(
            "Leave projector view", key="projector-leave", icon=":material/close_fullscreen:",
            type="tertiary", on_click=address.drop, args=("view",), shortcut="Esc",
        )  # fmt: skip
    else:
        st.button(
            "Projector view", key="projector-enter", icon=":material/open_in_full:",
            type="tertiary", on_click=address.put, kwargs={"view": "projector"},
        )  # fmt: skip
