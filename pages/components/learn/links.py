"""Links on the Learn page. Those to lessons are buttons, as Streamlit's links to the page that is
already shown lose the parameters of their address."""

from __future__ import annotations

from urllib.parse import parse_qsl

import streamlit as st

from mnist_core.lessons.lesson import Link
from pages.components.shell import address
from pages.components.shell.menu import APP
from pages.components.shell.text import plain

HERE = "learn"


def open_button(label: str, icon: str, key: str, **where: str) -> None:
    """A link to a lesson or a step of it: parameters of the address."""
    st.button(
        label,
        icon=f":material/{icon}:",
        type="tertiary",
        key=key,
        on_click=address.put,
        kwargs=where,
    )


def lead_on(link: Link, key: str) -> None:
    """A lesson's link, unless its page does not exist."""
    page, _, query = link.address.partition("?")
    values = dict(parse_qsl(query))
    path = "app.py" if page == "app" else f"pages/{page}.py"
    if page == HERE and values.keys() == {"lesson"}:
        open_button(plain(link.text), "arrow_forward", key, step="question", **values)
    elif (APP / path).exists():
        st.page_link(
            path,
            label=plain(link.text),
            icon=":material/arrow_outward:",
            query_params=values or None,
        )
