"""All runs: their results, and what can be done with them."""

import streamlit as st

from mnist_core.runs import store
from mnist_core.runs.run import Run
from pages.components.shell import empty_states, frame, networks
from pages.components.shell.steady import steady
from pages.components.shell.visitor import may_change
from pages.components.train.curves.live_curves import compared_curves
from pages.components.train.runs.run_cleanup import (
    say_what_is_deleted,
    show_damaged,
    show_not_deleted,
)
from pages.components.train.runs.run_list import show_runs


@st.fragment  # the curves can ask for missing points, and a rerun of the page closes a dialog
def compare(all_runs: list[Run], first: list[str]) -> None:
    """The curves of the runs that are chosen, at first those with the ids in `first`."""
    st.header("Compare")
    names = networks.distinct_names(all_runs)
    chosen = st.multiselect(
        "Runs to compare",
        list(names),
        default=first,
        key="compared",
        format_func=names.__getitem__,
        max_selections=6,
    )
    by_id = {run.id: run for run in all_runs}
    if existing := [by_id[run_id] for run_id in chosen if by_id[run_id].directory.exists()]:
        compared_curves(*existing)


frame.page("Runs")
st.title("Runs")
own, shipped = networks.visible_runs(), store.list_pretrained()
with steady():
    if not any(may_change(run) for run in own):
        empty_states.train_first(empty_states.NO_OWN_RUN)
show_runs()
with steady():
    if own:
        say_what_is_deleted()
    show_not_deleted()
    show_damaged()
compare([*own, *shipped], [run.id for run in shipped])
