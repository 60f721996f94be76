"""What was lassoed on the map of digits, kept in the address."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.components.shell import address, classes
from pages.components.shell.address_parameters import MAX_COORDINATE

Loop = NDArray[np.float64]
"""The corners of a polygon in the map's units, (n, 2)."""

MIN_CORNERS = 3
_MAP = "map-of"  # version of the map that the loops are drawn on


def keep_loops(loops: list[list[float]]) -> None:
    """Keep loops in the address: each `?loop=` is x, y, x, y … of its corners."""
    st.session_state.pop(_MAP, None)
    address.put(loop=[",".join(f"{value:.4g}" for value in loop) for loop in loops])
    address.first_page()


def choose_cluster(points: NDArray[np.float32], labels: NDArray[np.uint8]) -> None:
    """A selectbox that draws a loop round the middle of a digit's points, for those without a
    pointer. The loop is a box: the middle half of the points, in each direction."""

    def draw_loop() -> None:
        if (digit := st.session_state["cluster"]) is not None:
            (left, bottom), (right, top) = np.quantile(
                points[labels == digit], (0.25, 0.75), axis=0
            )
            keep_loops([[left, bottom, right, bottom, right, top, left, top]])
            st.session_state["cluster"] = None  # so that it can be chosen again

    st.selectbox(
        "The middle of a cluster",
        np.unique(labels).tolist(),
        index=None,
        placeholder=f"choose a {classes.kind()}",
        format_func=classes.name,
        key="cluster",
        on_change=draw_loop,
        width=220,
    )


def chosen_loops(version: str) -> list[Loop]:
    """The loops in the address; an empty list if they were drawn on another map. They stay in the
    address all the same: to take them out would be another step in the browser's history, and one
    could not go back from it.

    Args:
        version: Another one for another map.
    """
    if not address.all_asked("loop"):
        st.session_state.pop(_MAP, None)
    elif st.session_state.setdefault(_MAP, version) != version:
        return []
    loops = []
    for asked in address.all_asked("loop"):
        try:
            loop = np.array(asked.split(","), float).reshape(-1, 2)
        except ValueError:
            loop = np.empty((0, 2))
        if len(loop) < MIN_CORNERS or not (np.abs(loop) <= MAX_COORDINATE).all():
            address.note_unknown("loop", ())
            address.drop("loop")
            return []
        loops.append(loop)
    return loops
