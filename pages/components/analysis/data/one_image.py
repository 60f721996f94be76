"""One image of the data, chosen by its number, under a magnifier."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.config.config import Augmentation
from mnist_core.config.sizes import MAX_LEVEL
from mnist_core.digits.datasets.dataset import Dataset
from mnist_core.network.inference import inputs_of
from mnist_core.training.augmentation import preview
from pages.components.shell import address, classes
from pages.components.shell.address_parameters import values_of
from pages.components.shell.classes import thing
from pages.components.shell.terms import explained
from pages.components.widgets.address_choices import segmented_choice
from pages.components.widgets.images.digit_grid import digit_grid
from pages.components.widgets.images.pictures import large_picture
from pages.components.widgets.images.pixel_numbers import pixel_numbers
from pages.components.widgets.what_if.augmentation_sliders import (
    MILD,
    augmentation_sliders,
    strengths,
    turn_button,
    turn_of,
)

SETS = values_of("magnified")
VERSIONS_SHOWN = 10


@st.fragment
def show_one_image(data: Dataset) -> None:
    """Let the visitor choose an image by its set and number; show it and the numbers it consists
    of."""
    left, right = st.columns([1, 2], gap="large")
    with left, st.container(horizontal=True, vertical_alignment="bottom"):
        name = segmented_choice("Set", "magnified")
        images, labels = {
            SETS[0]: (data.x_train, data.y_train),
            SETS[1]: (data.x_test, data.y_test),
        }[name]
        index = _choose_number(len(labels))
    image, label = images[index], int(labels[index])
    with left:
        large_picture(image, classes.picture(label))
        st.caption(f"{name} {thing()} No. {index:,}, labelled {classes.shown(label)}")
    with right:
        explained(
            f"This is all that a network gets: {image.size} numbers, one for each pixel, from 0 "
            f"(paper) to {MAX_LEVEL} (full ink), and in training the label. It is not told which "
            "pixels are neighbours."
        )
        pixel_numbers(image, f"The {image.size} numbers of {name.lower()} {thing()} No. {index}")
        st.markdown(_preprocessing_in_words(image, label, len(data.names)))
    with st.expander("What augmentation makes of it", icon=":material/animation:"):
        _show_augmented(image, label)


def _show_augmented(image: NDArray[np.uint8], label: int) -> None:
    """The image as a network may see it in training, at strengths that the visitor chooses."""
    explained(
        "With data augmentation a network sees each training image a little different in every "
        "epoch, so that it learns what does not matter. Each version below is made at random, up "
        "to the strengths of the sliders."
    )
    state = st.session_state
    for field in fields(Augmentation):
        # Set anew each time: else a slider whose first run was interrupted shows 0.
        key, mild = _strength(field.name), float(getattr(MILD, field.name))
        state[key] = state.get(key, mild)
    augmentation_sliders(_strength)
    images = np.repeat(image[np.newaxis], VERSIONS_SHOWN, axis=0)
    with st.container(key="augmented"):
        versions = preview(images, strengths(_strength), seed=turn_of("other-versions"))
        digit_grid(versions, np.full(VERSIONS_SHOWN, label))
    turn_button("Other versions", "other-versions")


def _strength(name: str) -> str:
    return f"augmented-{name}"


def _choose_number(count: int) -> int:
    """The number of an image, kept in the address as `?number=`."""
    asked = address.whole_number(address.asked("number") or "0", count)
    if asked is None:
        address.note_unknown("number", ())
        address.drop("number")
    st.session_state["magnified-number"] = asked or 0
    return st.number_input(
        "No.", 0, count - 1, key="magnified-number", on_change=_keep_number, width=160
    )


def _keep_number() -> None:
    address.put(number=str(st.session_state["magnified-number"]))


def _preprocessing_in_words(image: NDArray[np.uint8], label: int, names: int) -> str:
    """What a network is given of an image and its label, shown on a pixel with most ink."""
    index = int(image.argmax())
    row, column = divmod(index, image.shape[1])
    given = float(inputs_of(image[np.newaxis])[0, index])
    one_hot = " ".join("1" if number == label else "0" for number in range(names))
    return (
        f"**Preprocessing.** The rows are laid end to end (*flattened*) and each number is divided "
        f"by {MAX_LEVEL}: the pixel in row {row + 1}, column {column + 1}, {image.flat[index]}, is "
        f"input No. {index + 1} of {image.size} and becomes {given:.3f}. The label becomes a list "
        f"with a 1 in its place (*one-hot*): {one_hot}."
    )
