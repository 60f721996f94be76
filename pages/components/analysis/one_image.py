"""One image of the data, chosen by its number, under a magnifier."""

from __future__ import annotations

import streamlit as st

from mnist_core.digits.dataset import Dataset
from pages.components.shell import address, classes
from pages.components.shell.terms import explained
from pages.components.widgets.pictures import large_picture
from pages.components.widgets.pixel_numbers import pixel_numbers

SETS = address.values_of("magnified")


@st.fragment
def show_one_image(data: Dataset) -> None:
    """Let the visitor choose an image by its set and number; show it and the numbers it consists
    of."""
    left, right = st.columns([1, 2], gap="large")
    with left, st.container(horizontal=True, vertical_alignment="bottom"):
        name = address.segmented_choice("Set", "magnified")
        images, labels = {
            SETS[0]: (data.x_train, data.y_train),
            SETS[1]: (data.x_test, data.y_test),
        }[name]
        index = _choose_number(len(labels))
    image, label = images[index], int(labels[index])
    with left:
        large_picture(image, classes.picture(label))
        st.caption(f"{name} digit No. {index:,}, labelled {classes.shown(label)}")
    with right:
        explained(
            f"This is all that a network gets: {image.size} numbers, one for each pixel, from 0 "
            "(paper) to 255 (full ink), and in training the label. It is not told which pixels are "
            "neighbours."
        )
        pixel_numbers(image, f"The {image.size} numbers of {name.lower()} digit No. {index}")


def _choose_number(count: int) -> int:
    """The number of an image, kept in the address as `?number=`."""
    asked = address.asked("number") or "0"
    known = asked.isdecimal() and len(asked) < 9 and int(asked) < count
    if not known:
        address.note_unknown("number", ())
        address.drop("number")
    st.session_state["magnified-number"] = int(asked) if known else 0
    return st.number_input(
        "No.", 0, count - 1, key="magnified-number", on_change=_keep_number, width=160
    )


def _keep_number() -> None:
    address.put(number=str(st.session_state["magnified-number"]))
