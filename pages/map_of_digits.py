"""How a network arranges the digits: its last hidden layer in two dimensions."""

import numpy as np
import streamlit as st

from mnist_core.evaluation import projection
from pages.components.analysis import choices, split_predictions
from pages.components.analysis.choices import SPLIT_WORDS
from pages.components.analysis.digit_address import open_digit
from pages.components.analysis.digit_dialog import show_chosen_digit
from pages.components.analysis.gallery import show_errors_first
from pages.components.analysis.split_predictions import SplitPredictions
from pages.components.shell import address, dataset, frame, networks
from pages.components.shell.address import first_page, segmented_choice
from pages.components.shell.background import result_of
from pages.components.shell.text import plain
from pages.components.widgets.digit_map import digit_map, map_data, sprite

PAGE_SIZE = 48
METHODS = {"PCA": "pca", "t-SNE": "tsne"}
ABOUT = {
    "pca": "PCA looks at the layer from the side from which most of it is seen; what lies behind "
    "each other looks close.",
    "tsne": "t-SNE keeps neighbours together: groups are true, but the distances between them "
    "and their sizes mean little.",
}


def keep_loops(loops: list[list[float]]) -> None:
    """Keep what was lassoed in the address: each `?loop=` is x, y, x, y … of its corners."""
    kept = [",".join(f"{value:g}" for value in loop) for loop in loops]
    st.session_state["map-loops-seen"] = kept
    address.put(loop=kept)
    first_page()


def chosen_loops(version: str) -> list[np.ndarray]:
    """The corners, (n, 2), of the loops that the address names; none of another map's."""
    if st.session_state.get("map-of", version) != version:
        address.drop("loop")
    st.session_state["map-of"] = version
    loops = []
    for asked in address.all_asked("loop"):
        try:
            loop = np.array(asked.split(","), float).reshape(-1, 2)
        except ValueError:
            loop = np.array([np.nan])
        if np.isfinite(loop).all():
            loops.append(loop)
        else:
            address.note_unknown("loop", ())
            address.drop("loop")
            return []
    return loops


def loops_to_draw(loops: list[np.ndarray]) -> tuple[list[np.ndarray], int]:
    """The loops of an address that was opened, and a number that is another for each such: with
    others the map, which has those that were drawn on it, would be sent again, 2.7 MB."""
    asked = address.all_asked("loop")
    if st.session_state.get("map-loops-seen") != asked:
        st.session_state["map-loops-seen"] = asked
        st.session_state["map-loops"] = loops, st.session_state.get("map-loops", ([], 0))[1] + 1
    return st.session_state["map-loops"]


@st.fragment
def show_map(mine: SplitPredictions, points: np.ndarray, images: str, version: str) -> None:
    """The map, and under it the digits that were lassoed."""
    split_predictions.rerun_if_deleted(mine)
    loops, shown = chosen_loops(version), projection.positions_of(mine.split)
    data = map_data(
        points,
        images,
        mine.split.labels[shown],
        mine.evaluation.predicted[shown],
        mine.split.indices[shown],
        version,
    )
    with st.container(key="map"):
        digit_map(data, *loops_to_draw(loops), "digit-map", keep_loops, open_digit)
    positions = shown[projection.inside(points, loops)]
    with st.container(key="map-images"):
        if positions.size:
            what, of = f"{positions.size:,} digits selected", f"map-{positions.sum()}"
            positions = show_errors_first(mine, positions, what, "map-grid", PAGE_SIZE, of)
        else:
            st.caption("Draw a loop round some points to see these digits here.")
    show_chosen_digit(mine, positions)


if frame.page("Map of digits"):
    st.session_state.pop("map-loops-seen", None)  # they are to be drawn on a new map
run = networks.chosen_network()
st.title("Map of digits")
data = dataset.get()
left, right = st.columns(2)
with left:
    split = choices.choose_split(run, data)
with right:
    method = METHODS[segmented_choice("Made by", "method")]
mine = split_predictions.predict_split_or_stop(run, data, split)
shown = projection.positions_of(split)
st.caption(
    f"What **{plain(run.name)}** holds to be alike lies close together: its last hidden "
    f"layer, flattened. {shown.size:,} of {split.labels.size:,} {SPLIT_WORDS[split.name]} digits, "
    f"coloured by their label; a cross marks each error. {ABOUT[method]}"
)
version = "-".join(map(str, (*mine.weights, data.name, split.name, method)))
doing = f"Placing {shown.size:,} digits"
if method == "tsne":
    doing += ", this once: the map is kept. PCA is there at once."
try:
    points = result_of(
        ("map", version),
        lambda report: projection.embed(run, split, method, report),
        doing,
    )
except projection.EmbeddingError as error:
    st.error(f"{plain(str(error))}. Choose PCA instead.", icon=":material/error:")
    st.stop()
images = result_of(  # the same for all networks that keep the same digits apart
    ("map's images", data.name, split.name, hash(split.indices.tobytes())),
    lambda report: sprite(split.images(shown)),
    f"Laying out {shown.size:,} images",
)
show_map(mine, points, images, version)
