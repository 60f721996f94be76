"""Two networks beside each other: curves, figures, and the digits that tell them apart."""

import numpy as np
import streamlit as st

from mnist_core.config.config import parameter_count
from mnist_core.evaluation.comparison import compare
from pages.components.analysis import choices, split_predictions
from pages.components.analysis.digit_dialog import show_chosen_digit
from pages.components.analysis.gallery import link_to_errors, show_first
from pages.components.analysis.split_predictions import Answers
from pages.components.shell import dataset, frame, networks
from pages.components.shell.text import duration, plain
from pages.components.train.live_curves import compared_curves
from pages.components.train.run_words import settings_in_words


def figures_of(network: Answers) -> dict[str, str]:
    """The figures of one network, each in a few characters."""
    result, summary = network.result, network.run.status().summary
    return {
        "Accuracy": f"{result.accuracy:.2%}",
        "Called wrong": f"{result.errors:,} of {result.labels.size:,}",
        "Loss": f"{result.loss:.4f}",
        "Calibration error": f"{result.reliability().error:.2%}",
        "Parameters": f"{parameter_count(network.run.config)[0]:,}",
        "Epochs": str(summary.get("epochs", "–")),
        "Training time": duration(summary["seconds"]) if "seconds" in summary else "–",
    }


@st.fragment
def show_differences(first: Answers, second: Answers) -> None:
    """The digits that only one of the two calls right."""
    split_predictions.still_there(first, second)
    comparison = compare(first.result, second.result)
    name = plain(second.run.name)
    st.subheader(f"{name} mends {comparison.fixed.size:,}, breaks {comparison.added.size:,}")
    st.markdown(comparison.in_words())
    columns, orders = st.columns(2, gap="large"), []
    for column, what, positions, wrong in (
        (columns[0], "mends", comparison.fixed, first),
        (columns[1], "breaks", comparison.added, second),
    ):
        with column, st.container(key=what):
            orders.append(show_side(f"{name} {what}", positions, wrong))
    show_chosen_digit(second, np.concatenate(orders))


def show_side(title: str, positions: np.ndarray, wrong: Answers) -> np.ndarray:
    """Show the digits that this network alone calls wrong; returns them, the surest first."""
    order = positions[np.argsort(-wrong.result.confidence[positions], kind="stable")]
    st.markdown(f"**{title} these {positions.size:,}**")
    st.caption(f"What {plain(wrong.run.name)} wrongly called them, the surest first.")
    if not positions.size:
        st.info("None.")
        return order
    show_first(wrong, order, f"grid-{wrong.run.id}", title)
    return order


frame.page("Compare")
run = networks.chosen_network()
st.title("Compare two networks")
if not split_predictions.other_networks(run):
    st.info("There is no second network yet. Train another one.", icon=":material/info:")
    st.page_link("pages/train.py", label="Train a network", icon=":material/model_training:")
    st.stop()
data = dataset.get()
left, right = st.columns(2, vertical_alignment="bottom")
with left:
    other = choices.choose_other(run, f"{plain(run.name)} compared with", optional=False)
with right:
    part = choices.choose_part(run, data)
first, second = (
    split_predictions.answers_of(run, data, part),
    split_predictions.answers_of(other, data, part),
)
for network in (first, second):
    split_predictions.note_learned(network)

show_differences(first, second)

st.subheader("Figures")
st.dataframe(
    {
        "figure": list(figures_of(first)),
        "first": list(figures_of(first).values()),
        "second": list(figures_of(second).values()),
    },
    hide_index=True,
    height="content",
    column_config={"figure": "", "first": run.name, "second": other.name},
)
with st.container(horizontal=True):
    for network in (first, second):
        link_to_errors(network, f"What {plain(network.run.name)} calls wrong")
for network in (first, second):
    st.caption(f"**{plain(network.run.name)}**: {settings_in_words(network.run.config)}")

st.subheader("Learning curves")
compared_curves(run, other)
