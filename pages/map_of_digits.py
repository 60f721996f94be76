"""How a network arranges the digits: its last hidden layer as a map, with one's own drawings."""

import streamlit as st

from mnist_core.evaluation import projection
from mnist_core.evaluation.predictions import SPLIT_WORDS
from mnist_core.evaluation.projection import Method, Projection
from mnist_core.evaluation.tsne import EmbeddingError
from pages.components.analysis import choices, map_loops, split_predictions
from pages.components.analysis.digit_address import open_digit
from pages.components.analysis.digit_dialog import show_chosen_digit
from pages.components.analysis.drawings_on_map import place_drawings
from pages.components.analysis.gallery import show_errors_first
from pages.components.analysis.split_predictions import SplitPredictions
from pages.components.shell import dataset, empty_states, frame, networks
from pages.components.shell.address import segmented_choice
from pages.components.shell.background import result_of
from pages.components.shell.classes import things
from pages.components.shell.terms import explained
from pages.components.shell.text import plain
from pages.components.widgets.digit_map import OwnDrawing, digit_map, map_data, sprite

PAGE_SIZE = 48
METHODS: dict[str, Method] = {"PCA": "pca", "t-SNE": "tsne"}
ABOUT = {
    "pca": "PCA shows the two directions of greatest variance; other differences are hidden.",
    "tsne": "t-SNE keeps neighbours together. Gaps and the sizes of groups mean little, and small "
    "groups may be artefacts.",
}


@st.fragment
def show_map(
    predictions: SplitPredictions,
    found: Projection,
    images: str,
    own: list[OwnDrawing],
    version: str,
) -> None:
    """The map, and below it the digits that were lassoed."""
    split_predictions.rerun_if_deleted(predictions)
    split, shown = predictions.split, projection.positions_of(predictions.split)
    loops = map_loops.chosen_loops(version)
    data = map_data(
        found.points,
        images,
        split.labels[shown],
        predictions.evaluation.predicted[shown],
        split.indices[shown],
        version,
        own,
    )
    with st.container(key="map"):
        drawn = map_loops.loops_to_draw(loops)
        digit_map(data, *drawn, "digit-map", map_loops.keep_loops, open_digit)
    positions = shown[projection.inside(found.points, loops)]
    with st.container(key="map-images"):
        map_loops.choose_cluster(found.points, split.labels[shown])
        if positions.size:
            what, of = f"{positions.size:,} {things()} selected", f"map-{positions.sum()}"
            positions = show_errors_first(predictions, positions, what, "map-grid", PAGE_SIZE, of)
        else:
            st.caption(empty_states.NO_LOOP)
    show_chosen_digit(predictions, positions)


if frame.page("Map of digits"):
    map_loops.forget_drawn()
run = networks.chosen_network()
st.title("Map of digits · Projection")
data = dataset.get()
left, right = st.columns(2)
with left:
    split = choices.choose_split(run, data)
with right:
    method = METHODS[segmented_choice("Method", "method")]
predictions = split_predictions.predict_split_or_stop(run, data, split)
shown = projection.positions_of(split)
number = f"{shown.size:,} of {split.labels.size:,}" if shown.size < split.labels.size else "all"
explained(
    f"{things().capitalize()} that the last hidden layer of **{plain(run.name)}** represents "
    f"similarly lie close together: {number} {SPLIT_WORDS[split.name]} {things()}; a cross marks "
    f"an error. {ABOUT[method]}",
    caption=True,
)
version = "-".join(map(str, (*predictions.weights, data.name, split.name, method)))
doing = f"Placing {shown.size:,} {things()}"
if method == "tsne":
    doing += ". This is done once, then the map is kept; PCA takes no time"
try:
    found = result_of(
        ("map", version), lambda report: projection.project(run, split, method, report), doing
    )
except EmbeddingError as error:
    st.error(f"{plain(str(error))}. Choose PCA instead.", icon=":material/error:")
    st.stop()
images = result_of(  # the same for all networks with the same validation digits
    ("map's images", data.name, split.name, hash(split.indices.tobytes())),
    lambda report: sprite(split.images(shown)),
    f"Laying out {shown.size:,} images",
)
own = place_drawings(predictions, found, version)
show_map(predictions, found, images, own, version)
with st.container(horizontal=True, vertical_alignment="center", key="own-drawings"):
    if own:
        st.caption("A star is a drawing of yours: on the Draw page now, or saved there.")
    else:
        st.caption(empty_states.NO_DRAWING_ON_MAP)
    st.page_link("app.py", label="Draw", icon=":material/draw:")
