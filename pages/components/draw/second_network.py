"""Another network's answer to the same drawing, beside the first."""

from __future__ import annotations

import streamlit as st

from mnist_core.predict import Prediction
from mnist_core.runs.run import Run
from pages.components.shell import networks
from pages.components.shell.text import plain
from pages.components.widgets import probability_bars


def second_network(run: Run, first: Prediction) -> None:
    """A choice of a second network, and both answers side by side.

    Args:
        run: The network in use.
        first: What it makes of the drawing.
    """
    others = {key: other for key, other in networks.usable_networks().items() if key != run.id}
    if not others:
        st.info("There is no second network yet. Train one, and it can be chosen here.")
        return
    names = networks.distinct_names(list(others.values()))
    chosen = st.selectbox(
        "Second network", list(others), format_func=names.get, width=360, key="second-network"
    )
    second = networks.predictor(others[chosen]).predict_image(first.image)
    with st.container(horizontal=True, gap="large"):
        for place, (network, answer) in enumerate(((run, first), (others[chosen], second))):
            with st.container(width=360, gap="small"):
                st.markdown(f"**{plain(network.name)}**: {answer.verdict.text}")
                probability_bars.probability_bars(
                    answer.probabilities, look=probability_bars.look_of(answer), key=f"bars-{place}"
                )
