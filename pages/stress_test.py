"""How a network's accuracy falls when digits are shifted, blurred, covered and so on."""

import streamlit as st

from mnist_core.config.palette import RUN_MARKS
from mnist_core.digits.datasets.dataset import Dataset
from mnist_core.runs.run import Run
from pages.components.analysis.errors import stress_view
from pages.components.analysis.split_predictions import other_networks
from pages.components.shell import address, classes, dataset, frame, networks
from pages.components.shell.classes import things
from pages.components.shell.terms import explained

OTHERS = "stressed"
MAX_OTHERS = len(RUN_MARKS) - 1


@st.fragment
def show(runs: list[Run], data: Dataset) -> None:
    """The stress tests of these networks; the first one is the network in use."""
    networks.rerun_if_deleted(*runs)
    names = networks.distinct_names(runs)
    tests = stress_view.when_measured(runs, data)
    if not tests:
        return
    stress_view.show_errors(names, tests)
    stress_view.choose_corruption()
    stress_view.show_curves(runs, names, tests, data)
    st.header("All corruptions", help="Mean accuracy over the five severities of each.")
    stress_view.table(runs, names, tests)


frame.page("Stress test")
run = networks.chosen_network()
st.title("Stress test · Robustness")
explained(
    f"The test {things()} are clean. Here they are shifted, blurred, covered or drawn over, each "
    f"in five severities. A network that has learned the shape of a {classes.kind()}, and not just "
    "where its ink lies, holds out longer."
)
data = dataset.get()
others = {other.id: other for other in other_networks(run)}
names = networks.distinct_names(list(others.values()))
address.note_unknown("compared", [*others, run.id])
asked = address.all_asked("compared")
st.session_state[OTHERS] = [other for other in asked if other in others][:MAX_OTHERS]
chosen = st.multiselect(
    "Compared with",
    list(others),
    key=OTHERS,
    on_change=lambda: address.put(compared=st.session_state[OTHERS]),
    format_func=lambda run_id: names.get(run_id, run_id),
    max_selections=MAX_OTHERS,
    placeholder="No other network",
)
show([run, *(others[run_id] for run_id in chosen if run_id in others)], data)
