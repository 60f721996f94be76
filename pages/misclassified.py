"""The digits that a network misclassifies, and a random handful of all."""

import numpy as np
import streamlit as st

from mnist_core.evaluation.cached_predictions import SPLIT_WORDS
from pages.components.analysis.choices import choose_split
from pages.components.analysis.digits.digit_dialog import show_chosen_digit
from pages.components.analysis.digits.gallery import show_digits, show_pages
from pages.components.analysis.errors.error_filters import (
    choose_errors,
    clear_filters,
    follow_address,
)
from pages.components.analysis.label_issue_search import doubtful_indices
from pages.components.analysis.split_predictions import (
    SplitPredictions,
    note_training_digits,
    predict_split_or_stop,
)
from pages.components.shell import classes, dataset, empty_states, frame, networks
from pages.components.shell.classes import a_thing, things
from pages.components.shell.terms import explained
from pages.components.shell.text import plain

PAGE_SIZE = 60


@st.fragment
def show_errors(predictions: SplitPredictions) -> None:
    """The gallery with its filters, and over it the digit that was clicked."""
    networks.rerun_if_deleted(predictions.run)
    chosen = choose_errors(predictions)
    with st.container(horizontal=True, vertical_alignment="center", key="number-of-errors"):
        number = f"**{chosen.positions.size:,}** of {predictions.evaluation.errors:,} errors"
        st.markdown(number, width="content")
        if chosen.filtered:  # perhaps by another page
            st.button("Show all errors", icon=":material/filter_alt_off:", on_click=clear_filters)
    with st.container(key="gallery"):
        if not chosen.positions.size:
            st.info(empty_states.NO_MATCHING_ERROR)
        else:
            shown = f"{predictions.split.name}-{chosen.choice}"
            doubtful = doubtful_indices(predictions)
            show_pages(predictions, chosen.positions, "errors", PAGE_SIZE, shown, doubtful)
    show_chosen_digit(predictions, chosen.positions)


def _example() -> str:
    """How an error is written in the gallery, explained, in Markdown."""
    true, predicted = (4, 9) if len(classes.names()) > 9 else (0, 1)
    name = classes.shown(predicted)
    return (
        f"“{classes.shown(true)} → {name} 87%” is {classes.a_shown(true)} predicted as {name} with "
        "a confidence of 87%."
    )


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
follow_address()
run = networks.chosen_network()
st.title(f"Misclassified {things()}")
data = dataset.get()
split = choose_split(run, data)
predictions = predict_split_or_stop(run, data, split)
note_training_digits(predictions)

name, digits = plain(run.name), f"{split.labels.size:,} {SPLIT_WORDS[split.name]} {things()}"
if errors := predictions.evaluation.errors:
    explained(
        f"**{name}** misclassifies {errors:,} of {digits}. {_example()} Click {a_thing()} to "
        "see more of it; “label?” says that the label may be what is wrong.",
        caption=True,
    )
    show_errors(predictions)
else:
    st.success(empty_states.no_errors(run, digits))
    show_chosen_digit(predictions, np.empty(0, np.int64))

st.header(f"A random handful of {SPLIT_WORDS[split.name]} {things()}")
show_handful(predictions)  # no fragment: a click here opens the dialog of the gallery above
