"""The data that pages show: MNIST or the offline sample, loaded in the background.

Modules that import scikit-learn are imported in a thread, so that the Draw page opens without them:
in one thread, as two that import parts of scikit-learn at once can each meet the other's half.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.components.shell.text import plain

if TYPE_CHECKING:
    from mnist_core.digits.dataset import Dataset


class _Loader:
    """Loads the data and then what pages compute with, in a thread, so that every waiting visitor
    sees the same progress."""

    def __init__(self) -> None:
        self.dataset: Dataset | None = None
        self.error: Exception | None = None
        self.done_bytes = 0
        self.total_bytes = 0
        self.thread = threading.Thread(target=self._load, name="dataset", daemon=True)
        self.thread.start()

    def _load(self) -> None:
        try:
            from mnist_core.digits import mnist

            self.dataset = mnist.load(progress=self._report)
            import scipy.stats  # noqa: F401
            import sklearn.metrics  # noqa: F401
        except Exception as error:  # kept for the script thread, which raises it
            self.error = error

    def _report(self, done_bytes: int, total_bytes: int) -> None:
        self.done_bytes, self.total_bytes = done_bytes, total_bytes


@st.cache_resource(show_spinner=False)
def _loader() -> _Loader:
    return _Loader()


def get(tell: bool = True) -> Dataset:
    """MNIST, or the offline sample where it cannot be had; one copy shared by all visitors.

    Shows the progress of a download, and says when it is the sample and how to get MNIST.

    Args:
        tell: whether to say so; for a second call on one page, False.
    """
    loader = _loader()
    place = st.empty()  # always there, so that what follows keeps its place on the page
    if loader.thread.is_alive():
        _show_progress(loader, place)
    if loader.error is not None or loader.dataset is None:
        _loader.clear()
        raise loader.error or RuntimeError("The data was not loaded; reload the page.")
    if not tell:
        return loader.dataset
    if loader.dataset.name != "mnist":
        _say_sample(loader.dataset)
    else:
        for warning in loader.dataset.warnings:
            st.warning(plain(warning), icon=":material/warning:")
    return loader.dataset


def _show_progress(loader: _Loader, place: DeltaGenerator) -> None:
    waited = 0.0
    while loader.thread.is_alive():
        if waited >= 0.3:  # a file that is already here takes less: show nothing then
            share = min(loader.done_bytes / loader.total_bytes, 1.0) if loader.total_bytes else 0.0
            text = "Looking for MNIST" if loader.dataset is None else "Almost ready"
            if loader.total_bytes and loader.dataset is None:
                megabytes = loader.done_bytes / 1e6
                text = f"Downloading MNIST: {megabytes:.1f} of {loader.total_bytes / 1e6:.1f} MB"
            place.progress(share, text=text)
        time.sleep(0.05)
        waited += 0.05
    place.empty()


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
            _loader.clear()
            st.rerun()
        if sample.warnings:
            with st.popover("What was tried", type="tertiary"):
                st.markdown("\n\n".join(map(plain, sample.warnings)))
