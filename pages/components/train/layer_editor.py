"""A form for the hidden layers: add, move, change and remove them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from mnist_core.config.config import ACTIVATIONS, MAX_LAYERS, NORMALIZATIONS, Layer
from pages.components.shell.text import name_of

LAYER_FIELDS = ("units", "activation", "normalization", "dropout")


def fill(layers: Sequence[Layer]) -> None:
    """Put layers into the widgets."""
    st.session_state["layer-count"] = len(layers)
    for i, layer in enumerate(layers):
        for field in LAYER_FIELDS:
            st.session_state[f"layer-{i}-{field}"] = getattr(layer, field)


def current() -> list[Layer]:
    """The layers that the widgets describe."""
    count = st.session_state["layer-count"]
    return [
        Layer(**{field: st.session_state[f"layer-{i}-{field}"] for field in LAYER_FIELDS})
        for i in range(count)
    ]


def edit() -> None:
    """Show a row of widgets for each layer, and a button that adds one."""
    count = st.session_state["layer-count"]
    for i in range(count):
        _layer(i, count)
    st.button(
        "Add a layer",
        icon=":material/add:",
        key="add-layer",
        disabled=count >= MAX_LAYERS,
        on_click=_change,
        args=(lambda layers: layers.append(layers[-1]),),
    )


def _change(change: Callable[[list[Layer]], object]) -> None:
    layers = current()
    change(layers)
    fill(layers)


def _layer(i: int, count: int) -> None:
    """One hidden layer's settings, in a row where there is room."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.number_input(
            f"Layer {i + 1}: units", *Layer.limits("units"), key=f"layer-{i}-units", width=130
        )
        st.selectbox(
            "Activation",
            ACTIVATIONS,
            key=f"layer-{i}-activation",
            format_func=name_of,
            width=130,
        )
        st.selectbox(
            "Batch normalisation",
            NORMALIZATIONS,
            key=f"layer-{i}-normalization",
            format_func=name_of,
            width=170,
        )
        st.number_input(
            "Dropout", *Layer.limits("dropout"), step=0.05, key=f"layer-{i}-dropout", width=130
        )

        def swap(layers: list[Layer]) -> None:
            layers[i - 1], layers[i] = layers[i], layers[i - 1]

        for icon, what, key, change, possible in (
            ("arrow_upward", "Move layer {} up", f"raise-layer-{i}", swap, i > 0),
            ("delete", "Remove layer {}", f"remove-layer-{i}", lambda la: la.pop(i), count > 1),
        ):
            st.button(
                f":material/{icon}:",
                key=key,
                help=what.format(i + 1),
                disabled=not possible,
                on_click=_change,
                args=(change,),
            )
