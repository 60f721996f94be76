"""A network's layers as a table: units, activation and parameters of each."""

from __future__ import annotations

import streamlit as st

from mnist_core.config.config import TrainingConfig, parameter_count
from mnist_core.config.sizes import INPUTS
from mnist_core.config.text import percent
from pages.components.shell.text import name_of


def layer_table(config: TrainingConfig) -> None:
    """Show how many parameters the network has, and a row for each of its layers."""
    total, trainable = parameter_count(config)
    st.markdown(f"**{total:,}** parameters (biases included), {trainable:,} of them trainable.")
    rows, inputs = [], INPUTS
    for number, layer in enumerate(config.layers, 1):
        normalization = 0 if layer.normalization == "none" else 4
        rows.append(
            {
                "Layer": f"Hidden {number}",
                "Units": f"{layer.units:,}",
                "Activation": name_of(layer.activation),
                "Batch normalization": name_of(layer.normalization),
                "Dropout": f"{layer.dropout:g}",
                "Parameters": f"{(inputs + 1 + normalization) * layer.units:,}",
            }
        )
        inputs = layer.units
    rows.append(
        {
            "Layer": "Output",
            "Units": str(len(config.class_names)),
            "Activation": "softmax",
            "Batch normalization": name_of("none"),
            "Dropout": "0",
            "Parameters": f"{(inputs + 1) * len(config.class_names):,}",
        }
    )
    st.table(rows, hide_index=True)
    counts = [int(row["Parameters"].replace(",", "")) for row in rows]
    largest = counts.index(max(counts))
    where = "the output layer" if largest == len(config.layers) else f"hidden layer {largest + 1}"
    st.caption(
        f"{percent(counts[largest] / total, 0)} of the parameters are in {where}, and so is about "
        "that share of the time that a prediction takes: nearly every parameter is multiplied once "
        "for a digit."
    )
