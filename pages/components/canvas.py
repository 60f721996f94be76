"""The drawing surface of the Draw page: white ink on black, with undo and clear.

The library behind it registers with a running Streamlit at import, so it is imported when drawn.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

SIDE = 280  # CSS pixels; fits the narrowest phones
PEN_WIDTH = 20
KEY = "drawing"

_START = "canvas-start"  # what the canvas was last told to show
_SHOWN = "canvas-shown"  # what the visitor sees
_REPORT = "canvas-report"  # what it last reported
_STALE = "canvas-stale"  # its report at an undo or a clear, until the next one comes


def canvas() -> dict[str, Any]:
    """Show the canvas with its two buttons.

    It reports when a stroke ends. Call it inside `st.fragment`, so that only the fragment reruns.

    Returns:
        The drawing as Fabric.js JSON; "objects" holds a path for each stroke. Its "revision"
        changes whenever the page, and not the pen, changes what the canvas shows.
    """
    from streamlit_drawable_canvas import st_canvas

    if KEY not in st.session_state:  # the page was opened, perhaps not for the first time
        _show(st.session_state.get(_SHOWN, {"objects": []})["objects"])
    with st.container(key="canvas", width=SIDE, gap=None):
        result = st_canvas(
            stroke_width=PEN_WIDTH,
            stroke_color="#ffffff",
            background_color="#000000",
            initial_drawing=st.session_state[_START],
            width=SIDE,
            height=SIDE,
            key=KEY,
        )
        _tamer()(key="canvas-tamer", height=1)
    drawing = st.session_state[_REPORT] = result.json_data or {"objects": []}
    if drawing == st.session_state.get(_STALE):
        drawing = st.session_state[_START]
    else:
        st.session_state[_STALE] = None
    st.session_state[_SHOWN] = drawing
    empty = not drawing["objects"]
    with st.container(horizontal=True, width=SIDE):
        st.button(
            "Undo", icon=":material/undo:", key="undo", disabled=empty, on_click=_undo,
            width="stretch", help="Takes back the last stroke",
        )  # fmt: skip
        st.button(
            "Clear", icon=":material/delete:", key="clear", disabled=empty, on_click=_show,
            args=([],), width="stretch", help="Empties the canvas",
        )  # fmt: skip
    return drawing | {"revision": st.session_state[_START]["revision"]}


def _undo() -> None:
    _show(st.session_state[_SHOWN]["objects"][:-1])


def _show(objects: list[dict[str, Any]]) -> None:
    """Have the canvas show these objects; a new revision, as it ignores a drawing it has had."""
    st.session_state[_STALE] = st.session_state.get(_REPORT)
    revision = st.session_state.get(_START, {"revision": 0})["revision"] + 1
    st.session_state[_START] = {"objects": objects, "revision": revision}


@cache
def _tamer():
    """Hides the canvas' own toolbar; see canvas.js."""
    return st.components.v2.component(
        "digit_lab_canvas", js=Path(__file__).with_suffix(".js").read_text("utf-8")
    )
