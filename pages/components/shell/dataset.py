"""The data that pages show: MNIST, or the offline sample, or the data set of somebody's own that
the page is about; one copy shared by all visitors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from mnist_core.config.config import OwnData
from mnist_core.digits.datasets import own_data
from pages.components.shell import classes, empty_states
from pages.components.shell.background import (
    Key,
    Report,
    Work,
    forget,
    result_if_done,
    result_of,
    result_when_done,
)
from pages.components.shell.text import plain
from pages.components.shell.visitor import asking

if TYPE_CHECKING:
    from mnist_core.digits.datasets.dataset import Dataset

KEY = ("dataset",)
LOADING = "Looking for MNIST"


def get(tell: bool = True) -> Dataset:
    """MNIST, or the offline sample where MNIST is not available, or the page's own data (see
    `classes`); where these are deleted, the page ends here.

    Shows the progress of a download, and says when it is the sample and how to get MNIST.

    Args:
        tell: Whether to say so; False for a second call on one page.
    """
    data = result_of(*_wanted())
    if classes.data():
        return data
    if tell and data.name != "mnist":
        _say_sample(data)
    elif tell:
        for warning in data.warnings:
            st.warning(plain(warning), icon=":material/warning:")
    return data


def if_loaded() -> Dataset | None:
    """As `get` without waiting: begins to load the data, and returns None until that is done."""
    key, work, _ = _wanted()
    return result_if_done(key, work)


def when_loaded() -> Dataset | None:
    """As `get(tell=False)`, without waiting: None and progress in its place until it is loaded."""
    return result_when_done(*_wanted())


def is_there(data: OwnData | None) -> bool:
    """Whether the visitor may look at the images of this data set; of MNIST always. Not if it was
    deleted."""
    return own_data.is_there(data, asking())


def _wanted() -> tuple[Key, Work[Dataset], str]:
    """The work that loads the page's data. Where they are not there, the page ends here."""
    data = classes.data()
    if data is None:
        return KEY, _load, LOADING
    if not is_there(data):
        st.info(empty_states.data_gone(data.name), icon=":material/info:")
        st.stop()
    return (*KEY, data.id), lambda report: own_data.load(data), f"Reading {plain(data.name)}"


def _load(report: Report) -> Dataset:
    from mnist_core.digits.datasets import mnist

    def downloaded(done: int, total: int) -> None:
        if total:
            text = f"Downloading MNIST: {done / 1e6:.1f} of {total / 1e6:.1f} MB"
            report(done / total, text)

    return mnist.load(progress=downloaded)


def _say_sample(sample: Dataset) -> None:
    st.warning(
        "**These are not MNIST's digits but a small offline sample**: "
        f"{plain(sample.source)}. To get MNIST, connect this computer to the internet and "
        "try again, or set the environment variable `MNIST_NPZ` to the path of an `mnist.npz` and "
        "restart.",
        icon=":material/cloud_off:",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Try again", icon=":material/refresh:", key="try-mnist-again"):
            forget(KEY)
            st.rerun()
        if sample.warnings:
            with st.popover("What was tried", type="tertiary"):
                st.markdown("\n\n".join(map(plain, sample.warnings)))
