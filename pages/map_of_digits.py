"""How a network arranges the digits: its last hidden layer as a map, with one's own drawings."""

import streamlit as st

from mnist_core.evaluation.cached_predictions import SPLIT_WORDS
from mnist_core.evaluation.features import projection
from mnist_core.evaluation.features.projection import Method
from pages.components.analysis import choices
from pages.components.analysis.map_of_digits import map_view
from pages.components.analysis.map_of_digits.drawings_on_map import place_drawings
from pages.components.analysis.split_predictions import predict_split_or_stop
from pages.components.shell import dataset, empty_states, frame, networks
from pages.components.shell.address_parameters import values_of
from pages.components.shell.classes import things
from pages.components.shell.terms import explained
from pages.components.shell.text import plain
from pages.components.widgets.address_choices import segmented_choice

PCA, TSNE = values_of("method")
METHODS: dict[str, Method] = {PCA: "pca", TSNE: "tsne"}
ABOUT = {
    "pca": "PCA shows the two directions of greatest variance; other differences are hidden.",
    "tsne": "t-SNE keeps neighbours together. Gaps and the sizes of groups mean little, and small "
    "groups may be artefacts.",
}

frame.page("Map of digits")
run = networks.chosen_network()
st.title(f"Map of {things()} · Projection")
data = dataset.get()
left, right = st.columns(2)
with left:
    split = choices.choose_split(run, data)
with right:
    method = METHODS[segmented_choice("Method", "method")]
predictions = predict_split_or_stop(run, data, split)
shown = projection.positions_of(split)
number = f"{shown.size:,} of {split.labels.size:,}" if shown.size < split.labels.size else "all"
explained(
    f"{things().capitalize()} that the last hidden layer of **{plain(run.name)}** represents "
    f"similarly lie close together: {number} {SPLIT_WORDS[split.name]} {things()}; a cross marks "
    f"an error. {ABOUT[method]}",
    caption=True,
)
found = map_view.project_or_stop(predictions, method)
version = map_view.version_of(predictions, method)
own = place_drawings(predictions, found, version)
map_view.show_images_on_map(predictions)
map_view.show_map(predictions, found, own, version)
with st.container(horizontal=True, vertical_alignment="center", key="own-drawings"):
    if own:
        st.caption("A star is a drawing of yours: on the Draw page now, or saved there.")
    else:
        st.caption(empty_states.NO_DRAWING_ON_MAP)
    st.page_link("app.py", label="Draw", icon=":material/draw:")
