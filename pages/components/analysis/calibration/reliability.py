"""The reliability diagram, with the images behind its bars."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.config.formatting import bin_text
from mnist_core.evaluation import charts
from mnist_core.evaluation.metrics import Reliability
from pages.components.analysis.calibration.bar_choice import choose_bar
from pages.components.analysis.digits.gallery import show_errors_first
from pages.components.analysis.split_predictions import SplitPredictions
from pages.components.shell import address
from pages.components.shell.address_parameters import RELIABILITY_BINS
from pages.components.shell.classes import things
from pages.components.shell.terms import explained
from pages.components.widgets.charts.chart import Point, chart

BINS = RELIABILITY_BINS
PAGE_SIZE = 15


def show_reliability(predictions: SplitPredictions, reliability: Reliability) -> NDArray[np.int64]:
    """The diagram, and the images of the bin that is clicked; returns their positions."""
    chosen = _chosen_bin()
    diagram, images = st.columns([3, 2], gap="large")
    with diagram:
        chart(
            charts.reliability_diagram(reliability, chosen),
            "reliability",
            "Reliability diagram: accuracy by confidence",
            _choose_clicked,
            chosen=None if chosen is None else (0, chosen),
            shows="bin-images",
        )
    with images, st.container(key="bin-images"):
        edges, counts = reliability.edges, reliability.counts
        bars = {
            str(number + 1): f"{bin_text(edges[number], edges[number + 1])}: {counts[number]:,}"
            for number in np.flatnonzero(counts).tolist()
        }
        choose_bar("bin", bars, address.first_page)
        if chosen is not None:
            return _show_bin(predictions, reliability, chosen)
        explained(
            "**A well calibrated network** is right in 80 of 100 cases where its confidence is "
            "80%: its bars reach the dashed line. Where they stay below the line it is "
            "overconfident, where they rise above it underconfident. The thin lines are 95% "
            f"intervals: the fewer the {things()}, the longer."
        )
    return np.empty(0, np.int64)


def _choose_clicked(bar: Point | None) -> None:
    if bar is None:
        _choose_none()
    else:
        address.put(bin=str(bar[1] + 1))
        address.first_page()


def _choose_none() -> None:
    address.drop("bin")


def _chosen_bin() -> int | None:
    """The bin that the address names as `?bin=`, where the first is 1; None for none."""
    number = address.chosen("bin")
    return int(number) - 1 if number else None


def _show_bin(
    predictions: SplitPredictions, reliability: Reliability, chosen: int
) -> NDArray[np.int64]:
    low, high = reliability.edges[chosen : chosen + 2]
    inside = np.flatnonzero(predictions.evaluation.bin_of(BINS) == chosen)
    st.button(
        "What the diagram says",
        type="tertiary",
        icon=":material/arrow_back:",
        key="no-bin",
        on_click=_choose_none,
    )
    what = f"Confidence {bin_text(low, high)}: {inside.size:,} {things()}"
    return show_errors_first(predictions, inside, what, "bin-grid", PAGE_SIZE, f"bin-{chosen}")
