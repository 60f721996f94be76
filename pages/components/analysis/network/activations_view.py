"""The outputs of every hidden layer for one image, as tiles, with the most active units to open."""

from __future__ import annotations

import streamlit as st

from mnist_core.config.formatting import percent
from mnist_core.predict.answer import Prediction
from mnist_core.runs.run import Run
from pages.components.analysis.network.unit_view import offer_units
from pages.components.shell import networks


def show_activations(run: Run, prediction: Prediction) -> None:
    """The outputs of every hidden layer's units for one image, a cell for each, which opens it."""
    layers = networks.classifier(run).activations(prediction.image[None])
    for number, (values,) in enumerate(layers, 1):
        share = percent(float((values > 0).mean()), 0, counted=True)
        st.caption(f"Hidden layer {number}: {len(values)} units, {share} above zero")
        if offer_units(number - 1, values):
            st.rerun()  # what shows the unit is another fragment
