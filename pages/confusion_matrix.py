"""Which digits a network confuses with which, and the images behind every number."""

import streamlit as st

from mnist_core.config.formatting import count
from mnist_core.evaluation.cached_predictions import SPLIT_WORDS
from pages.components.analysis.choices import (
    choose_epoch,
    choose_other,
    choose_split,
)
from pages.components.analysis.digits.gallery import link_to_errors
from pages.components.analysis.errors import by_digit, chosen_cell, matrix_view
from pages.components.analysis.split_predictions import (
    SplitPredictions,
    note_training_digits,
    predict_split_or_stop,
    prepare_epochs,
)
from pages.components.shell import classes, dataset, frame, networks
from pages.components.shell.classes import thing, things
from pages.components.shell.steady import steady
from pages.components.shell.terms import explained
from pages.components.shell.text import plain

LOSS_HELP = (
    "Mean cross-entropy, in nats, of the calibrated probabilities. The Train page shows the test "
    "loss before calibration."
)


def show_figures(predictions: SplitPredictions, other: SplitPredictions | None) -> None:
    """The figures, under each that of the other network."""
    others = {} if other is None else other.figures
    with st.container(horizontal=True, gap="medium"):
        for name, figure in predictions.figures.items():
            st.metric(
                name,
                figure,
                f"the other: {others[name]}" if others else None,
                delta_color="off",
                delta_arrow="off",
                help=LOSS_HELP if name.endswith("loss") else None,
                width="content",
            )


def explain(predictions: SplitPredictions, other: SplitPredictions | None) -> None:
    """Which digits they are about, how the matrix is read, and a way to all errors."""
    for network in filter(None, (predictions, other)):
        note_training_digits(network)
    split, name = predictions.split, plain(predictions.run.name)
    if predictions.epoch is None and (errors := predictions.evaluation.errors):
        link_to_errors(predictions, f"The {count(errors, f'misclassified {thing()}')}")
    colours = ": correct predictions are blue, errors orange, each with its own scale."
    explained(
        f"What **{name}** predicts for the {split.labels.size:,} {SPLIT_WORDS[split.name]} "
        f"{things()}. Each row is a true {classes.kind()}, each column a predicted one"
        + ("." if other else colours),
        caption=True,
    )


frame.page("Confusion matrix")
run = networks.chosen_network()
st.title("Confusion matrix")
data = dataset.get()

with st.container(horizontal=True, gap="small"):
    with st.container(width=250):
        split = choose_split(run, data)
    with st.container(width=170):
        other = choose_other(run, "Compare with")
    with st.container(width=170):
        epoch = choose_epoch(run, "epoch", in_address=True)
with steady():
    predictions = predict_split_or_stop(run, data, split, epoch)
    theirs = None if other is None else predict_split_or_stop(other, data, split)
    if epoch is not None and split.name != "train":  # the other epochs may be asked for next
        prepare_epochs(run, data, split)
chosen_cell.read_address()
matrix_view.explore(predictions, theirs, show_figures, explain)

left, right = st.columns(2, gap="large")
with left:
    st.header(
        f"Accuracy by {classes.kind()}",
        help="The thin lines are 95% Wilson intervals. A click on a bar shows the errors.",
    )
    by_digit.show_accuracy(predictions.evaluation.accuracy_by_digit(), chosen_cell.choose)
with right:
    st.header(
        "Classification report",
        help=f"Click a heading to sort the table. Click a precision to see the {things()} wrongly "
        f"predicted as this one; click any other number to see its misclassified {things()}.",
    )
    by_digit.show_report(predictions.evaluation.report(classes.names()), chosen_cell.choose)
