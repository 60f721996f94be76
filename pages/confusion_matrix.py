"""Which digits a network takes for which, and the images behind every number."""

import streamlit as st

from pages.components.analysis import by_digit, choices, chosen_cell, matrix_view, split_predictions
from pages.components.analysis.choices import WORDS
from pages.components.analysis.gallery import link_to_errors
from pages.components.analysis.split_predictions import Answers
from pages.components.shell import dataset, frame, networks
from pages.components.shell.address import DIGIT_CHOICES, note_unknown
from pages.components.shell.text import plain


def show_figures(mine: Answers, other: Answers | None) -> None:
    """Accuracy, errors and loss, and under each what the other network has."""
    part = WORDS[mine.part.name].capitalize()
    with st.container(horizontal=True, gap="medium"):
        for label, name, form in (
            (f"{part}accuracy", "accuracy", ".2%"),
            ("Called wrong", "errors", ","),
            (f"{part}loss", "loss", ".4f"),
        ):
            st.metric(
                label,
                format(getattr(mine.result, name), form),
                None if other is None else f"the other: {getattr(other.result, name):{form}}",
                delta_color="off",
                delta_arrow="off",
                help="Mean cross-entropy, in nats" if name == "loss" else None,
                width="content",
            )


frame.page("Confusion matrix")
run = networks.chosen_network()
st.title("Confusion matrix")
for key, known in {
    "row": DIGIT_CHOICES,
    "column": DIGIT_CHOICES,
    "numbers": matrix_view.SHARES,
    "errors-only": ("true", "false"),
}.items():
    note_unknown(key, known)
data = dataset.get()

left, middle, right = st.columns(3, vertical_alignment="bottom")
with left:
    part = choices.choose_part(run, data)
with middle:
    other = choices.choose_other(run, "Difference to")
with right:
    epoch = choices.choose_epoch(run)
# A fragment is known by its place: one that moves while it is clicked misses the click.
with st.container():
    mine = split_predictions.answers_of(run, data, part, epoch)
    theirs = None if other is None else split_predictions.answers_of(other, data, part)
    if epoch is not None and part.name != "train":  # the other epochs may be asked for next
        split_predictions.prepare_epochs(run, data, part)

    st.caption(
        f"What **{plain(run.name)}** calls the {part.labels.size:,} "
        f"{WORDS[part.name]}digits. A row is a true digit, a column what it was called"
        + (
            ": right answers are blue, errors orange, each with its own scale."
            if other is None
            else "."
        )
    )
    show_figures(mine, theirs)
    if epoch is None and mine.result.errors:
        link_to_errors(mine, f"The {mine.result.errors:,} digits that it calls wrong")
    for network in filter(None, (mine, theirs)):
        split_predictions.note_learned(network)
chosen_cell.read_address()
matrix_view.explore(mine, theirs)

left, right = st.columns(2, gap="large")
with left:
    st.subheader(
        "Accuracy by digit",
        help="The thin lines are 95% Wilson intervals. A click on a bar shows what was called "
        "something else.",
    )
    by_digit.show_accuracy(mine.result.accuracy_by_digit(), chosen_cell.choose)
with right:
    st.subheader(
        "Classification report",
        help="A click on a heading sorts the table. A click on a precision shows what was wrongly "
        "called so, one on another number what was called something else.",
    )
    by_digit.show_report(mine.result.report(), chosen_cell.choose)
