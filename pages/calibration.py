"""How confident a network is, how accurate it is then, and what it gains by rejecting digits."""

import numpy as np
import streamlit as st

from mnist_core.config.formatting import accuracy_text, count, percent
from mnist_core.evaluation.metrics import Evaluation, Reliability
from pages.components.analysis.calibration.confidence_histogram import show_confidence
from pages.components.analysis.calibration.reliability import BINS, show_reliability
from pages.components.analysis.calibration.selective_prediction import show_selective_prediction
from pages.components.analysis.choices import choose_split
from pages.components.analysis.digits.digit_dialog import show_chosen_digit
from pages.components.analysis.digits.gallery import link_to_errors
from pages.components.analysis.split_predictions import (
    SplitPredictions,
    note_training_digits,
    predict_split_or_stop,
)
from pages.components.shell import dataset, frame, networks
from pages.components.shell.address import first_page
from pages.components.shell.classes import a_thing, thing, things
from pages.components.shell.steady import steady


def show_figures(evaluation: Evaluation, reliability: Reliability) -> None:
    with st.container(horizontal=True, gap="medium"):
        st.metric(
            "Calibration error",
            percent(reliability.error, 2),
            help=f"Expected calibration error: how far, on average over the {things()}, the bars "
            f"are from the line (Guo et al. 2017, {BINS} bins).",
            width="content",
        )
        confidence = percent(float(evaluation.confidence.mean()), 2)
        st.metric("Mean confidence", confidence, width="content")
        st.metric("Accuracy", accuracy_text(evaluation.accuracy), width="content")
        if evaluation.errors:
            on_errors = float(evaluation.confidence[~evaluation.correct].mean())
            st.metric("Mean confidence on errors", percent(on_errors), width="content")


@st.fragment
def show_diagrams(
    shown: SplitPredictions, reliability: Reliability, predictions: SplitPredictions
) -> None:
    """The three diagrams, each with its images, and the digit that was clicked. The digit's figures
    are always calibrated, as on the other pages."""
    networks.rerun_if_deleted(shown.run)
    digits = [show_reliability(shown, reliability)]
    st.header(f"Rejecting uncertain {things()} · Selective prediction")
    digits.append(show_selective_prediction(shown))
    st.header("Confidence of correct predictions and of errors")
    digits.append(show_confidence(shown))
    show_chosen_digit(predictions, np.concatenate(digits))


frame.page("How sure, how right?")
run = networks.chosen_network()
st.title("How sure, how right? · Calibration")
data = dataset.get()
split = choose_split(run, data)
predictions = predict_split_or_stop(run, data, split)
note_training_digits(predictions)
with steady():
    shown = predictions
    if problem := networks.not_calibrated(run):
        st.warning(problem, icon=":material/error:")
    if round(predictions.temperature, 2) != 1 and not st.toggle(
        f"Calibrated, as on all pages: outputs divided by {predictions.temperature:.2f}",
        value=True,
        key="calibrated",
        bind="query-params",
        on_change=first_page,
        help="Temperature scaling (Guo et al. 2017): a single number, fitted on validation "
        f"{things()}. It changes how confident the network is, never what it predicts. Switch it "
        f"off to see the confidence before calibration; {a_thing()} that you open keeps its "
        "calibrated figures.",
    ):
        shown = predictions.before_calibration()
reliability = shown.evaluation.reliability(BINS)
show_figures(shown.evaluation, reliability)
if errors := predictions.evaluation.errors:
    link_to_errors(predictions, f"The {count(errors, f'misclassified {thing()}')}")
show_diagrams(shown, reliability, predictions)
