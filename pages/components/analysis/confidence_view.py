"""The histogram of how sure a network was, with the images behind its bars."""

from __future__ import annotations

import numpy as np
import streamlit as st

from mnist_core.evaluation import figures
from pages.components.analysis.gallery import show_first
from pages.components.analysis.split_predictions import Answers
from pages.components.shell.address import note_unknown

BINS = 20
KINDS = ("right", "wrong")
BARS = tuple(f"{kind}-{number}" for kind in KINDS for number in range(1, BINS + 1))


def _choose_clicked() -> None:
    points = st.session_state["confidence-histogram"].selection.points
    if points:
        point = points[0]
        kind = KINDS[point["curve_number"]]
        st.query_params["bar"] = f"{kind}-{point['customdata'][0] + 1}"


def show_confidence(mine: Answers) -> np.ndarray:
    """The histogram, and the images of the bar that is clicked; returns their positions."""
    note_unknown("bar", BARS)
    asked = st.query_params.get("bar")
    kind, _, number = (asked if asked in BARS else "").partition("-")
    chosen = (kind == "right", int(number) - 1) if kind else None
    result = mine.result
    st.plotly_chart(
        figures.confidence_histogram(result.bin_of(BINS), result.correct, BINS, chosen),
        key="confidence-histogram",
        on_select=_choose_clicked,
        selection_mode="points",
        alt="Histogram: how sure it was of its right and of its wrong answers",
        config={"displayModeBar": False},
    )
    with st.container(key="bar-images"):
        if chosen is None:
            st.markdown("Click a bar to see its images.")
            return np.empty(0, int)
        right, place = chosen
        positions = np.flatnonzero((result.bin_of(BINS) == place) & (result.correct == right))
        order = positions[np.argsort(-result.confidence[positions], kind="stable")]
        low, high = place / BINS, (place + 1) / BINS
        st.markdown(f"**{low:.0%} to {high:.0%} sure and {kind}: {order.size:,} digits**")
        show_first(mine, order, "bar-grid", asked)
    return order
