"""How far training digits are distorted: a switch, strengths, and what the network will see."""

from __future__ import annotations

from dataclasses import fields

import streamlit as st

from mnist_core.config.config import Augmentation, Regularization
from mnist_core.config.presets import PRESETS
from mnist_core.training.augmentation import preview
from pages.components.shell import dataset
from pages.components.widgets.digit_grid import digit_grid

SHOWN = 12
MILD = PRESETS["champion"].augmentation  # what the switch begins with
STEPS = {"rotation": 1.0, "shift": 0.5}
LABELS = {
    "rotation": "Rotation, degrees",
    "scale": "Scale, share",
    "shear": "Shear, share",
    "shift": "Shift, pixels",
    "elastic": "Elastic, pixels",
    "thickness": "Pen thickness",
}


def fill(augmentation: Augmentation) -> None:
    """Put strengths into the widgets; with none, the switch is off and mild ones wait behind it."""
    st.session_state["distort"] = augmentation.enabled
    shown = augmentation if augmentation.enabled else MILD
    for field in fields(Augmentation):
        st.session_state[_key(field.name)] = float(getattr(shown, field.name))


def current() -> Augmentation:
    """What the widgets describe."""
    if not st.session_state["distort"]:
        return Augmentation()
    return Augmentation(**{f.name: st.session_state[_key(f.name)] for f in fields(Augmentation)})


def choose() -> None:
    """Show the switch and, behind it, the strengths; how far digits are blended; a preview."""
    wanted = st.toggle(
        "Distort the training digits, anew in every epoch",
        key="distort",
        help="The network never sees the same digit twice, so it needs more epochs and "
        "generalises better. Validation and test digits stay as they are.",
    )
    if wanted:
        columns = st.columns(3)
        for i, (name, label) in enumerate(LABELS.items()):
            ends, step = Augmentation.limits(name), STEPS.get(name, 0.02)
            columns[i % 3].slider(label, *ends, step=step, key=_key(name))
    else:
        _remember()
    mixup = st.slider(
        "Blend every second digit with another one (mixup), up to this share",
        *Regularization.limits("mixup"),
        step=0.05,
        key="mixup",
        help="The target is blended alike: of an 8 that is a fifth a 3, the network is to say so. "
        "It learns what lies between the digits and generalises better, although its loss and "
        "accuracy on the training digits look worse.",
    )
    if wanted or mixup:
        _show(current(), mixup)


def _show(augmentation: Augmentation, mixup: float) -> None:
    """A few training digits as the network would see them."""
    data = dataset.get(tell=False)  # the run below tells of it, too
    if data.name != "mnist":
        st.caption("Digits of the small offline sample, as MNIST could not be had.")
    turn = st.session_state.setdefault("distortion-turn", 0)
    digits = data.x_train[turn * SHOWN % 1200 :][:SHOWN]
    labels = data.y_train[turn * SHOWN % 1200 :][:SHOWN]
    with st.container(key="distortion-preview"):
        digit_grid(preview(digits, augmentation, mixup, seed=turn), labels)
    st.button("Other digits", icon=":material/casino:", key="other-distortions", on_click=_turn)


def _turn() -> None:
    st.session_state["distortion-turn"] += 1


def _remember() -> None:
    """Keep the strengths while their sliders are not shown, or Streamlit forgets them."""
    for field in fields(Augmentation):
        st.session_state[_key(field.name)] = st.session_state[_key(field.name)]


def _key(name: str) -> str:
    return f"distortion-{name}"
