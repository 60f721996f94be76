"""All runs: their results, and what can be done with them."""

import streamlit as st

from mnist_core.runs import environment, store
from mnist_core.runs.run import Run
from pages.components.shell import frame, networks
from pages.components.shell.address import page_choice
from pages.components.shell.text import plain
from pages.components.train.live_curves import compared_curves
from pages.components.train.run_card import show_card, show_damaged_card

PAGE_SIZE = 8


@st.fragment  # the curves can ask for missing points, and a rerun of the page closes a dialog
def compare(all_runs: list[Run], first: list[str]) -> None:
    """The curves of the runs that are chosen, at first those with the ids in `first`."""
    st.subheader("Compare")
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
    if there := [by_id[run_id] for run_id in chosen if by_id[run_id].directory.exists()]:
        compared_curves(*there)


frame.page("Runs")
st.title("Runs")
own, shipped = store.list_runs(), store.list_pretrained()

st.subheader("Yours")
with st.container():  # so that nothing below moves when runs come and go
    if own:
        start = PAGE_SIZE * page_choice(-(-len(own) // PAGE_SIZE), "runs")
        for run in own[start : start + PAGE_SIZE]:
            show_card(run)
        try:
            most = environment.keep_runs()
        except environment.SettingError as wrong:
            st.warning(plain(str(wrong)))
        else:
            if most:
                st.caption(
                    f"The newest {most} runs stay, and all that are marked *Keep*. Older ones are "
                    "deleted permanently when a new training starts."
                )
    else:
        st.info("You have not trained a network yet. Each one that you train appears here.")
        st.page_link("pages/train.py", label="Train a network", icon=":material/model_training:")
    for run, error in store.list_damaged():
        show_damaged_card(run, error)

st.subheader("Shipped with Digit Lab")
for run in shipped:
    show_card(run)

compare([*own, *shipped], [run.id for run in shipped])
