"""The reliability diagram with the images behind its bars."""

from __future__ import annotations

import numpy as np
import streamlit as st

from mnist_core.evaluation import figures
from mnist_core.evaluation.metrics import Reliability
from pages.components.analysis.gallery import show_errors_first
from pages.components.analysis.split_predictions import Answers
from pages.components.shell.address import note_unknown

BINS = 15
PAGE_SIZE = 15


def _choose_clicked() -> None:
    points = st.session_state["reliability-chart"].selection.points
    if points:
        st.query_params["bin"] = str(points[0]["customdata"][0] + 1)
        st.query_params.pop("page", None)


def _chosen_bin() -> int | None:
    """The bin that the address names as `?bin=`, from 1; None for none."""
    note_unknown("bin", map(str, range(1, BINS + 1)))
    asked = st.query_params.get("bin", "")
    known = asked.isdecimal() and len(asked) < 3 and 1 <= int(asked) <= BINS
    if not known:
        st.query_params.pop("bin", None)
    return int(asked) - 1 if known else None


def show_reliability(mine: Answers, calibration: Reliability) -> np.ndarray:
    """The diagram, and the images of the bin that is clicked; returns their positions."""
    chosen = _chosen_bin()
    diagram, images = st.columns([3, 2], gap="large")
    with diagram:
        st.container(key="reliability").plotly_chart(
            figures.reliability_diagram(calibration, chosen),
            key="reliability-chart",
            on_select=_choose_clicked,
            selection_mode="points",
            alt="Reliability diagram: how often it is right over how sure it is",
            config={"displayModeBar": False},
        )
    order = np.empty(0, int)
    with images, st.container(key="bin-images"):
        if chosen is None:
            st.markdown(
                "**A network that knows what it knows** is right in 80 of 100 cases where it is "
                "80% sure: its bars reach the dashed line. Bars below the line: it is too sure. "
                "Bars above: it is too modest. The thin lines are 95% intervals; few digits make "
                "them long."
            )
            st.markdown("Click a bar to see its images.")
        else:
            order = _show_bin(mine, calibration, chosen)
    return order


def _show_bin(mine: Answers, calibration: Reliability, chosen: int) -> np.ndarray:
    low, high = calibration.edges[chosen : chosen + 2]
    inside = np.flatnonzero(mine.result.bin_of(BINS) == chosen)
    st.button(
        "What the diagram says",
        type="tertiary",
        icon=":material/arrow_back:",
        key="no-bin",
        on_click=lambda: st.query_params.pop("bin", None),
    )
    what = f"{low:.0%} to {high:.0%} sure: {inside.size:,} digits"
    return show_errors_first(mine, inside, what, "bin-grid", PAGE_SIZE, f"bin-{chosen}")
