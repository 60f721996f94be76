"""The form that describes a training: a preset, then all settings.

They stand in the page's address too, so that a set-up can be shared as a link.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from mnist_core.config import options
from mnist_core.config.config import OPTIMIZERS, SCHEDULES, TrainingConfig
from mnist_core.config.presets import PRESETS
from pages.components.shell import address
from pages.components.shell.state import TRAINING_SETUP
from pages.components.shell.text import name_of, plain
from pages.components.train import augmentation_form, layer_editor
from pages.components.train.setup_link import DEFAULT_PRESET, from_query, to_query

SETTINGS = (
    "optimizer", "learning_rate", "schedule", "momentum", "weight_decay", "batch_size", "epochs",
    "validation_split", "early_stopping_patience", "label_smoothing", "mixup", "seed",
)  # fmt: skip
USED_BY = {"momentum": "sgd", "weight_decay": "adamw"}  # the other settings by every optimiser
_BASE = "form-base"  # the configuration that the form was filled with
_COMPLAINTS = "setup-complaints"  # what the address asked for in vain


def choose_preset() -> str:
    """A choice of the preset to start from, which fills the form.

    When the page is opened the form shows the set-up in the address, else the visitor's last one.
    """
    if "preset" not in st.session_state:
        linked = from_query(address.all_of(address.SETUP))
        if linked is not None:
            preset, config, complaints = linked
            st.session_state[_COMPLAINTS] = complaints
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
    """Say which settings of the address are impossible."""
    if complaints := st.session_state.get(_COMPLAINTS):
        lines = "".join(f"\n- {plain(complaint)}" for complaint in complaints)
        st.warning(
            "This link asks for impossible settings; the preset's values are used instead.\n"
            + lines,
            icon=":material/link_off:",
        )


def training_form(preset: str) -> TrainingConfig:
    """Show the network's and the training's settings; returns the configuration."""
    tabs = st.tabs(["Network", "Training", "Data augmentation"], key="settings")
    network, training, augmentation = tabs
    with network:
        layer_editor.edit()
    with training:
        _settings()
    with augmentation:
        augmentation_form.choose()
    config = configuration()
    st.session_state[TRAINING_SETUP] = (preset, config)
    _write_link(preset, config)
    return config


def configuration() -> TrainingConfig:
    """What the form's widgets describe; callbacks, which run before the form is shown, can ask."""
    state = st.session_state
    shown = {option: state[option] for option in SETTINGS if _used(option)}
    return state[_BASE].with_changes(  # which has the settings that the form does not show
        layers=tuple(layer_editor.current()),
        augmentation=augmentation_form.current(),
        **options.changes(state["preset"], shown),
    )


def _used(field: str) -> bool:
    optimizer = st.session_state["optimizer"]
    return USED_BY.get(field, optimizer) == optimizer


def _write_link(preset: str, config: TrainingConfig) -> None:
    query = to_query(preset, config)
    address.drop(*(name for name in address.SETUP if name not in query))
    address.put(**query)


def _take_preset() -> None:
    st.session_state.pop(_COMPLAINTS, None)
    preset = st.session_state["preset"]
    _fill(preset, PRESETS[preset])


def _fill(preset: str, config: TrainingConfig) -> None:
    """Put a configuration into the form's widgets."""
    st.session_state[_BASE] = config
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
    number("epochs", "Maximum epochs", 1)
    number(
        "early_stopping_patience",
        "Early-stopping patience (epochs)",
        1,
        help="After this many epochs without a lower validation loss, training ends and the best "
        "weights are restored. 0 trains for all epochs.",
    )
    number(
        "validation_split",
        "Validation split",
        0.05,
        help="Fraction of the training digits on which the network is only measured while it "
        "trains.",
    )
    number(
        "label_smoothing",
        "Label smoothing",
        0.05,
        help="Fraction of the target that is spread over all ten digits, against overconfidence.",
    )
    number("seed", "Seed", 1)
    number("momentum", "Momentum", 0.05)
    number("weight_decay", "Weight decay", 0.001, format="%.4f")
