"""Another network's answer to the same drawing, beside the first."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.runs.run import Run
from pages.components.shell import networks, prediction
from pages.components.shell.text import plain
from pages.components.widgets import probability_bars


def second_network(run: Run, image: NDArray[np.uint8]) -> None:
    """A choice of a second network, and both answers side by side.

    Args:
        run: The network in use.
        image: (28, 28) uint8.
    """
    others = {key: other for key, other in networks.usable_networks().items() if key != run.id}
    if not others:
        st.info("There is no second network yet. Train one, and it can be chosen here.")
        return
    names = networks.distinct_names(list(others.values()))
    chosen = st.selectbox(
        "Second network", list(others), format_func=names.get, width=360, key="second-network"
    )
    with st.container(horizontal=True, gap="large"):
        for place, network in enumerate((run, others[chosen])):
            probabilities, verdict = prediction.answer(
                networks.classifier(network), image, prediction.temperature(network)
            )
            with st.container(width=360, gap="small"):
                st.markdown(f"**{plain(network.name)}**: {verdict.in_words()}")
                probability_bars.probability_bars(probabilities, key=f"bars-{place}")
