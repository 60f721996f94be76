"""A network's layers as a table: units, activation, parameters and time of each."""

from __future__ import annotations

import streamlit as st

from mnist_core.config.config import Layer, parameter_count
from mnist_core.config.formatting import percent
from mnist_core.config.names import name_of
from mnist_core.config.sizes import INPUTS
from mnist_core.evaluation.internals.layer_times import PASSES, layer_times
from mnist_core.runs.run import Run
from pages.components.shell import networks
from pages.components.shell.background import result_when_done


@st.fragment
def layer_table(run: Run) -> None:
    """Show how many parameters the network has, a row for each of its layers, and where its
    parameters and its time go."""
    config, classifier = run.config, networks.classifier(run)
    total, trainable = parameter_count(config)
    st.markdown(f"**{total:,}** parameters (biases included), {trainable:,} of them trainable.")
    rows, inputs = [], INPUTS
    for number, layer in enumerate(config.layers, 1):
        normalization = 0 if layer.normalization == "none" else 4
        rows.append(
            {
                "Layer": f"Hidden {number}",
                "Units": f"{layer.units:,}",
                "After the weighted sum": _after_the_sum(layer),
                "Parameters": f"{(inputs + 1 + normalization) * layer.units:,}",
            }
        )
        inputs = layer.units
    rows.append(
        {
            "Layer": "Output",
            "Units": str(len(config.class_names)),
            "After the weighted sum": "softmax",
            "Parameters": f"{(inputs + 1) * len(config.class_names):,}",
        }
    )
    times = result_when_done(
        ("layer times", *networks.weights_key(run)),
        lambda report: layer_times(classifier, report),
        "Measuring the time of each layer",
    )
    if times is not None and times.size != len(rows):
        times = None  # of other layers than config.json names
    if times is not None:
        for row, seconds in zip(rows, times.tolist(), strict=True):
            row["Time"] = f"{1e6 * seconds:,.0f} µs"
    st.table(rows, hide_index=True)
    counts = [int(row["Parameters"].replace(",", "")) for row in rows]
    largest = counts.index(max(counts))
    where = "the output layer" if largest == len(config.layers) else f"hidden layer {largest + 1}"
    text = f"{percent(counts[largest] / total, 0)} of the parameters are in {where}"
    if times is not None:
        text += (
            f", and {percent(float(times[largest] / times.sum()), 0)} of the time that an image "
            f"takes: the median of {PASSES} passes, measured on this computer. For each "
            "image, nearly every parameter is used in one multiplication"
        )
    st.caption(f"{text}.")


def _after_the_sum(layer: Layer) -> str:
    """What a layer does with its weighted sums, in the order in which it does it."""
    steps = [name_of(layer.activation)]
    if layer.normalization != "none":
        steps.insert(layer.normalization == "after", "batch normalization")
    if layer.dropout:
        steps.append(f"dropout {layer.dropout:g}")
    return ", ".join(steps)
