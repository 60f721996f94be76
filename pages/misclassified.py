"""The digits that a network misclassifies, and a random handful of all."""

import numpy as np
import streamlit as st

from mnist_core.evaluation.metrics import Order
from pages.components.analysis.choices import SPLIT_WORDS, choose_split
from pages.components.analysis.digit_dialog import show_chosen_digit
from pages.components.analysis.gallery import show_digits, show_pages
from pages.components.analysis.label_issue_search import doubtful_indices
from pages.components.analysis.split_predictions import (
    SplitPredictions,
    note_training_digits,
    predict_split_or_stop,
    rerun_if_deleted,
)
from pages.components.shell import address, dataset, empty_states, frame, networks
from pages.components.shell.address import digit_choice, first_page, range_choice
from pages.components.shell.text import plain

PAGE_SIZE = 60
ORDERS: dict[str, tuple[Order, bool]] = {
    "Most confident first": ("confidence", True),
    "Least confident first": ("confidence", False),
    "Highest loss first": ("loss", True),
    "Lowest loss first": ("loss", False),
    "Smallest margin first": ("margin", False),
    "Largest margin first": ("margin", True),
}
FILTERS = ("true", "predicted", "confidence", "loss")


def clear_filters() -> None:
    """Make the filters let every error through."""
    for name in ("true", "predicted"):
        st.session_state[name] = address.ANY
    for name in ("confidence", "loss"):
        st.session_state[name] = address.limits_of(name)
    first_page()


@st.fragment
def show_errors(predictions: SplitPredictions) -> None:
    """The gallery with its filters, and over it the digit that was clicked."""
    rerun_if_deleted(predictions)
    with st.container(horizontal=True):
        true = digit_choice("True digit", "true")
        predicted = digit_choice("Predicted digit", "predicted")
        order = st.selectbox(
            "Order",
            list(ORDERS),
            key="order",
            bind="query-params",
            on_change=first_page,
            help="Loss is high where the true digit has a low probability. The margin is how much "
            "more probability the predicted digit has than the second choice: small where it was "
            "close.",
        )
    with st.container(horizontal=True, gap="large"):
        confidence = range_choice("Confidence (%)", "confidence", 1)
        loss = range_choice("Loss", "loss", 0.1)
    by, descending = ORDERS[order]
    positions = predictions.evaluation.misclassified(
        by,
        descending,
        true=true,
        predicted=predicted,
        confidence=confidence and (confidence[0] / 100, confidence[1] / 100),
        loss=loss,
    )
    with st.container(horizontal=True, vertical_alignment="center", key="number-of-errors"):
        st.markdown(
            f"**{positions.size:,}** of {predictions.evaluation.errors:,} errors", width="content"
        )
        if set((true, predicted, confidence, loss)) != {None}:  # perhaps by another page
            st.button("Show all errors", icon=":material/filter_alt_off:", on_click=clear_filters)
    with st.container(key="gallery"):
        if not positions.size:
            st.info(empty_states.NO_MATCHING_ERROR)
        else:
            of = f"{predictions.split.name}-{true}-{predicted}-{order}-{confidence}-{loss}"
            show_pages(
                predictions, positions, "errors", PAGE_SIZE, of, doubtful_indices(predictions)
            )
    show_chosen_digit(predictions, positions)


def show_handful(predictions: SplitPredictions) -> None:
    """Some digits at random, correct or not, with all ten probabilities."""
    number, again = st.columns([1, 3], vertical_alignment="bottom")
    wanted = number.selectbox("How many", (9, 18, 36), key="handful-size")
    size = min(wanted, predictions.split.labels.size)
    if again.button("Another handful", icon=":material/casino:", key="another-handful"):
        st.session_state.pop("handful-seed", None)
    seed = st.session_state.setdefault("handful-seed", int(np.random.default_rng().integers(2**32)))
    shown = np.random.default_rng(seed).choice(predictions.split.labels.size, size, replace=False)
    with st.container(key="handful"):
        show_digits(
            predictions, shown, "handful-digits", bars=True, doubtful=doubtful_indices(predictions)
        )


frame.page("Misclassified")
if address.asked("all") and not address.all_of(FILTERS):
    for name in FILTERS:  # a link to all errors; the filters may be set since an earlier visit
        st.session_state.pop(name, None)
run = networks.chosen_network()
st.title("Misclassified digits")
data = dataset.get()
split = choose_split(run, data)
predictions = predict_split_or_stop(run, data, split)
note_training_digits(predictions)

name, digits = plain(run.name), f"{split.labels.size:,} {SPLIT_WORDS[split.name]} digits"
if errors := predictions.evaluation.errors:
    st.caption(
        f"**{name}** misclassifies {errors:,} of {digits}. “4 → 9 87%” is a 4 "
        "predicted as 9 with a confidence of 87%. Click a digit to see more of it; “label?” says "
        "that the label may be what is wrong."
    )
    show_errors(predictions)
else:
    st.success(empty_states.no_errors(run, digits))
    show_chosen_digit(predictions, np.empty(0, np.int64))

st.header(f"A random handful of {SPLIT_WORDS[split.name]} digits")
show_handful(predictions)  # no fragment: a click here opens the dialog of the gallery above
