"""Where to go from the front page."""

from __future__ import annotations

import streamlit as st

from pages.components.shell import menu

PAGES = (
    ("pages/train.py", "Train your own", ":material/model_training:"),
    ("pages/misclassified.py", "See its mistakes", ":material/error_outline:"),
    ("pages/network.py", "Look inside", ":material/hub:"),
)


def next_steps(taken: dict[str, str]) -> None:
    """Three large links.

    Args:
        taken: From `menu.carried`.
    """
    with st.container(key="next-steps"):
        for path, label, icon in PAGES:
            menu.link(path, label, icon, taken)
