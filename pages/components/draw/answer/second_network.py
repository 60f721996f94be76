"""The same drawing, predicted by a second network."""

from __future__ import annotations

import streamlit as st

from mnist_core.network.inference import WeightsError
from mnist_core.predict.answer import Prediction
from mnist_core.runs.run import Run
from pages.components.shell import empty_states, networks, visitor_drawings
from pages.components.shell.text import plain
from pages.components.widgets.charts import probability_bars


def second_network(run: Run, first: Prediction) -> None:
    """Choose a second network and show both predictions side by side.

    Args:
        run: The network in use.
        first: Its prediction.
    """
    same = networks.usable_networks(run.config.data)
    others = {key: other for key, other in same.items() if key != run.id}
    if not others:
        st.info(empty_states.NO_SECOND_NETWORK)
        return
    names = networks.distinct_names(list(others.values()))
    options = list(others)
    chosen = st.selectbox(
        "Second network", options, format_func=names.__getitem__, width=360, key="second-network"
    )
    other = others[chosen or options[0]]
    try:
        second = visitor_drawings.as_accepted(networks.predictor(other).predict_image(first.image))
    except (WeightsError, OSError) as error:
        networks.show_damaged(other, error)
        return
    with st.container(horizontal=True, gap="large"):
        for index, (network, prediction) in enumerate(((run, first), (other, second))):
            with st.container(width=360, gap="small"):
                st.markdown(f"**{plain(network.name)}**: {prediction.verdict.text}")
                probability_bars.probability_bars(
                    prediction.probabilities,
                    look=probability_bars.look_of(prediction),
                    key=f"bars-{index}",
                )
