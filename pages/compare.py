"""Two networks compared: the digits that only one classifies correctly, figures, and curves."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.config.formatting import count
from mnist_core.evaluation.comparison import compare
from mnist_core.evaluation.run_figures import training_figures
from mnist_core.exports.report import report
from pages.components.analysis.choices import choose_other, choose_split
from pages.components.analysis.digits.digit_dialog import show_chosen_digit
from pages.components.analysis.digits.gallery import link_to_errors, show_first
from pages.components.analysis.split_predictions import (
    SplitPredictions,
    note_training_digits,
    predict_split_or_stop,
)
from pages.components.shell import dataset, empty_states, frame, networks
from pages.components.shell.classes import thing, things
from pages.components.shell.terms import explained
from pages.components.shell.text import plain
from pages.components.train.curves.live_curves import compared_curves
from pages.components.train.run_in_words import settings_in_words


@st.fragment
def show_differences(first: SplitPredictions, second: SplitPredictions) -> None:
    """The digits that only one of the two classifies correctly."""
    networks.rerun_if_deleted(first.run, second.run)
    comparison = compare(first.evaluation, second.evaluation)
    name, fixed = plain(second.run.name), count(comparison.fixed.size, "error")
    st.header(f"{name} fixes {fixed}, adds {comparison.added.size:,}")
    st.markdown(comparison.in_words(thing()))
    left, right = st.columns(2, gap="large")
    with left, st.container(key="fixed"):
        orders = [show_side(f"Errors that {name} fixes", comparison.fixed, first)]
    with right, st.container(key="added"):
        orders.append(show_side(f"Errors that {name} adds", comparison.added, second))
    show_chosen_digit(second, np.concatenate(orders))


def show_side(
    title: str, positions: NDArray[np.int64], wrong: SplitPredictions
) -> NDArray[np.int64]:
    """Show the digits that only this network misclassifies; returns them, most confident first."""
    order = positions[np.argsort(-wrong.evaluation.confidence[positions], kind="stable")]
    st.markdown(f"**{title}: {positions.size:,}**")
    st.caption(f"As {plain(wrong.run.name)} predicts them, most confident first.")
    if order.size:
        show_first(wrong, order, f"grid-{wrong.run.id}", title)
    else:
        st.info(empty_states.NONE_OF_THIS_KIND)
    return order


frame.page("Compare")
run = networks.chosen_network()
st.title("Compare two networks")
data = dataset.get()
left, right = st.columns(2, vertical_alignment="bottom")
with left:
    other = choose_other(run, f"{plain(run.name)} compared with", optional=False)
if other is None:
    empty_states.train_first(empty_states.NO_SECOND_NETWORK)
    st.stop()
with right:
    split = choose_split(run, data)
first, second = (predict_split_or_stop(network, data, split) for network in (run, other))
for network in (first, second):
    note_training_digits(network)
show_differences(first, second)

st.header("Figures", help="Loss and calibration error are those after calibration.")
figures = [network.figures | training_figures(network.run) for network in (first, second)]
names = [plain(name) for name in networks.distinct_names([run, other]).values()]
st.table(
    {"Figure": list(figures[0])}
    | {name: list(column.values()) for name, column in zip(names, figures, strict=True)},
    hide_index=True,
)
with st.container(horizontal=True):
    st.download_button(
        "Report",
        lambda: report([first.run, second.run], data),
        "comparison.html",
        "text/html",
        icon=":material/download:",
        on_click="ignore",
        help="Figures, settings, matrices and errors of both as one file that needs no network.",
    )
    for network in (first, second):
        link_to_errors(
            network, f"{things().capitalize()} that {plain(network.run.name)} misclassifies"
        )
for network in (first, second):
    explained(
        f"**{plain(network.run.name)}**: {settings_in_words(network.run.config)}", caption=True
    )

st.header("Learning curves")
compared_curves(run, other)
