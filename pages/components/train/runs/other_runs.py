"""The runs and sweeps in training, as a strip on the Train page where no run is watched."""

from __future__ import annotations

import streamlit as st

from pages.components.train.runs.active_runs import REFRESH, Active, active_runs, show_row
from pages.components.train.watched_run import watch

JUST_CHOSEN = "run-just-chosen"  # key of the session state: bring it into view
MAX_SHOWN = 4  # shown at a time; all are on the Runs page


@st.fragment(run_every=REFRESH)
def show_other_runs() -> None:
    """A row for each run or sweep that is waiting or in training, with a button to watch it."""
    active = active_runs()
    if not active:
        return
    st.header("In training now")
    for one in active[:MAX_SHOWN]:
        show_row(one, watch_button)
    if len(active) > MAX_SHOWN:
        st.page_link("pages/runs.py", label="All runs", icon=":material/history:")


def watch_button(active: Active) -> None:
    run, part = active.run, active.run.description.sweep
    if not st.button("Watch", icon=":material/visibility:", key=f"watch-{run.id}"):
        return
    if part:
        st.switch_page("pages/experiments.py", query_params={"sweep": part.id})
    watch(run)
    st.session_state[JUST_CHOSEN] = True
    st.rerun()
