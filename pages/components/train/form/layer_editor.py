"""A form for the hidden layers: choose their size, or add, move, change and remove them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import streamlit as st

from mnist_core.config.config import ACTIVATIONS, MAX_LAYERS, NORMALIZATIONS, Layer
from mnist_core.config.names import name_of

LAYER_FIELDS = ("units", "activation", "normalization", "dropout")
# Units, as a multiple of the preset's.
SIZES = {"Tiny": 0.25, "Small": 0.5, "Medium": 1.0, "Large": 2.0}
_OWN = "Your own"
HELP = {
    "size": "Units in each hidden layer; Medium is the preset's own size. More units can tell "
    "finer differences, but take longer to train and overfit sooner.",
    "units": "Neurons of this layer. Each adds up all outputs of the layer before, with weights "
    "that it learns.",
    "activation": "What a unit makes of its sum. If it were a straight line, all layers "
    "together could do no more than a single one.",
    "normalization": "Brings the values of each unit to mean 0 and variance 1 within a batch. The "
    "network then learns faster and tolerates a high learning rate.",
    "dropout": "Fraction of this layer's outputs that is set to 0 at random in training, so that "
    "the network does not rely on single units. It reduces overfitting.",
}


def fill(layers: Iterable[Layer]) -> None:
    """Put layers into the widgets."""
    _put(_fields(layers))


def current() -> list[dict[str, Any]]:
    """The layers that the widgets describe, as fields of `Layer`, not checked."""
    return [
        {field: st.session_state[_key(i, field)] for field in LAYER_FIELDS}
        for i in range(st.session_state["layer-count"])
    ]


def keys() -> list[str]:
    """The keys of the widgets."""
    return [_key(i, f) for i in range(st.session_state["layer-count"]) for f in LAYER_FIELDS]


def size_of(layers: Sequence[Layer], base: Sequence[Layer]) -> str | None:
    """The size in `SIZES` that scales the preset's layers to these; None if none does."""
    return _size_of(_fields(layers), base)


def choose_size(base: Sequence[Layer]) -> None:
    """A choice of how large the layers of a preset are. Layers of another form are shown too."""
    widgets = current()
    st.session_state["size"] = given = _size_of(widgets, base) or _OWN

    def label(size: str) -> str:
        layers = widgets if size == _OWN else _scaled(base, size)
        return f"{size}: {' → '.join(str(layer['units'] or '?') for layer in layers)}"

    def take() -> None:
        # Where the layers have changed since the browser drew the list, as by another preset,
        # Streamlit does not know the label that is sent back, and hands over the label.
        if (size := st.session_state["size"]) in SIZES:
            _put(_scaled(base, size))

    st.selectbox(
        "Size",
        [*SIZES, *([_OWN] if given == _OWN else [])],
        key="size",
        format_func=label,
        on_change=take,
        help=HELP["size"],
    )


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


def _key(i: int, field: str) -> str:
    return f"layer-{i}-{field}"


def _put(layers: list[dict[str, Any]]) -> None:
    st.session_state["layer-count"] = len(layers)
    for i, layer in enumerate(layers):
        for field in LAYER_FIELDS:
            st.session_state[_key(i, field)] = layer[field]


def _fields(layers: Iterable[Layer]) -> list[dict[str, Any]]:
    return [layer.to_dict() for layer in layers]


def _size_of(layers: list[dict[str, Any]], base: Sequence[Layer]) -> str | None:
    return next((size for size in SIZES if layers == _scaled(base, size)), None)


def _scaled(layers: Iterable[Layer], size: str) -> list[dict[str, Any]]:
    return [
        layer | {"units": max(1, round(SIZES[size] * layer["units"]))} for layer in _fields(layers)
    ]


def _change(change: Callable[[list[dict[str, Any]]], object]) -> None:
    layers = current()
    change(layers)
    _put(layers)


def _layer(i: int, count: int) -> None:
    """One hidden layer's fields and buttons, in a row where there is room."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        _number(i, "units", "units", 1, width=140)
        _choice(i, "activation", "activation", ACTIVATIONS, width=170)
        _choice(i, "normalization", "batch normalization", NORMALIZATIONS, width=240)
        _number(i, "dropout", "dropout", 0.05, width=150)
        _buttons(i, count)


def _number(i: int, field: str, label: str, step: float, width: int) -> None:
    # Without limits: see `training_form`.
    st.number_input(
        f"Layer {i + 1}: {label}",
        value=None,
        step=step,
        key=_key(i, field),
        width=width,
        help=HELP[field],
    )


def _choice(i: int, field: str, label: str, values: tuple[str, ...], width: int) -> None:
    st.selectbox(
        f"Layer {i + 1}: {label}",
        values,
        key=_key(i, field),
        format_func=name_of,
        width=width,
        help=HELP[field],
    )


def _buttons(i: int, count: int) -> None:
    """Buttons that move a layer up and remove it; `count`: how many layers there are."""

    def swap(layers: list[dict[str, Any]]) -> None:
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
