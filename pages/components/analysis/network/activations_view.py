"""The outputs of every hidden layer for one image, as tiles, with the most active units to open."""

from __future__ import annotations

import numpy as np
import streamlit as st

from mnist_core.config.formatting import percent
from mnist_core.prediction import Prediction
from mnist_core.runs.run import Run
from pages.components.analysis.network.unit_view import offer_units
from pages.components.shell import networks
from pages.components.widgets.images.weight_tiles import tiles

TILES_IN_A_ROW = 64


def show_activations(run: Run, prediction: Prediction) -> None:
    """The outputs of every hidden layer's units for one image, a tile for each."""
    layers = networks.classifier(run).activations(prediction.image[None])
    for number, (values,) in enumerate(layers, 1):
        share = percent(float((values > 0).mean()), 0, counted=True)
        st.caption(f"Hidden layer {number}: {len(values)} units, {share} above zero")
        columns = min(TILES_IN_A_ROW, len(values))
        padded = np.pad(values, (0, -len(values) % columns))
        described = f"Activations of hidden layer {number}"
        tiles(padded.reshape(1, -1, columns), 1, described, f"activations-{number}")
        if offer_units(number - 1, values):
            st.rerun()  # what shows the unit is another fragment
