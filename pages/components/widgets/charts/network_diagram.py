"""The network as a picture that follows the form: blocks with shapes and parameter counts."""

from __future__ import annotations

import math

import streamlit as st

from mnist_core.config.config import TrainingConfig, parameter_count
from mnist_core.config.names import name_of
from mnist_core.config.sizes import INPUTS

MAX_BAR_HEIGHT = 5.0  # rem


def network_diagram(config: TrainingConfig) -> None:
    """Show input, hidden layers and output from left to right, bars by the number of units."""
    total, trainable = parameter_count(config)
    widest = max(INPUTS, *(layer.units for layer in config.layers))
    blocks, inputs = [_block("Input", INPUTS, widest, ["28 × 28 pixels"])], INPUTS
    for layer in config.layers:
        dense = f"{(inputs + 1) * layer.units:,} parameters"
        lines = [dense, name_of(layer.activation)]
        if layer.normalization != "none":
            normalization = f"BatchNorm {4 * layer.units:,}"
            lines.insert(1 if layer.normalization == "before" else 2, normalization)
        if layer.dropout:
            lines.append(f"Dropout {layer.dropout:g}")
        blocks.append(_block("Dense", layer.units, widest, lines))
        inputs = layer.units
    outputs = len(config.class_names)
    output = [f"{(inputs + 1) * outputs:,} parameters", "softmax"]
    blocks.append(_block("Dense", outputs, widest, output))
    with st.container(key="network-diagram"):
        st.html(
            '<div class="network-diagram" role="list" aria-label="The network, layer by layer">'
            f"{''.join(blocks)}</div>"
        )
        st.caption(f"{total:,} parameters (biases included); {trainable:,} trainable")


def _block(kind: str, units: int, widest: int, lines: list[str]) -> str:
    height = max(0.3, MAX_BAR_HEIGHT * math.log2(units + 1) / math.log2(widest + 1))
    text = "".join(f'<div class="quiet">{line}</div>' for line in lines)
    return (
        '<div class="layer" role="listitem">'
        f'<div class="bar"><i style="height:{height:.2f}rem"></i></div>'
        f"<div><b>{units:,}</b> {kind}</div>{text}</div>"
    )
