"""What every page has in common: browser tab, styles, menu, and what its address asks for.

A page begins with `page(...)`; most then ask for `networks.chosen_network()` and `dataset.get()`.
"""

from __future__ import annotations

import gc
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

import streamlit as st

from mnist_core.config import settings
from mnist_core.digits.datasets import own_data
from mnist_core.digits.datasets.own_data import OwnDataError
from mnist_core.jobs import standby_control
from mnist_core.runs import store
from mnist_core.runs.run import RunNotFoundError
from pages.components.shell import (
    address,
    classes,
    component_data,
    empty_states,
    freed_memory,
    menu,
    palette_css,
    pinned,
    visitor,
)
from pages.components.shell.address_parameters import PARAMETERS
from pages.components.shell.javascript import invisible
from pages.components.shell.state import CHOSEN_RUN, PAGE_SHOWN
from pages.components.shell.steady import steady
from pages.components.shell.text import plain

COMPONENTS = Path(__file__).parents[1]
SIDEBAR_WIDTH = 240  # pixels; Streamlit's own 300 are more than the menu needs
# Settings that every page needs.
NEEDED_SETTINGS = (
    "DIGITLAB_MODE",
    "DIGITLAB_OFFLINE",
    "DIGITLAB_SIGN_IN",
    "DIGITLAB_STANDBY",
    "DIGITLAB_TEACHER_KEY",
)
LOGO = Path(__file__).parents[3] / "static" / "logo.svg"


def page(title: str, first: Callable[[], None] = lambda: None) -> bool:
    """Begin a page: name the browser tab, draw the menu, read the address. The first call of every
    page. It also has a standby process made ready for trainings.

    Args:
        first: What the first page of a visit does before all that; it may end the run.

    Returns:
        Whether the visitor was on another page before, or on none.
    """
    freed_memory.give_back()
    component_data.skip_search()
    # A Material icon in the tab would be fetched from Google's servers.
    st.set_page_config(
        page_title=f"{title} · Digit Lab",
        page_icon=str(LOGO),
        layout="wide",
        initial_sidebar_state=SIDEBAR_WIDTH,
    )
    st.html(styles())
    _check_settings()
    visitor.check_visitor()
    if PAGE_SHOWN not in st.session_state and not menu.is_hidden(title):
        first()
    with st.sidebar:
        invisible(__file__, "frame-helper")
    menu.show(title)
    pinned.show(menu.script_of(title))
    if menu.is_hidden(title):
        st.info(empty_states.HIDDEN_PAGE, icon=":material/visibility_off:")
        st.stop()
    _name_classes(menu.script_of(title))
    with steady():
        address.check(menu.script_of(title))
    standby_control.ensure()
    _settle(len(sys.modules) // 100)
    before = st.session_state.get(PAGE_SHOWN)
    st.session_state[PAGE_SHOWN] = title
    return before != title


def _name_classes(page: str) -> None:
    """Name the classes that the address may name: those of the network that it asks for, or that is
    in use. `networks.chosen_network` has the last word."""
    classes.use(None)
    if page in PARAMETERS["run"].pages:
        with suppress(RunNotFoundError):
            run = store.get(address.asked("run") or st.session_state.get(CHOSEN_RUN) or "")
            if own_data.may_use(run, visitor.asking()):
                classes.use(run.config.data)
    if page in PARAMETERS["data"].pages:
        with suppress(OwnDataError):
            classes.use(own_data.get(address.asked("data") or "", visitor.asking()).about.data)


def _check_settings() -> None:
    """End the page where a setting that it needs is wrong."""
    try:
        for name in NEEDED_SETTINGS:
            settings.text(name)
    except settings.SettingError as error:
        st.error(f"{plain(str(error))} Whoever runs this server can correct it.")
        st.stop()


@cache
def styles() -> str:
    """The palette and every component's style sheet, without comments, as one `<style>` for the
    whole page."""
    sheets = [sheet.read_text("utf-8") for sheet in sorted(COMPONENTS.rglob("*.css"))]
    css = re.sub(r"/\*.*?\*/\s*", "", "\n".join([palette_css.css(), *sheets]), flags=re.DOTALL)
    return f"<style>{css}</style>"


@st.cache_resource(show_spinner=False)
def _settle(hundreds_of_modules: int) -> None:
    """Hide the objects of loaded modules from the garbage collector; again when many more are
    loaded.

    A full collection takes 30 to 100 ms, in which all visitors wait, and a few without the modules'
    objects.
    """
    gc.collect()
    gc.freeze()
