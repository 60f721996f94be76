"""The button that starts the training that the form describes."""

from __future__ import annotations

import streamlit as st

from mnist_core.errors import DigitLabError
from mnist_core.jobs import launcher
from mnist_core.runs.run import RunNameError, clean_name
from pages.components.shell.error_toast import error_in_words
from pages.components.shell.visitor import visitor
from pages.components.train.form import training_form
from pages.components.train.watched_run import watch

NAME = "run-name"  # key of the field for the run's name
FORM = "set-up"  # key of the expander that holds the form while a run is shown
_REFUSED = "refused"  # why a training was not started


def button(default_name: str, *, disabled: bool) -> None:
    """Show the button.

    Args:
        default_name: The run's name if the visitor gives none.
        disabled: Whether the form describes nothing that can be trained.
    """
    st.button(
        "Train",
        icon=":material/play_arrow:",
        type="primary",
        key="start-training",
        width="stretch",
        disabled=disabled,
        on_click=_start,
        args=(default_name,),
    )


def name_problem() -> str:
    """What is wrong with the name that the visitor gives the run, in Markdown; "" if nothing is."""
    try:
        clean_name(st.session_state.get(NAME, "").strip() or "none given")
    except RunNameError as error:
        return error_in_words(error)
    return ""


def show_refusal() -> None:
    """Say why the training that the visitor has just asked for was not started."""
    if refused := st.session_state.pop(_REFUSED, None):
        st.warning(refused, icon=":material/front_hand:")


def _start(default_name: str) -> None:
    if name_problem():  # it stands beside the field
        return
    # The click may come before the field is there.
    name = st.session_state.get(NAME, "").strip() or default_name
    try:
        watch(launcher.start(training_form.configuration(), name, visitor=visitor()))
    except (DigitLabError, OSError) as error:
        st.session_state[_REFUSED] = error_in_words(error)
    else:
        st.session_state[NAME], st.session_state[FORM] = "", False
        st.session_state.pop(training_form.DATA_GONE, None)
