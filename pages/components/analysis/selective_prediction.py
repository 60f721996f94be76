"""What a network gains by refusing the digits it is least sure of, with those that it refuses and
the errors that are left."""

from __future__ import annotations

import numpy as np
import streamlit as st

from mnist_core.evaluation import figures
from pages.components.analysis.gallery import show_first
from pages.components.analysis.split_predictions import Answers
from pages.components.shell.address import note_unknown

SHOWN = ("Errors left", "Refused")


def show_refusal(mine: Answers) -> np.ndarray:
    """A slider for the share that may be refused, and the images; returns their positions."""
    note_unknown("refusal", SHOWN)
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
        surest = np.argsort(-result.confidence, kind="stable")
        left, refused = surest[:answered], surest[answered:]
        left = left[~result.correct[left]]
        with st.container(horizontal=True, gap="medium", key="refusal-figures"):
            st.metric("Right among the rest", f"{accuracy[place]:.2%}", width="content")
            st.metric("Errors left", f"{left.size:,} of {result.errors:,}", width="content")
        least = np.floor(1000 * result.confidence[surest[answered - 1]]) / 1000  # never more
        st.caption(
            f"It answers {answered:,} of {result.labels.size:,} digits: those of which it is at "
            f"least {least:.1%} sure."
        )
    with curve:
        st.plotly_chart(
            figures.accuracy_by_coverage(coverage, accuracy, float(coverage[place])),
            key="coverage-chart",
            config={"displayModeBar": False},
            alt="Curve: the accuracy by the share of digits that the network answers",
        )
    shown = st.segmented_control(
        "Show", SHOWN, default=SHOWN[0], required=True, key="refusal", bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
    order = left if shown == SHOWN[0] else refused[::-1]
    with st.container(key="refusal-images"):
        if order.size:
            first = "the surest" if shown == SHOWN[0] else "the least sure"
            st.markdown(f"**{shown}: {order.size:,}**, {first} first")
            show_first(mine, order, "refusal-grid", f"{shown}-{share}")
        else:
            st.markdown(f"**{shown}: none**")
    return order
