"""In the window of a run: which of its files are damaged, and what can be saved of it."""

from __future__ import annotations

import secrets

import streamlit as st

from mnist_core.errors import DigitLabError
from mnist_core.jobs import repair, run_permissions
from mnist_core.runs.run import Run
from pages.components.shell.background import forget, result_of
from pages.components.shell.error_toast import error_in_words
from pages.components.shell.text import plain, sentence
from pages.components.shell.visitor import asking

_ASKED = "repair-asked"  # names the repair that was asked for; None: none was


def show_repair(run: Run) -> None:
    """The damaged files, each with the reason and what can be done, and a button that repairs
    them."""
    # Placed first: what is listed is gone as soon as a repair begins. Streamlit would leave the
    # button there after one that takes its time.
    said, listed = st.container(), st.empty()
    with said:
        if asked := st.session_state.pop(_ASKED, None):
            _repair(run, asked)
        key = "damage", run.id
        damages = result_of(key, lambda _: repair.examine(Run(run.directory)), "Reading its files")
        forget(key)  # the next time they are read again
        if not damages:
            st.success("All of its files can be read.", icon=":material/check:")
            return
    with listed.container():
        _list(damages)


def _list(damages: list[repair.Damage]) -> None:
    for damage in damages:
        reason, outcome = plain(damage.reason.rstrip(".")), plain(damage.outcome)
        st.markdown(f"**{plain(damage.file)}** is damaged: {reason}.  \n{outcome}")
    if any(damage.repair for damage in damages):
        st.caption(
            f"The damaged files stay beside the others, with “{repair.ENDING}” after their names."
        )
        st.button("Repair", type="primary", icon=":material/build:", key="repair", on_click=_ask)


def _ask() -> None:
    st.session_state[_ASKED] = secrets.token_hex(8)


def _repair(run: Run, asked: str) -> None:
    """Repair the run, and say what was repaired, or why nothing was."""
    visitor = asking()
    try:
        repaired = result_of(
            ("repair", asked),
            lambda _: run_permissions.repair(Run(run.directory), visitor),
            "Repairing its files",
        )
    except (DigitLabError, OSError) as error:
        st.error(error_in_words(error))
        return
    if repaired:  # and not by a click in another tab
        names = [plain(damage.file) for damage in repaired]
        st.success(f"Repaired: {sentence(names)}.", icon=":material/build:")
