"""Another network's answer to the same drawing, beside the first."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core import runs
from mnist_core.runs import Run
from pages.components import honesty, layout, prediction


def second_network(run: Run, image: NDArray[np.uint8]) -> None:
    """A choice of a second network, and both answers side by side.

    Args:
        run: The network in use.
        image: (28, 28) uint8.
    """
    own = [other for other in runs.list_runs() if other.usable and not other.status().active]
    others = {
        other.id: other
        for other in [*runs.list_pretrained(), *own]
        if other.usable and other.id != run.id
    }
    if not others:
        st.info("There is no second network yet. Train one, and it can be chosen here.")
        return
    chosen = st.selectbox(
        "Second network", list(others), format_func=lambda key: others[key].name, width=360,
        key="second-network",
    )  # fmt: skip
    with st.container(horizontal=True, gap="large"):
        for place, network in enumerate((run, others[chosen])):
            probabilities, verdict = honesty.answer(
                layout.classifier(network), image, honesty.temperature(network)
            )
            with st.container(width=360, gap="small"):
                st.markdown(f"**{layout.plain(network.name)}**: {verdict.in_words()}")
                prediction.probability_bars(probabilities, key=f"bars-{place}")
