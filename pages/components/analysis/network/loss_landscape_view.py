"""The loss around a network's weights on screen, with the path that training took."""

from __future__ import annotations

import numpy as np
import streamlit as st

from mnist_core.config.config import TrainingConfig, parameter_count
from mnist_core.config.formatting import magnitude, percent
from mnist_core.digits.datasets.dataset import Dataset
from mnist_core.evaluation import charts
from mnist_core.evaluation.internals import loss_landscape
from mnist_core.evaluation.internals.forward_pass import number_text
from mnist_core.evaluation.internals.loss_landscape import LossLandscape
from mnist_core.network.inference import WeightsError
from mnist_core.runs.run import Run
from pages.components.shell import dataset, empty_states, networks
from pages.components.shell.background import result_when_done
from pages.components.shell.classes import things
from pages.components.shell.terms import explained
from pages.components.shell.text import plain
from pages.components.widgets.charts.chart import chart

TITLE = "Over the epochs · Loss landscape"


def show_loss_landscape(run: Run) -> None:
    """Show the loss in the plane in which training moved the weights most."""
    stored = run.epochs()
    if len(stored) < loss_landscape.MIN_EPOCHS:
        st.caption(empty_states.too_few_epochs(run, loss_landscape.MIN_EPOCHS))
        return
    data = dataset.get(tell=False)
    first, whole = loss_landscape.FIRST_SIDE, loss_landscape.SIDE
    try:
        landscape = _measured(run, data, first, f"Measuring the loss of {first**2} networks")
        if landscape and len(landscape.losses) < whole:
            more = whole**2 - first**2
            landscape = _measured(run, data, whole, f"Adding {more} more points") or landscape
    except (WeightsError, OSError) as error:
        networks.show_damaged(run, error)
        return
    if not landscape:
        return
    explained(
        "Each point is a network: the final weights, the star, moved some distance in two "
        f"directions. The darker it is, the lower is its loss on {landscape.digits:,} validation "
        f"{things()}. The line is the path that training took, with a dot for each stored epoch."
    )
    words = _path_in_words(landscape)
    chart(
        charts.loss_contours(landscape),
        "loss-landscape",
        f"Contours of the loss in two directions, and a path over them. {words}",
    )
    st.markdown(words)
    st.caption(_directions_in_words(landscape, run.config))
    with st.expander("The numbers"):
        st.table(
            {
                "Weights": [*(f"after epoch {epoch:,}" for epoch in landscape.epochs), "final"],
                "Loss": list(map(magnitude, landscape.path_losses.tolist())),
                "First direction": [
                    number_text(coordinate, 1) for coordinate in landscape.path[:, 0]
                ],
                "Second direction": [
                    number_text(coordinate, 1) for coordinate in landscape.path[:, 1]
                ],
            },
            hide_index=True,
        )


def _measured(run: Run, data: Dataset, side: int, text: str) -> LossLandscape | None:
    """The landscape with at least so many points on a side; None while these are measured."""
    return result_when_done(
        ("loss landscape", side, *networks.weights_key(run), tuple(run.epochs()), data.name),
        lambda report: loss_landscape.measure(run, data, side, report),
        f"{text} around {plain(run.name)}",
    )


def _path_in_words(landscape: LossLandscape) -> str:
    """Where the path begins and ends, and the lowest point of the picture."""
    first, *_, last = map(magnitude, landscape.path_losses.tolist())
    lowest, highest = (magnitude(float(end)) for end in np.quantile(landscape.losses, (0, 1)))
    return (
        f"After epoch {landscape.epochs[0]:,} the loss was {first}; with the final weights it is "
        f"{last}. The lowest of the {landscape.losses.size} losses in the picture is {lowest}, "
        f"the highest {highest}."
    )


def _directions_in_words(landscape: LossLandscape, config: TrainingConfig) -> str:
    """What the two directions are, and what they hide."""
    parameters, _ = parameter_count(config)
    first, second = landscape.explained.tolist()
    text = (
        "The directions are those in which the weights differ most between these epochs (PCA). "
        f"They hold {percent(first)} and {percent(second)} of the variance; the other "
        f"{percent(max(0.0, 1 - first - second))} is not seen. So the weights of an epoch lie near "
        "the picture rather than in it: the loss of a dot is that of its own weights, and may "
        f"differ from the colour below it. Of {parameters:,} dimensions a picture shows two."
    )
    if any(layer.normalization != "none" for layer in config.layers):
        text += (
            " Batch normalization is part of the weights here, with the mean and variance that it "
            "had after each epoch; they are not measured anew for the points between."
        )
    return text
