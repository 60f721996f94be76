"""The form that makes a training configuration: a preset, then every setting of it.

The set-up stands in the page's address, to be handed out as a link.
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from mnist_core.config import (
    ACTIVATIONS,
    LAYER_RANGES,
    MAX_LAYERS,
    NORMALIZATIONS,
    OPTIMIZERS,
    PRESETS,
    RANGES,
    SCHEDULES,
    Layer,
    TrainingConfig,
)
from pages.components import distortions
from pages.components.setup_link import DEFAULT_PRESET, LINKED, WHOLE, from_query, to_query

NAMES = {
    "relu": "ReLU",
    "leaky_relu": "LeakyReLU",
    "elu": "ELU",
    "gelu": "GELU",
    "silu": "SiLU",
    "tanh": "tanh",
    "sigmoid": "sigmoid",
    "none": "no normalisation",
    "before": "before activation",
    "after": "after activation",
    "adam": "Adam",
    "adamw": "AdamW",
    "sgd": "SGD",
    "rmsprop": "RMSprop",
    "constant": "constant",
    "plateau": "halve on plateau",
    "cosine": "cosine",
    "one_cycle": "one-cycle",
    "early-stopping": "ReLU with early stopping",
    "leaky-relu": "LeakyReLU, 12 epochs",
    "speedrun": "Speedrun, 3 epochs",
    "champion": "Champion, many epochs with distortions",
    "compact": "Compact",
}
SETTINGS = (
    "optimizer", "learning_rate", "schedule", "momentum", "weight_decay", "batch_size", "epochs",
    "validation_split", "early_stopping_patience", "label_smoothing", "seed",
)  # fmt: skip
LAYER_FIELDS = ("units", "activation", "normalization", "dropout")


def name_of(option: str) -> str:
    """An option of the configuration as people write it."""
    return NAMES.get(option, option)


def choose_preset() -> str:
    """The preset to start from; a change of it fills the form. On arrival the address decides,
    else the visitor's last set-up."""
    if "preset" not in st.session_state:
        linked = from_query(st.query_params)
        if linked is not None:
            preset, config, complaints = linked
            st.session_state["setup-complaints"] = complaints
        else:
            default = (DEFAULT_PRESET, PRESETS[DEFAULT_PRESET])
            preset, config = st.session_state.get("training-setup", default)
        _fill(config)
        st.session_state["preset"] = preset
    for complaint in st.session_state.get("setup-complaints", ()):
        st.warning(
            f"The link asks for what is not possible. {complaint}. "
            "The preset's value stands in its place.",
            icon=":material/link_off:",
        )
    return st.selectbox(
        "Preset",
        list(PRESETS),
        key="preset",
        format_func=name_of,
        on_change=_take_preset,
        help="A network and a recipe to start from. Every setting can be changed.",
    )


def training_form(preset: str) -> TrainingConfig:
    """Show the network's and the training's settings; returns the configuration."""
    network, training, distorted = st.tabs(["Network", "Training", "Distortions"], key="settings")
    with network:
        layers = _layers()
    with training:
        settings = _settings()
    with distorted:
        augmentation = distortions.choose()
    base = st.session_state["form-base"]  # has the settings that the form does not show
    config = base.with_changes(layers=layers, augmentation=augmentation, **settings)
    st.session_state["training-setup"] = (preset, config)  # survives a change of page
    _write_link(preset, config)
    return config


def _write_link(preset: str, config: TrainingConfig) -> None:
    query = to_query(preset, config)
    for key in (*LINKED, *WHOLE, "preset"):
        if key in query:
            if st.query_params.get(key) != query[key]:
                st.query_params[key] = query[key]
        elif key in st.query_params:
            del st.query_params[key]


def _take_preset() -> None:
    st.session_state.pop("setup-complaints", None)
    _fill(PRESETS[st.session_state["preset"]])


def _fill(config: TrainingConfig) -> None:
    """Put a configuration into the form's widgets."""
    st.session_state["form-base"] = config
    _fill_layers(list(config.layers))
    distortions.fill(config.augmentation)
    for field in SETTINGS:
        st.session_state[field] = getattr(config, field)


def _fill_layers(layers: list[Layer]) -> None:
    st.session_state["layer-count"] = len(layers)
    for i, layer in enumerate(layers):
        for field in LAYER_FIELDS:
            st.session_state[f"layer-{i}-{field}"] = getattr(layer, field)


def _current_layers() -> list[Layer]:
    count = st.session_state["layer-count"]
    return [
        Layer(**{field: st.session_state[f"layer-{i}-{field}"] for field in LAYER_FIELDS})
        for i in range(count)
    ]


def _change_layers(change: Callable[[list[Layer]], object]) -> None:
    layers = _current_layers()
    change(layers)
    _fill_layers(layers)


def _layers() -> tuple[Layer, ...]:
    count = st.session_state["layer-count"]
    for i in range(count):
        _layer(i, count)
    st.button(
        "Add a layer",
        icon=":material/add:",
        key="add-layer",
        disabled=count >= MAX_LAYERS,
        on_click=_change_layers,
        args=(lambda layers: layers.append(layers[-1]),),
    )
    return tuple(_current_layers())


def _layer(i: int, count: int) -> None:
    """One hidden layer's settings, in a row where there is room."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.number_input(
            f"Layer {i + 1}: units", *LAYER_RANGES["units"][1:], key=f"layer-{i}-units", width=130
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
            "Dropout", *LAYER_RANGES["dropout"][1:], step=0.05, key=f"layer-{i}-dropout", width=130
        )

        def swap(layers: list[Layer]) -> None:
            layers[i - 1], layers[i] = layers[i], layers[i - 1]

        for icon, key, change, possible in (
            ("arrow_upward", f"raise-layer-{i}", swap, i > 0),
            ("delete", f"remove-layer-{i}", lambda layers: layers.pop(i), count > 1),
        ):
            st.button(
                f":material/{icon}:",
                key=key,
                disabled=not possible,
                on_click=_change_layers,
                args=(change,),
            )


def _settings() -> dict[str, object]:
    places = iter(st.columns(3) * 4)
    values: dict[str, object] = {}

    def number(field: str, label: str, step: float, **options) -> None:
        limits = RANGES[field][1:]
        values[field] = next(places).number_input(label, *limits, step=step, key=field, **options)

    values["optimizer"] = next(places).selectbox(
        "Optimiser", OPTIMIZERS, key="optimizer", format_func=name_of
    )
    number("learning_rate", "Learning rate", 1e-4, format="%.2e")
    values["schedule"] = next(places).selectbox(
        "Learning-rate schedule", SCHEDULES, key="schedule", format_func=name_of
    )
    number("batch_size", "Batch size", 32)
    number("epochs", "Epochs, at most", 1)
    number(
        "early_stopping_patience",
        "Early-stopping patience, in epochs",
        1,
        help="Training ends after so many epochs without a lower validation loss, and the best "
        "weights are restored. 0: train all epochs.",
    )
    number("validation_split", "Share kept for validation", 0.05)
    number(
        "label_smoothing",
        "Label smoothing",
        0.05,
        help="Share of the target that is spread over all ten digits, against being too sure.",
    )
    number("seed", "Seed", 1)
    if values["optimizer"] == "sgd":
        number("momentum", "Momentum", 0.05)
    if values["optimizer"] == "adamw":
        number("weight_decay", "Weight decay", 0.001, format="%.4f")
    return values
