"""The run that the Train page shows."""

from __future__ import annotations

import streamlit as st

from mnist_core.digits.datasets import own_data
from mnist_core.runs import store
from mnist_core.runs.run import Run, RunNotFoundError
from pages.components.shell import address
from pages.components.shell.address_parameters import SETUP
from pages.components.shell.state import WATCHED_RUN
from pages.components.shell.visitor import asking, visitor


def watch(run: Run) -> None:
    """Have the Train page show this run from now on."""
    st.session_state[WATCHED_RUN] = run.id
    address.put(run=run.id)


def watched_run(runs: list[Run]) -> Run | None:
    """The run to show: the one that the address names; else the one watched before; else the
    visitor's own in training. None for the form alone: where there is none of these, or the address
    has a set-up for the form.

    Args:
        runs: The users' runs that the visitor may see.
    """
    if asked := address.asked("run"):
        try:
            run = store.get(asked)
        except RunNotFoundError:
            st.warning("This run no longer exists.")
        else:
            if own_data.may_use(run, asking()):
                return run
            st.warning(
                "This run was trained on data that only the person who added it can see, so it "
                "is not shown to others.",
                icon=":material/lock:",
            )
    if address.all_of(SETUP):
        return None
    before = st.session_state.get(WATCHED_RUN)
    for run in (*runs, *store.list_pretrained()):
        if run.id == before:
            return run
    own = (run for run in runs if run.visitor == visitor())
    return next((run for run in own if run.status().active), None)
