"""Weights and activations of a layer over the epochs, as histograms."""

from __future__ import annotations

import streamlit as st

from mnist_core.config.formatting import percent
from mnist_core.evaluation.internals.layer_histograms import Histograms, layer_histograms
from mnist_core.network.inference import WeightsError
from mnist_core.runs.run import Run
from pages.components.analysis.choices import FINAL
from pages.components.analysis.network.histogram_lines import histogram_lines
from pages.components.shell import dataset, empty_states, networks
from pages.components.shell.background import Report, result_when_done
from pages.components.shell.classes import things
from pages.components.widgets.browser import clickable

TITLE = "Over the epochs · Histograms"
DIGITS = 500  # test digits whose activations are counted
MAX_EPOCHS = 5  # the first, the last and some between them


def show_distributions(run: Run) -> None:
    """Show how a layer's weights and activations are distributed after each stored epoch."""
    stored = run.epochs()
    if not stored:
        st.caption(empty_states.no_epochs(run))
    epochs = _some(stored)
    hidden = len(networks.classifier(run).activation_names)
    names = [*(f"Hidden {number}" for number in range(1, hidden + 1)), "Output"]
    layer = st.segmented_control(
        "Layer",
        range(hidden + 1),
        format_func=names.__getitem__,
        default=0,
        required=True,
        key="distribution-layer",
    )
    data = dataset.get(tell=False)

    def count(report: Report) -> tuple[Histograms, Histograms | None]:
        named = {f"epoch {epoch}": networks.classifier(run, epoch) for epoch in epochs}
        named[FINAL] = networks.classifier(run)
        return layer_histograms(named, layer, data.x_test[:DIGITS])

    try:
        histograms = result_when_done(
            ("histograms", *networks.weights_key(run), tuple(epochs), data.name, layer),
            count,
            "Counting weights and activations",
        )
    except (WeightsError, OSError) as error:
        networks.show_damaged(run, error)
        return
    if not histograms:
        return
    weights, activations = histograms
    places = st.columns(2 if activations else 1, gap="large")
    with places[0]:
        st.caption("Weights, without biases: the share of them by value")
        _chart(weights, "weights")
    if activations:
        with places[1]:
            number = f"{min(DIGITS, data.y_test.size):,} test {things()}"
            st.caption(f"Activations for {number}: the share of them by value")
            _chart(activations, "activations")
        shares = ", ".join(
            f"{name} {percent(share, 0)}" for name, share in activations.zeros.items()
        )
        st.caption(f"Share of outputs that are 0 or less: {shares}.")


def _some(epochs: list[int]) -> list[int]:
    """At most `MAX_EPOCHS` of the epochs, spread over all of them."""
    if len(epochs) <= MAX_EPOCHS:
        return epochs
    last = len(epochs) - 1
    return [epochs[round(n * last / (MAX_EPOCHS - 1))] for n in range(MAX_EPOCHS)]


def _chart(histograms: Histograms, values: str) -> None:
    described = (
        f"Histograms of the layer's {values}: a line for each stored epoch, and the final one"
    )
    clickable.show(histogram_lines(histograms, described), None, f"distribution-{values}")
