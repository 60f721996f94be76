"""Where to go from the front page, and a word to those who are new."""

from __future__ import annotations

import streamlit as st

from pages.components.shell import menu

PAGES = (
    ("pages/train.py", "Train your own", ":material/model_training:"),
    ("pages/misclassified.py", "See its mistakes", ":material/error_outline:"),
    ("pages/network.py", "Look inside", ":material/hub:"),
)
LESSON = "1-centring"  # the first


def next_steps(taken: dict[str, str]) -> None:
    """Three large links.

    Args:
        taken: From `menu.carried`.
    """
    with st.container(key="next-steps"):
        for path, label, icon in PAGES:
            menu.link(path, label, icon, taken)


def first_lesson() -> None:
    """A link to the first lesson, unless the teacher has hidden the lessons."""
    if not menu.is_hidden("Learn"):
        st.page_link(
            "pages/learn.py",
            label="New here? The first lesson takes a few minutes",
            icon=":material/school:",
            query_params={"lesson": LESSON},
        )
