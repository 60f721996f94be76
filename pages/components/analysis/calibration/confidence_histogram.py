"""The histogram of a network's confidence, with the images behind its bars."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.config.formatting import bin_text, count
from mnist_core.evaluation import charts
from pages.components.analysis.calibration.bar_choice import choose_bar
from pages.components.analysis.digits.gallery import show_first
from pages.components.analysis.split_predictions import SplitPredictions
from pages.components.shell import address
from pages.components.shell.address_parameters import CONFIDENCE_BINS
from pages.components.shell.classes import thing, things
from pages.components.widgets.charts.chart import Point, chart

BINS = CONFIDENCE_BINS
KINDS = {"right": "correct", "wrong": "misclassified"}  # in the address, and on the page


def show_confidence(predictions: SplitPredictions) -> NDArray[np.int64]:
    """The histogram, and the images of the bar that is clicked; returns their positions."""
    bar = address.chosen("bar")
    kind, _, number = bar.partition("-")
    chosen = (list(KINDS).index(kind), int(number) - 1) if kind else None
    evaluation = predictions.evaluation
    bins = evaluation.bin_of(BINS)
    chart(
        charts.confidence_histogram(bins, evaluation.correct, BINS, chosen),
        "confidence-histogram",
        "Histogram: the confidence of correct predictions and of errors",
        _choose_clicked,
        chosen,
        shows="bar-images",
    )
    with st.container(key="bar-images"):
        choose_bar("bar", _bars(bins, evaluation.correct))
        if chosen is None:
            return np.empty(0, np.int64)
        _, bin_index = chosen
        correct = kind == "right"
        positions = np.flatnonzero((bins == bin_index) & (evaluation.correct == correct))
        order = positions[np.argsort(-evaluation.confidence[positions], kind="stable")]
        low, high = bin_index / BINS, (bin_index + 1) / BINS
        st.markdown(
            f"**Confidence {bin_text(low, high)}, {KINDS[kind]}: "
            f"{count(order.size, thing(), things())}**"
        )
        show_first(predictions, order, "bar-grid", bar)
    return order


def _bars(bins: NDArray[np.int64], correct: NDArray[np.bool_]) -> dict[str, str]:
    """The bars that are not empty, as the address has them, in words."""
    words = {}
    for kind, wanted in (("right", True), ("wrong", False)):
        counts = np.bincount(bins[correct == wanted], minlength=BINS)
        for bin_index in np.flatnonzero(counts).tolist():
            low, high = bin_index / BINS, (bin_index + 1) / BINS
            words[f"{kind}-{bin_index + 1}"] = (
                f"{bin_text(low, high)}, {KINDS[kind]}: {counts[bin_index]:,}"
            )
    return words


def _choose_clicked(bar: Point | None) -> None:
    if bar is None:
        address.drop("bar")
    else:
        address.put(bar=f"{list(KINDS)[bar[0]]}-{bar[1] + 1}")
