"""What every page has in common: its frame and menu, and the network in use.

A page begins with `page(...)`; most then ask for `chosen_network()` and for the data, which
`pages.components.dataset` gives.
"""

from __future__ import annotations

import gc
import sys
from functools import cache
from pathlib import Path

import streamlit as st

from mnist_core.jobs import launcher
from pages.components.shell import address, menu, palette
from pages.components.shell.state import PAGE_SHOWN

COMPONENTS = Path(__file__).parents[1]
LOGO = Path(__file__).parents[3] / "static" / "logo.svg"


def page(title: str) -> bool:
    """Configure the browser tab, which shows the title, and draw the menu. The first call on
    every page. From the first page on a standby for trainings is made ready.

    Returns:
        Whether the visitor comes from another page.
    """
    # A Material icon in the tab would be fetched from Google's servers.
    st.set_page_config(page_title=f"{title} · Digit Lab", page_icon=str(LOGO), layout="wide")
    st.html(styles())
    menu.show(title)
    with st.container():  # so that nothing below moves where there is something to say
        address.arrive(menu.script_of(title))
    launcher.ensure_standby()
    _settle(len(sys.modules) // 100)
    before = st.session_state.get(PAGE_SHOWN)
    st.session_state[PAGE_SHOWN] = title
    return before != title


@cache
def styles() -> str:
    """The palette and every component's style sheet as one `<style>`, for the whole page."""
    sheets = [sheet.read_text("utf-8") for sheet in sorted(COMPONENTS.rglob("*.css"))]
    return "<style>" + "\n".join([palette.css(), *sheets]) + "</style>"


@st.cache_resource(show_spinner=False)
def _settle(hundreds_of_modules: int) -> None:
    """Keep the garbage collector from what is loaded for good, anew when much more is.

    Streamlit has it search all objects after every rerun, often before the browser gets the
    answer: 30 to 100 ms, and all visitors wait. Without those of modules it takes a few.
    """
    gc.collect()
    gc.freeze()
