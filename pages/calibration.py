"""How sure a network is, how right it is then, and what it gains by refusing to answer."""

from dataclasses import replace

import numpy as np
import streamlit as st

from mnist_core import figures
from mnist_core.calibration import calibrated
from mnist_core.evaluation import Evaluation
from pages.components import answers, choices, dataset, honesty, layout
from pages.components.answers import Answers
from pages.components.reliability_view import BINS, show_reliability

NO_BAR = {"config": {"displayModeBar": False}}


@st.fragment
def show_refusal(mine: Answers) -> None:
    """What if it may refuse the digits it is least sure of?"""
    result = mine.result
    coverage, accuracy = result.accuracy_by_coverage()
    words, curve = st.columns([2, 3], gap="large")
    with words:
        share = st.slider(
            "It may refuse this share of the digits, in per cent", 0.0, 50.0, 2.0, 0.5,
            key="refuse", bind="query-params",
        )  # fmt: skip
        place = max(int(np.searchsorted(coverage, 1 - share / 100 + 1e-9, "right")) - 1, 0)
        answered = round(coverage[place] * result.labels.size)
        errors = answered - round(accuracy[place] * answered)
        with st.container(horizontal=True, gap="medium", key="refusal"):
            st.metric("Right among the rest", f"{accuracy[place]:.2%}", width="content")
            st.metric("Errors left", f"{errors:,} of {result.errors:,}", width="content")
        least = np.sort(result.confidence)[::-1][answered - 1]
        st.caption(
            f"It answers {answered:,} of {result.labels.size:,} digits: those of which it is at "
            f"least {least:.1%} sure."
        )
    with curve:
        st.plotly_chart(
            figures.accuracy_by_coverage(coverage, accuracy, float(coverage[place])),
            key="coverage-chart",
            **NO_BAR,
        )


layout.page("How sure, how right?")
run = layout.chosen_network()
st.title("How sure, how right?")
data = dataset.get()
part = choices.choose_part(run, data)
mine = answers.answers_of(run, data, part)
answers.note_learned(mine)
with st.container():  # so that nothing below moves where there is no toggle
    temperature = honesty.temperature(run)
    if round(temperature, 2) != 1 and st.toggle(
        f"Calibrated, as on the Draw page: outputs divided by {temperature:.2f}",
        key="calibrated",
        bind="query-params",
        help="Temperature scaling (Guo et al. 2017): a single number, fitted on validation digits. "
        "It changes how sure the network says it is, never what it answers.",
    ):
        scaled = calibrated(mine.result.probabilities, temperature)
        mine = replace(mine, result=Evaluation(part.labels, scaled, data.name, part.name))
result, calibration = mine.result, mine.result.calibration(BINS)

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
show_reliability(mine, calibration)

st.subheader("What if it may refuse?")
show_refusal(mine)

st.subheader("Right and wrong answers by how sure it was")
st.plotly_chart(
    figures.confidence_histogram(result.confidence, result.correct),
    key="confidence-histogram",
    **NO_BAR,
)
