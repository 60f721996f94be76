"""Selective prediction: what a network gains by rejecting the digits it is least confident of."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.config.formatting import accuracy_text, percent
from mnist_core.evaluation import charts
from pages.components.analysis.digits.gallery import show_first
from pages.components.analysis.split_predictions import SplitPredictions
from pages.components.shell import empty_states
from pages.components.shell.address_parameters import values_of
from pages.components.shell.classes import things
from pages.components.widgets.address_choices import segmented_choice
from pages.components.widgets.charts.chart import chart

REMAINING, REJECTED = values_of("rejection-shown")


def show_selective_prediction(predictions: SplitPredictions) -> NDArray[np.int64]:
    """A slider for the share to reject, and the images; returns their positions in order."""
    evaluation = predictions.evaluation
    coverage, accuracy = evaluation.accuracy_by_coverage()
    words, curve = st.columns([2, 3], gap="large")
    with words:
        share = st.slider(
            f"Share of the {things()} to reject (%)",
            0.0,
            50.0,
            2.0,
            0.5,
            key="rejection-rate",
            bind="query-params",
        )
        index = max(int(np.searchsorted(coverage, 1 - share / 100 + 1e-9, "right")) - 1, 0)
        accepted = round(coverage[index] * evaluation.labels.size)
        order = np.argsort(-evaluation.confidence, kind="stable")
        remaining, rejected = order[:accepted], order[accepted:]
        remaining = remaining[~evaluation.correct[remaining]]
        with st.container(horizontal=True, gap="medium", key="rejection-figures"):
            of_these = accuracy_text(float(accuracy[index]))
            st.metric(f"Accuracy on accepted {things()}", of_these, width="content")
            errors = f"{remaining.size:,} of {evaluation.errors:,}"
            st.metric(REMAINING, errors, width="content")
        least = np.floor(1000 * evaluation.confidence[order[accepted - 1]]) / 1000  # never more
        st.caption(
            f"It accepts {accepted:,} of {evaluation.labels.size:,} {things()}: those that it "
            f"classifies with a confidence of at least {percent(float(least))}."
        )
    with curve:
        chart(
            charts.accuracy_by_coverage(coverage, accuracy, float(coverage[index])),
            "coverage-chart",
            f"Curve: the accuracy on accepted {things()} by the share of {things()} accepted",
        )
    shown = segmented_choice("Show", "rejection-shown", label_visibility="collapsed")
    positions = remaining if shown == REMAINING else rejected[::-1]
    with st.container(key="rejection-images"):
        if positions.size:
            first = "most" if shown == REMAINING else "least"
            st.markdown(f"**{shown}: {positions.size:,}**, {first} confident first")
            show_first(predictions, positions, "rejection-grid", f"{shown}-{share}")
        else:
            st.markdown(f"**{shown}: 0**")
            st.info(empty_states.NONE_OF_THIS_KIND)
    return positions
