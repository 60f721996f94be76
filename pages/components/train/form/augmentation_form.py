"""Data augmentation: a switch, how strong each transformation is, mixup, and a preview."""

from __future__ import annotations

from dataclasses import fields

import streamlit as st

from mnist_core.config.config import Augmentation, Regularization
from mnist_core.training.augmentation import preview
from pages.components.shell import dataset
from pages.components.shell.classes import things
from pages.components.widgets.images.digit_grid import digit_grid
from pages.components.widgets.what_if.augmentation_sliders import (
    MILD,
    augmentation_sliders,
    strengths,
    turn_button,
    turn_of,
)

IMAGES_SHOWN = 12
_SWITCH = "augment"


def fill(augmentation: Augmentation) -> None:
    """Put a configuration into the widgets. Without one the switch is off, and turns on `MILD`."""
    st.session_state[_SWITCH] = augmentation.enabled
    shown = augmentation if augmentation.enabled else MILD
    for field in fields(Augmentation):
        st.session_state[_key(field.name)] = float(getattr(shown, field.name))


def current() -> Augmentation:
    """What the widgets describe."""
    if not st.session_state[_SWITCH]:
        return Augmentation()
    return strengths(_key)


def choose() -> None:
    """Show the widgets and, if anything is switched on, a preview."""
    wanted = st.toggle(
        f"Vary the training {things()} at random, differently in every epoch",
        key=_SWITCH,
        help="The network never sees exactly the same image twice, so it needs more epochs and "
        f"generalizes better. Validation and test {things()} are not changed.",
    )
    if wanted:
        augmentation_sliders(_key)
    else:
        _remember_strengths()
    mixup = st.slider(
        f"Mixup: blend half of the {things()} with another one, by up to this fraction",
        *Regularization.limits("mixup"),
        step=0.05,
        key="mixup",
        help="The target is blended in the same way: for an image that is 80% an 8 and 20% a 3, "
        "the right answer is 80% 8 and 20% 3. The network learns what lies between the classes and "
        f"generalizes better, although its loss and accuracy on training {things()} look worse.",
    )
    if wanted or mixup:
        _show(current(), mixup)


def _show(augmentation: Augmentation, mixup: float) -> None:
    """A few training digits as the network will see them."""
    data = dataset.get(tell=False)  # the rest of the page says which data it is
    if data.name == "sample":
        st.caption("MNIST is not available: these digits are from the small offline sample.")
    turn = turn_of("other-augmented")
    digits = data.x_train[turn * IMAGES_SHOWN % 1200 :][:IMAGES_SHOWN]
    labels = data.y_train[turn * IMAGES_SHOWN % 1200 :][:IMAGES_SHOWN]
    with st.container(key="augmentation-preview"):
        digit_grid(preview(digits, augmentation, mixup, seed=turn), labels)
    turn_button(f"Other {things()}", "other-augmented")


def remember() -> None:
    """Keep the values of the widgets while they are hidden, or Streamlit forgets them."""
    st.session_state[_SWITCH] = st.session_state[_SWITCH]
    _remember_strengths()


def _remember_strengths() -> None:
    for field in fields(Augmentation):
        st.session_state[_key(field.name)] = st.session_state[_key(field.name)]


def _key(name: str) -> str:
    return f"augmentation-{name}"
