"""The form that describes a training: a preset and three hyperparameters, and behind a switch all
others.

They stand in the page's address too, so that a set-up can be shared as a link.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import streamlit as st

from mnist_core.config import hyperparameters, settings
from mnist_core.config.config import OPTIMIZERS, SCHEDULES, OwnData, TrainingConfig
from mnist_core.config.fields import ConfigError
from mnist_core.config.names import LABELS, USED_BY, name_of
from mnist_core.config.presets import PRESETS
from mnist_core.config.settings import SettingError
from mnist_core.digits.datasets import own_data
from mnist_core.digits.datasets.own_data import OwnDataError
from mnist_core.jobs import limits
from pages.components.shell import address
from pages.components.shell.address_parameters import SETUP
from pages.components.shell.classes import thing, things
from pages.components.shell.state import TRAINING_SETUP
from pages.components.shell.text import plain
from pages.components.shell.visitor import asking
from pages.components.train.form import augmentation_form, layer_editor
from pages.components.train.form.setup_link import DEFAULT_PRESET, from_query, to_query

FIELDS = (
    "optimizer",
    "learning_rate",
    "schedule",
    "momentum",
    "weight_decay",
    "batch_size",
    "epochs",
    "validation_split",
    "early_stopping_patience",
    "label_smoothing",
    "mixup",
    "seed",
)
SIMPLE = ("epochs", "learning_rate")  # fields with widgets of their own above the switch
HELP = {
    "epochs": "How often the network sees every training {thing}. More epochs give it time to "
    "learn, and at some point to learn by heart.",
    "learning_rate": "How far each batch moves the weights. Too high, and the loss jumps or grows; "
    "too low, and the network learns slowly.",
    "optimizer": "How the gradient of a batch changes the weights. Adam fits the step to each "
    "weight; AdamW also shrinks the weights; RMSprop is like Adam without momentum; SGD takes the "
    "same step for all and needs a higher learning rate.",
    "schedule": "How the learning rate changes: it stays; it is halved when the validation loss no "
    "longer falls; it falls smoothly (cosine); or it rises first and then falls (one-cycle).",
    "batch_size": "{Things} for each update of the weights. Small batches make many rough updates, "
    "large ones fewer and smoother, and take less time.",
    "early_stopping_patience": "After this many epochs without a lower validation loss, training "
    "ends and the best weights are restored. 0 trains for all epochs.",
    "validation_split": "Fraction of the training {things} that the network does not learn from: "
    "it is only measured on them, so that overfitting can be seen.",
    "label_smoothing": "Fraction of the target that is spread over all classes, against "
    "overconfidence.",
    "seed": "Start of the random numbers for the first weights, the order of the {things} and the "
    "validation split. The same seed gives the same training again.",
    "momentum": "Fraction of the last step that is added to the next one, as a rolling ball keeps "
    "its speed. Training then zigzags less, and is faster.",
    "weight_decay": "Fraction, times the learning rate, by which the weights shrink in each step: "
    "smaller weights overfit less.",
}
DATA = "training-data"  # the id of the data set to train on; "" for MNIST
_FILLED_WITH = "form-base"  # the configuration that the form was filled with
_COMPLAINTS = "setup-complaints"  # what was wrong with the set-up in the address
DATA_GONE = "training-data-gone"  # whether the form has MNIST in the place of what it had
_ALL = "all-settings"
GONE_TEXT = (
    "The data set was deleted, or only the person who imported it can use it. MNIST is chosen "
    "instead."
)


def choose_preset() -> str:
    """A choice of the preset to start from, which fills the form.

    When the page is opened the form shows the set-up in the address, else the visitor's last one.
    """
    if "preset" not in st.session_state:
        linked = from_query(address.all_of(SETUP))
        if linked is not None:
            preset, config, complaints = linked
            data, unknown = _linked_data()
            config = config.with_changes(data=data)
            st.session_state[_COMPLAINTS] = _in_words(complaints) + unknown
        else:
            preset, config = st.session_state.get(TRAINING_SETUP) or _initial_setup()
        _fill_widgets(preset, config)
        st.session_state["preset"] = preset
        st.session_state[_ALL] = not _is_simple(preset, config)
    return st.selectbox(
        "Preset",
        list(PRESETS),
        key="preset",
        format_func=name_of,
        on_change=_take_preset,
        help="A network and a recipe to start from. Every setting can be changed.",
    )


def choose_rest() -> None:
    """The other fields of the simple form, each in a column: size, epochs, learning rate."""
    size, epochs, rate = st.columns([4, 2.5, 2.2], vertical_alignment="bottom")
    with size:
        layer_editor.choose_size(PRESETS[st.session_state["preset"]].layers)
    # No value of its own: an empty field is reported as empty, and not as 0.
    epochs.number_input(LABELS["epochs"], value=None, step=1, key="epochs", help=_help("epochs"))
    rate.number_input(
        LABELS["learning_rate"],
        value=None,
        step=1e-4,
        format="%g",
        key="learning_rate",
        help=_help("learning_rate"),
    )


def choose_data() -> None:
    """The data set to train on, where the visitor has any beside MNIST."""
    own_sets = {own.id: own.name for own in own_data.list_all(asking())}
    if own_sets:
        st.selectbox(
            "Data",
            ["", *own_sets],
            key=DATA,
            on_change=st.session_state.pop,
            args=(DATA_GONE, None),
            format_func=lambda own: own_sets.get(own, "MNIST"),
            help="Add your own data on the Data page.",
        )


def _data() -> OwnData | None:
    """The data set that the form names; None: MNIST. Raises OwnDataError where it is not there."""
    chosen = st.session_state.get(DATA)  # forgotten once its box is gone with the last data set
    if not chosen:
        return None
    with suppress(OwnDataError):
        return own_data.get(chosen, asking()).about.data
    raise OwnDataError("The chosen data set is not there any more, so nothing was started.")


def _linked_data() -> tuple[OwnData | None, list[str]]:
    """The data set that the address names, None for MNIST; and what to say where the visitor has no
    such data."""
    asked = address.asked("data")
    if asked in (None, "mnist"):
        return None, []
    with suppress(OwnDataError):
        return own_data.get(asked, asking()).about.data, []
    return None, [f"**Data**: {GONE_TEXT}"]


def show_complaints() -> None:
    """Say which values in the address are impossible, and which data are gone."""
    if st.session_state.get(DATA_GONE):
        st.warning(GONE_TEXT, icon=":material/delete:")
    if complaints := st.session_state.get(_COMPLAINTS):
        lines = "".join(f"\n- {complaint}" for complaint in complaints)
        st.warning(
            "This link asks for impossible settings; the preset's values are used instead.\n"
            + lines,
            icon=":material/link_off:",
        )


def switch_to_all() -> bool:
    """A switch between the simple form and all fields; returns whether all are shown."""
    return st.toggle("All settings", key=_ALL)


def training_form(everything: bool) -> None:
    """Show the fields that the simple form lacks, or keep their values while they are hidden."""
    if not everything:  # or Streamlit forgets them
        augmentation_form.remember()
        for key in (*layer_editor.keys(), *(name for name in FIELDS if name not in SIMPLE)):
            st.session_state[key] = st.session_state[key]
        return
    network, training, augmentation = st.tabs(
        ["Network", "Training", "Data augmentation"], key="settings"
    )
    with network:
        layer_editor.edit()
    with training:
        _training_fields()
    with augmentation:
        augmentation_form.choose()


def read_form(preset: str) -> tuple[TrainingConfig, list[str]]:
    """Read what the form's widgets describe, before they are shown, and keep it for the visitor's
    next look at the page.

    Returns:
        The configuration, or while a value is impossible the last possible one; and why it can't
        be trained, in Markdown, a text for each reason.
    """
    try:
        _data()
    except OwnDataError:
        st.session_state[DATA], st.session_state[DATA_GONE] = "", True
    try:
        config = configuration()
    except ConfigError as error:
        _, last = st.session_state.get(TRAINING_SETUP) or _initial_setup()
        return last, _in_words(hyperparameters.by_name(error.problems))
    _remember(preset, config)
    try:
        return config, [plain(problem) for problem in limits.problems(config)]
    except SettingError:  # which is reported when a training is started
        return config, []


def configuration() -> TrainingConfig:
    """What the form's widgets describe. It can be asked for before the form is shown.

    Raises:
        ConfigError: for numbers out of range.
        OwnDataError: where the data set that it names is not there any more.
    """
    state = st.session_state
    shown = {field: state[field] for field in FIELDS if _used(field)}
    return state[_FILLED_WITH].with_changes(  # which has what the form does not show
        layers=layer_editor.current(),
        augmentation=augmentation_form.current(),
        data=_data(),
        **hyperparameters.changes(state["preset"], shown),
    )


def _in_words(problems: Mapping[str, str]) -> list[str]:
    """What is wrong with hyperparameters, a line each, under the names that the form shows."""
    lines = []
    for name, text in problems.items():
        whole, _, part = name.partition(".")
        if in_layer := re.fullmatch(r"layers\[(\d)\]", whole):
            whole = f"Layer {int(in_layer[1]) + 1}"
        label = LABELS.get(whole) or plain(whole.replace("_", " ").capitalize())
        label += f", {plain(part.replace('_', ' '))}" if part else ""
        lines.append(f"**{label}**: {plain(text)}.")
    return lines


def _remember(preset: str, config: TrainingConfig) -> None:
    """Keep a set-up for the visitor's next look at the page, and write it into the address."""
    st.session_state[TRAINING_SETUP] = (preset, config)
    query = to_query(preset, config)
    address.drop(*(name for name in SETUP if name not in query))
    address.put(**query)


