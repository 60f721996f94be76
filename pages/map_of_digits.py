"""How a network arranges the digits: its last hidden layer in two dimensions."""

import numpy as np
import streamlit as st

from mnist_core import embedding
from pages.components import answers, layout
from pages.components.answers import Answers
from pages.components.background import result_of
from pages.components.digit_grid import digit_grid
from pages.components.digit_map import digit_map, map_data
from pages.components.digit_view import open_digit, show_chosen_digit
from pages.components.filters import first_page, note_unknown, page_choice
from pages.components.matrix_view import WORDS

PAGE_SIZE = 48
METHODS = {"PCA": "pca", "t-SNE": "tsne"}
ABOUT = {
    "pca": "PCA looks at the layer from the side from which most of it is seen; what lies behind "
    "each other looks close.",
    "tsne": "t-SNE keeps neighbours together: groups are true, but the distances between them "
    "and their sizes mean little.",
}


def keep_selection(places: list[int]) -> None:
    st.session_state["map-selection"] = places
    first_page()


@st.cache_resource(show_spinner=False, max_entries=6)
def contents(_mine: Answers, _points: np.ndarray, version: str) -> dict:
    """What the browser needs; the same for all visitors."""
    positions = embedding.positions_of(_mine.part)
    return map_data(
        _points,
        _mine.part.images(positions),
        _mine.part.labels[positions],
        _mine.result.predicted[positions],
        _mine.part.indices[positions],
        version,
    )


@st.fragment
def show_map(mine: Answers, points: np.ndarray, version: str) -> None:
    """The map, and under it the digits that were lassoed."""
    with st.container(key="map"):
        digit_map(contents(mine, points, version), "digit-map", keep_selection, open_digit)
    positions = embedding.positions_of(mine.part)
    if st.session_state.get("map-of") != version:  # another map: its points have other places
        st.session_state["map-of"] = version
        st.session_state["map-selection"] = []
    chosen = positions[np.array(st.session_state["map-selection"], int)]
    # Errors first, the surest of them before the others.
    result = mine.result
    order = chosen[np.lexsort((-result.confidence[chosen], result.correct[chosen]))]
    with st.container(key="map-images"):
        if order.size:
            show_images(mine, order)
        else:
            st.caption("Draw a loop round some points to see these digits here.")
    show_chosen_digit(mine, order)


def show_images(mine: Answers, order: np.ndarray) -> None:
    result = mine.result
    wrong = int(np.count_nonzero(~result.correct[order]))
    st.markdown(f"**{order.size:,} digits selected, {wrong:,} of them called wrong**")
    start = PAGE_SIZE * page_choice(-(-order.size // PAGE_SIZE), f"map-{order.size}-{order[0]}")
    shown = order[start : start + PAGE_SIZE]
    digit_grid(
        mine.part.images(shown),
        result.labels[shown],
        result.probabilities[shown],
        mine.part.indices[shown],
        on_click=open_digit,
        key="map-grid",
    )


layout.page("Map of digits")
run = layout.chosen_network()
st.title("Map of digits")
note_unknown("method", METHODS)
data = layout.dataset()
left, right = st.columns(2, gap="large")
with left:
    part = answers.choose_part(run, data)
method = METHODS[
    right.segmented_control(
        "Made by", list(METHODS), default="PCA", required=True, key="method", bind="query-params"
    )
]
mine = answers.answers_of(run, data, part)
shown = embedding.positions_of(part).size
st.caption(
    f"What **{layout.plain(run.name)}** holds to be alike lies close together: its last hidden "
    f"layer, flattened. {shown:,} of {part.labels.size:,} {WORDS[part.name]}digits, coloured by "
    f"their label; a cross marks each error. {ABOUT[method]}"
)
version = "-".join(map(str, (*mine.weights, data.name, part.name, method)))
what = "t-SNE, once and for all (PCA is there meanwhile):" if method == "tsne" else "PCA"
try:
    points = result_of(
        ("map", version),
        lambda report: embedding.embed(run, part, method, report),
        f"{what} placing {shown:,} digits",
    )
except embedding.EmbeddingError as error:
    st.error(f"{layout.plain(str(error))}. Choose PCA instead.", icon=":material/error:")
    st.stop()
show_map(mine, points, version)
