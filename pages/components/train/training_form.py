"""The form that makes a training configuration: a preset, then every setting of it.

The set-up stands in the page's address, to be handed out as a link.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from mnist_core.config import options
from mnist_core.config.config import OPTIMIZERS, SCHEDULES, TrainingConfig
from mnist_core.config.presets import PRESETS
from pages.components.shell.state import TRAINING_SETUP
from pages.components.shell.text import name_of, plain
from pages.components.train import augmentation_form, layer_editor
from pages.components.train.setup_link import DEFAULT_PRESET, WHOLE, from_query, to_query

SETTINGS = (
    "optimizer", "learning_rate", "schedule", "momentum", "weight_decay", "batch_size", "epochs",
    "validation_split", "early_stopping_patience", "label_smoothing", "mixup", "seed",
)  # fmt: skip
USED_BY = {"momentum": "sgd", "weight_decay": "adamw"}  # the others by every optimiser


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
            preset, config = st.session_state.get(TRAINING_SETUP, default)
        _fill(preset, config)
        st.session_state["preset"] = preset
    return st.selectbox(
        "Preset",
        list(PRESETS),
        key="preset",
        format_func=name_of,
        on_change=_take_preset,
        help="A network and a recipe to start from. Every setting can be changed.",
    )


def show_complaints() -> None:
    """Say what the address has asked for in vain."""
    if complaints := st.session_state.get("setup-complaints"):
        lines = "".join(f"\n- {plain(complaint)}" for complaint in complaints)
        st.warning(
            "The link asks for what is not possible. The preset's values stand in its place.\n"
            + lines,
            icon=":material/link_off:",
        )


def training_form(preset: str) -> TrainingConfig:
    """Show the network's and the training's settings; returns the configuration."""
    network, training, distorted = st.tabs(["Network", "Training", "Distortions"], key="settings")
    with network:
        layer_editor.edit()
    with training:
        _settings()
    with distorted:
        augmentation_form.choose()
    config = configuration()
    st.session_state[TRAINING_SETUP] = (preset, config)  # survives a change of page
    _write_link(preset, config)
    return config


def configuration() -> TrainingConfig:
    """What the form's widgets describe; a click's callback can ask before the form is shown."""
    state = st.session_state
    shown = {option: state[option] for option in SETTINGS if _used(option)}
    return state["form-base"].with_changes(  # it has the settings that the form does not show
        layers=tuple(layer_editor.current()),
        augmentation=augmentation_form.current(),
        **options.changes(state["preset"], shown),
    )


def _used(field: str) -> bool:
    optimizer = st.session_state["optimizer"]
    return USED_BY.get(field, optimizer) == optimizer


def _write_link(preset: str, config: TrainingConfig) -> None:
    query = to_query(preset, config)
    for key in (*options.OPTIONS, *WHOLE, "preset"):
        if key in query:
            if st.query_params.get(key) != query[key]:
                st.query_params[key] = query[key]
        elif key in st.query_params:
            del st.query_params[key]


def _take_preset() -> None:
    st.session_state.pop("setup-complaints", None)
    preset = st.session_state["preset"]
    _fill(preset, PRESETS[preset])


def _fill(preset: str, config: TrainingConfig) -> None:
    """Put a configuration into the form's widgets."""
    st.session_state["form-base"] = config
    layer_editor.fill(config.layers)
    augmentation_form.fill(config.augmentation)
    values = options.values(preset, config)
    for field in SETTINGS:
        st.session_state[field] = values[field]


def _settings() -> None:
    places = iter(st.columns(3) * 4)

    def number(field: str, label: str, step: float, **extra: Any) -> None:
        if _used(field):
            next(places).number_input(label, *options.limits(field), step=step, key=field, **extra)
        else:  # kept while it is not shown, or Streamlit forgets it
            st.session_state[field] = st.session_state[field]

    def choice(field: str, label: str, options: tuple[str, ...]) -> None:
        next(places).selectbox(label, options, key=field, format_func=name_of)

    choice("optimizer", "Optimiser", OPTIMIZERS)
    number("learning_rate", "Learning rate", 1e-4, format="%.2e")
    choice("schedule", "Learning-rate schedule", SCHEDULES)
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
    number("momentum", "Momentum", 0.05)
    number("weight_decay", "Weight decay", 0.001, format="%.4f")
