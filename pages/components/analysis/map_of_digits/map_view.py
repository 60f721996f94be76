"""The map of digits on screen: how it is computed, and the digits that are chosen on it."""

from __future__ import annotations

import numpy as np
import streamlit as st

from mnist_core.evaluation.features import projection
from mnist_core.evaluation.features.projection import Method, Projection
from mnist_core.evaluation.features.tsne import EmbeddingError
from pages.components.analysis.digits.digit_address import open_digit
from pages.components.analysis.digits.digit_dialog import show_chosen_digit
from pages.components.analysis.digits.gallery import show_errors_first
from pages.components.analysis.map_of_digits import map_loops
from pages.components.analysis.split_predictions import SplitPredictions
from pages.components.shell import empty_states, networks
from pages.components.shell.address import first_page
from pages.components.shell.background import result_of
from pages.components.shell.classes import things
from pages.components.shell.text import plain
from pages.components.widgets.charts.digit_map import (
    OwnDrawing,
    digit_map,
    map_data,
    show_sprite,
    sprite,
)

PAGE_SIZE = 24
IMAGES = "map-images"  # the key of what shows the lassoed digits


def version_of(predictions: SplitPredictions, method: Method) -> str:
    """Names a map among all maps."""
    data, split = predictions.data.name, predictions.split.name
    return "-".join(map(str, (*predictions.weights, data, split, method)))


def project_or_stop(predictions: SplitPredictions, method: Method) -> Projection:
    """The digits' places on the map, with progress while they are computed; where that is not
    possible, the page says why and ends here."""
    split, count = predictions.split, projection.positions_of(predictions.split).size
    doing = f"Placing {count:,} {things()}"
    if method == "tsne":
        doing += ". This is done once, then the map is kept; PCA takes no time"
    try:
        return result_of(
            ("map", version_of(predictions, method)),
            lambda report: projection.project(predictions.run, split, method, report),
            doing,
        )
    except EmbeddingError as error:
        st.error(f"{plain(str(error))}. Choose PCA instead.", icon=":material/error:")
        st.stop()


def show_images_on_map(predictions: SplitPredictions) -> None:
    """Send the images of the digits on the map: the same for all networks with the same digits."""
    split, shown = predictions.split, projection.positions_of(predictions.split)
    show_sprite(
        result_of(
            ("map's images", predictions.data.name, split.name, hash(split.indices.tobytes())),
            lambda report: sprite(split.images(shown)),
            f"Laying out {shown.size:,} images",
        )
    )


@st.fragment
def show_map(
    predictions: SplitPredictions, projected: Projection, own: list[OwnDrawing], version: str
) -> None:
    """The map, and beside it the digits that were lassoed."""
    networks.rerun_if_deleted(predictions.run)
    split, shown = predictions.split, projection.positions_of(predictions.split)
    labels, answers = split.labels[shown], predictions.evaluation.predicted[shown]
    loops = map_loops.chosen_loops(version)
    left, right = st.columns([3, 2], gap="large")
    with left, st.container(key="map"):
        hidden = digit_map(
            map_data(projected.points, labels, answers, split.indices[shown], version, own),
            loops,
            "digit-map",
            IMAGES,
            map_loops.keep_loops,
            open_digit,
            first_page,
        )
    visible = ~np.isin(labels, hidden)
    positions = shown[projection.inside(projected.points, loops) & visible]
    with right, st.container(key=IMAGES):
        map_loops.choose_cluster(projected.points[visible], labels[visible])
        if positions.size:
            what, of = f"{positions.size:,} {things()} selected", f"map-{positions.sum()}"
            positions = show_errors_first(predictions, positions, what, "map-grid", PAGE_SIZE, of)
        else:
            st.caption(empty_states.empty_loop() if loops else empty_states.NO_LOOP)
    show_chosen_digit(predictions, positions)