def _initial_setup() -> tuple[str, TrainingConfig]:
    """The set-up to begin with: among others, the quickest one."""
    preset = DEFAULT_PRESET if not settings.is_shared() else "speedrun"
    return preset, PRESETS[preset]


def _used(field: str) -> bool:
    optimizer = st.session_state["optimizer"]
    return USED_BY.get(field, optimizer) == optimizer


def _is_simple(preset: str, config: TrainingConfig) -> bool:
    """Whether the simple form shows all that differs from the preset."""
    base = PRESETS[preset]
    ours, theirs = hyperparameters.values(preset, config), hyperparameters.values(preset, base)
    return (
        layer_editor.size_of(config.layers, base.layers) is not None
        and config.augmentation == base.augmentation
        and all(ours[name] == theirs[name] for name in ours if name not in SIMPLE)
    )


def _take_preset() -> None:
    st.session_state.pop(_COMPLAINTS, None)
    preset, data = st.session_state["preset"], st.session_state.get(DATA, "")
    _fill_widgets(preset, PRESETS[preset])
    st.session_state[DATA] = data


def _fill_widgets(preset: str, config: TrainingConfig) -> None:
    """Put a configuration into the form's widgets."""
    st.session_state[_FILLED_WITH] = config
    st.session_state[DATA] = config.data.id if config.data else ""
    layer_editor.fill(config.layers)
    augmentation_form.fill(config.augmentation)
    values = hyperparameters.values(preset, config)
    for field in FIELDS:
        st.session_state[field] = values[field]


def _help(field: str) -> str:
    return HELP[field].format(thing=thing(), things=things(), Things=things().capitalize())


def _training_fields() -> None:
    places = iter(st.columns(3) * 4)

    def number(field: str, step: float, **extra: Any) -> None:
        # Without limits: Streamlit would show an impossible value and keep the old one.
        if _used(field):
            next(places).number_input(
                LABELS[field], value=None, step=step, key=field, help=_help(field), **extra
            )
        else:  # kept while it is not shown, or Streamlit forgets it
            st.session_state[field] = st.session_state[field]

    def choice(field: str, options: tuple[str, ...]) -> None:
        next(places).selectbox(
            LABELS[field], options, key=field, format_func=name_of, help=_help(field)
        )

    choice("optimizer", OPTIMIZERS)
    choice("schedule", SCHEDULES)
    number("batch_size", 32)
    number("early_stopping_patience", 1)
    number("validation_split", 0.05)
    number("label_smoothing", 0.05)
    number("seed", 1)
    number("momentum", 0.05)
    number("weight_decay", 0.001, format="%.4f")
