"""What the training images of each digit have in common, and which of them are unusual."""

from __future__ import annotations

import numpy as np
import streamlit as st

from mnist_core.digits.datasets.class_images import ClassImages, class_images
from mnist_core.digits.datasets.dataset import Dataset
from pages.components.shell import classes
from pages.components.shell.background import result_when_done
from pages.components.shell.classes import thing, things
from pages.components.widgets.images.digit_grid import digit_strip

KINDS = ("Mean and spread", "Most typical", "Strangest")


@st.fragment
def show_class_pictures(data: Dataset) -> None:
    """Mean, spread, and the most typical or strangest training images, digit by digit."""
    pictures = result_when_done(
        ("class images", data.name),
        lambda report: class_images(data.x_train, data.y_train, report),
        f"Comparing {data.y_train.size:,} training {things()}",
    )
    if not pictures:
        return
    kind = st.segmented_control(
        "Show", KINDS, default=KINDS[0], required=True, key="class-pictures"
    )
    if kind == KINDS[0]:
        _means(pictures)
        return
    for digit, images in pictures.items():
        indices = images.typical if kind == KINDS[1] else images.atypical
        names = [
            f"{classes.capital_a(digit)}, training {thing()} No. {index:,}" for index in indices
        ]
        digit_strip(data.x_train[indices], names)
        numbers = ", ".join(f"{index:,}" for index in indices)
        st.caption(f"{classes.shown(digit)}: No. {numbers}")
    nearest = "nearest to" if kind == KINDS[1] else "farthest from"
    st.caption(
        f"The training images {nearest} the mean image of their {classes.kind()}, pixel by pixel "
        "(Euclidean distance). Type an image's number below to see it under the magnifier."
    )


def _means(pictures: dict[int, ClassImages]) -> None:
    digit_strip(
        np.stack([images.mean for images in pictures.values()]),
        [f"Mean image of the {classes.kind()} {classes.name(digit)}" for digit in pictures],
    )
    st.caption("Mean: bright where most writers have ink.")
    digit_strip(
        np.stack([images.spread for images in pictures.values()]),
        [f"Spread of the {classes.kind()} {classes.name(digit)}" for digit in pictures],
    )
    st.caption("Spread: bright where writers differ (twice the standard deviation of each pixel).")
