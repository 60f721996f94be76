"""What was lassoed on the map of digits, kept in the address."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.components.shell import address, classes

Loop = NDArray[np.float64]
"""The corners of a polygon in the map's units, (n, 2)."""

_MAP = "map-of"  # version of the map that the loops are drawn on
_SEEN = "map-loops-seen"  # what the address said of loops when they were last drawn
_DRAWN = "map-loops"  # the loops to draw, and how many times they have been replaced


def keep_loops(loops: list[list[float]]) -> None:
    """Keep loops in the address: each `?loop=` is x, y, x, y … of its corners."""
    st.session_state[_SEEN] = _put(loops)


def draw(loop: list[float]) -> None:
    """Keep this loop alone in the address, and have the map draw it."""
    _put([loop])


def choose_cluster(points: NDArray[np.float32], labels: NDArray[np.uint8]) -> None:
    """A selectbox that draws a loop round the middle of a digit's points, for those without a
    pointer. The loop is a box: the middle half of the points, in each direction."""

    def draw_loop() -> None:
        if (digit := st.session_state["cluster"]) is not None:
            (left, bottom), (right, top) = np.quantile(
                points[labels == digit], (0.25, 0.75), axis=0
            )
            draw([left, bottom, right, bottom, right, top, left, top])
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


def _put(loops: list[list[float]]) -> list[str]:
    kept = [",".join(f"{value:.4g}" for value in loop) for loop in loops]
    address.put(loop=kept)
    address.first_page()
    return kept


def chosen_loops(version: str) -> list[Loop]:
    """The loops in the address; an empty list if they were drawn on another map.

    Args:
        version: Another one for another map.
    """
    if st.session_state.get(_MAP, version) != version:
        address.drop("loop")
    st.session_state[_MAP] = version
    loops = []
    for asked in address.all_asked("loop"):
        try:
            loop = np.array(asked.split(","), float).reshape(-1, 2)
        except ValueError:
            loop = np.array([np.nan])
        if not np.isfinite(loop).all():
            address.note_unknown("loop", ())
            address.drop("loop")
            return []
        loops.append(loop)
    return loops


def loops_to_draw(loops: list[Loop]) -> tuple[list[Loop], int]:
    """The loops that the map has to draw, and a number that changes when these do.

    Loops that were just lassoed are on the map already, and sending it again would cost 2.7 MB. So
    only those of an address that was opened are sent.
    """
    asked = address.all_asked("loop")
    if st.session_state.get(_SEEN) != asked:
        st.session_state[_SEEN] = asked
        st.session_state[_DRAWN] = loops, st.session_state.get(_DRAWN, ([], 0))[1] + 1
    return st.session_state[_DRAWN]


def forget_drawn() -> None:
    """Have the loops drawn once more: the map is new."""
    st.session_state.pop(_SEEN, None)
