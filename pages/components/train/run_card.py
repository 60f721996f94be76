"""A run as a card on the Runs page: its state, its results, and what can be done with it."""

from __future__ import annotations

import time

import streamlit as st

from mnist_core.config.config import parameter_count
from mnist_core.config.text import accuracy_text, count
from mnist_core.runs.records import (
    ACTIVE_STATES,
    RESUMABLE_STATES,
    SUMMED_UP_STATES,
    RunDamagedError,
)
from mnist_core.runs.run import NAME_LENGTH, Run, RunActiveError, RunNotFoundError
from pages.components.shell.address import first_page
from pages.components.shell.text import duration, plain
from pages.components.train.downloads import show_downloads
from pages.components.train.run_controls import resume_button
from pages.components.train.run_words import STATES, settings_in_words


def show_card(run: Run) -> None:
    """A card: name, state, results and what can be done."""
    status = run.status()
    summary, (icon, state) = status.summary, STATES[status.state]
    with st.container(border=True, key=f"run-{run.id}"):
        st.markdown(f"**{plain(run.name)}** · :material/{icon}: {state}")
        facts = [time.strftime("%d %b %Y, %H:%M", time.localtime(run.created))]
        if summary and status.state in SUMMED_UP_STATES:
            data = "" if status.dataset == "mnist" else " (offline sample)"
            facts = [
                f"**{accuracy_text(summary.test_accuracy)}** test accuracy{data}",
                f"{count(summary.epochs, 'epoch')} in {duration(summary.seconds)}",
                *facts,
            ]
        facts.insert(-1, f"{parameter_count(run.config)[0]:,} parameters")
        st.markdown(" · ".join(facts))
        st.caption(settings_in_words(run.config))
        if status.state in ("failed", "interrupted", "damaged"):
            st.error(plain(status.message))
        with st.container(horizontal=True, vertical_alignment="center"):
            _show_actions(run, status.state)


def show_damaged_card(run: Run, error: RunDamagedError) -> None:
    """A card for a run whose configuration can't be read: why, and how to be rid of it."""
    with st.container(border=True, key=f"run-{run.id}"):
        st.markdown(f"**{run.id}** · :material/{STATES['damaged'][0]}: {STATES['damaged'][1]}")
        st.error(plain(str(error)))
        if st.button("Delete", icon=":material/delete:", key=f"delete-{run.id}"):
            _delete(run, run.id)


def _show_actions(run: Run, state: str) -> None:
    """Links and buttons for what can be done with a run in this state."""
    active = state in ACTIVE_STATES
    st.page_link(
        "pages/train.py",
        label="Watch" if active else "Curves",
        icon=":material/show_chart:",
        query_params={"run": run.id},
    )
    if state in RESUMABLE_STATES and not run.pretrained:
        resume_button(run, f"resume-{run.id}")
    if not active:
        show_downloads(run)
    if not run.pretrained:
        if st.button("Rename", icon=":material/edit:", key=f"rename-{run.id}"):
            _rename(run)
        if st.button("Delete", icon=":material/delete:", key=f"delete-{run.id}", disabled=active):
            _delete(run, run.name)
        key = f"keep-{run.id}"
        st.session_state[key] = run.kept  # another visitor may have changed it
        st.toggle("Keep", key=key, on_change=_keep, args=(run, key))


@st.dialog("Rename")
def _rename(run: Run) -> None:
    """Ask for a new name."""
    name = st.text_input("New name", run.name, max_chars=NAME_LENGTH, key=f"name-{run.id}")
    if st.button("Rename", type="primary", key="confirm-rename"):
        try:
            run.rename(name)
        except (ValueError, RunNotFoundError) as error:
            st.error(plain(str(error)))
        else:
            st.rerun()


@st.dialog("Delete this run?")
def _delete(run: Run, name: str) -> None:
    """Ask before a run is deleted."""
    st.write(f"**{plain(name)}**: its network, history and results are deleted permanently.")
    if st.button("Delete", type="primary", icon=":material/delete:", key="confirm-delete"):
        try:
            run.delete()
        except (RunActiveError, RunNotFoundError) as error:
            st.error(plain(str(error)))
        else:
            first_page()  # there may be fewer now
            st.rerun()


def _keep(run: Run, key: str) -> None:
    """Have clean-up spare the run, or not, as the switch now says."""
    try:
        run.keep(st.session_state[key])
    except RunNotFoundError as error:
        st.toast(plain(str(error)), icon=":material/front_hand:")
