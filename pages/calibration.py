"""How sure a network is, how right it is then, and what it gains by refusing to answer."""

from dataclasses import replace

import numpy as np
import streamlit as st

from mnist_core.evaluation.metrics import Evaluation, Reliability
from mnist_core.evaluation.temperature_scaling import calibrated
from pages.components.analysis import choices, split_predictions
from pages.components.analysis.confidence_view import show_confidence
from pages.components.analysis.digit_dialog import show_chosen_digit
from pages.components.analysis.gallery import link_to_errors
from pages.components.analysis.reliability import BINS, show_reliability
from pages.components.analysis.selective_prediction import show_refusal
from pages.components.analysis.split_predictions import Answers
from pages.components.shell import dataset, frame, networks
from pages.components.shell.address import first_page


@st.fragment
def show_diagrams(mine: Answers, calibration: Reliability) -> None:
    """The three diagrams, each with the images behind it; and the digit that was clicked."""
    split_predictions.still_there(mine)
    shown = [show_reliability(mine, calibration)]
    st.subheader("What if it may refuse?")
    shown.append(show_refusal(mine))
    st.subheader("Right and wrong answers by how sure it was")
    shown.append(show_confidence(mine))
    show_chosen_digit(mine, np.concatenate(shown))


frame.page("How sure, how right?")
run = networks.chosen_network()
st.title("How sure, how right?")
data = dataset.get()
part = choices.choose_part(run, data)
mine = split_predictions.answers_of(run, data, part)
split_predictions.note_learned(mine)
with st.container():  # so that nothing below moves where there is no toggle
    temperature = networks.predictor(run).temperature
    if round(temperature, 2) != 1 and st.toggle(
        f"Calibrated, as on the Draw page: outputs divided by {temperature:.2f}",
        key="calibrated",
        bind="query-params",
        on_change=first_page,
        help="Temperature scaling (Guo et al. 2017): a single number, fitted on validation digits. "
        "It changes how sure the network says it is, never what it answers.",
    ):
        scaled = calibrated(mine.result.probabilities, temperature)
        mine = replace(mine, result=Evaluation(part.labels, scaled, data.name, part.name))
result, calibration = mine.result, mine.result.reliability(BINS)

with st.container(horizontal=True, gap="medium"):
    st.metric(
        "Calibration error",
        f"{calibration.error:.2%}",
        help="Expected calibration error: how far, on average over the digits, the bars are from "
        f"the line (Guo et al. 2017, {BINS} bins).",
        width="content",
    )
    st.metric("How sure, on average", f"{result.confidence.mean():.2%}", width="content")
    st.metric("How right", f"{result.accuracy:.2%}", width="content")
    if result.errors:
        sure = float(result.confidence[~result.correct].mean())
        st.metric("How sure when wrong", f"{sure:.1%}", width="content")
if result.errors:
    link_to_errors(mine, f"The {result.errors:,} digits that it calls wrong")
show_diagrams(mine, calibration)
