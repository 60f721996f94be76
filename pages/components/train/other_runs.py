"""Runs that go on elsewhere, as a strip on the Train page: who trains what, and how far it is."""

from __future__ import annotations

import streamlit as st

from mnist_core.runs import store
from pages.components.shell.text import plain
from pages.components.train.run_in_words import progress, state_in_words
from pages.components.train.watched_run import watch

REFRESH = 2.0  # seconds
JUST_CHOSEN = "run-just-chosen"  # key of the session state: bring it into view
MOST = 4  # shown at a time; all are on the Runs page


@st.fragment(run_every=REFRESH)
def show_other_runs() -> None:
    """A row for each run that is waiting or in training, with a button to watch it."""
    active = [(run, status) for run in store.list_runs() if (status := run.status()).active]
    if not active:
        return
    st.header("In training now")
    for run, status in active[:MOST]:
        icon, state = state_in_words(status, run.control())
        share, text, _ = progress(run, status)
        with st.container(horizontal=True, vertical_alignment="center", key=f"other-{run.id}"):
            st.progress(share, f":material/{icon}: **{plain(run.name)}** · {state} · {text}")
            if st.button("Watch", icon=":material/visibility:", key=f"watch-{run.id}"):
                watch(run)
                st.session_state[JUST_CHOSEN] = True
                st.rerun()
    if len(active) > MOST:
        st.page_link("pages/runs.py", label=f"All {len(active)} runs", icon=":material/history:")
