"""The drawing on the canvas and the brush outlive a reload: the visitor's browser keeps them."""

from __future__ import annotations

import json
from typing import Any

import streamlit as st

from mnist_core.config.pen import BRUSHES
from mnist_core.digits.drawings import fabric
from mnist_core.digits.drawings.strokes import StrokeError
from pages.components.draw.canvas import canvas
from pages.components.widgets.browser import browser_storage

MAX_CHARACTERS = 500_000  # a drawing of 10,000 points; of larger ones the brush alone is kept
_UNAVAILABLE = "kept-canvas-unavailable"  # whether the browser can't store anything
_NOTE = "kept-canvas-note"  # to be shown once


def keep(drawing: dict[str, Any]) -> None:
    """Have the browser keep drawing and brush, and say so.

    Args:
        drawing: From `canvas.drawing`.
    """
    objects = drawing["objects"]
    text = _text(objects, [] if objects else canvas.last_cleared())
    too_large = len(text) > MAX_CHARACTERS
    if too_large:
        text = _text([], [])
    browser_storage.keep(
        "digit-lab-canvas", text, take=_take, unavailable=_unavailable, shared=False
    )
    if note := st.session_state.pop(_NOTE, None):
        st.toast(note)
    if st.session_state.get(_UNAVAILABLE):
        st.caption("This browser can't store your drawing: reloading the page will lose it.")
    elif too_large:
        st.caption("This drawing is too large to be stored: reloading the page will lose it.")
    else:
        st.caption("This browser keeps the drawing; a cleared one, until you draw the next.")


def _text(objects: list[dict[str, Any]], cleared: list[dict[str, Any]]) -> str:
    """What is kept; empty where that is the canvas of a first visit."""
    brush = canvas.brush_name()
    if not objects and not cleared and brush == canvas.DEFAULT_BRUSH:
        return ""
    what = {"objects": objects, "side": canvas.SURFACE_SIDE, "brush": brush, "cleared": cleared}
    what |= {"finished": canvas.is_finished()}
    return json.dumps(what, separators=(",", ":"))


def _take(text: str) -> None:
    try:
        found = json.loads(text[: MAX_CHARACTERS + 1])
        fabric.read_fabric(found)
        cleared = found.get("cleared") or []  # what earlier versions kept has none
        fabric.read_fabric(found | {"objects": cleared})
    except (ValueError, RecursionError, StrokeError):
        st.session_state[_NOTE] = "The drawing that this browser kept can't be read."
        return
    if found.get("side") == canvas.SURFACE_SIDE:
        canvas.restore(found["objects"], cleared, found.get("finished") is True)
    if found.get("brush") in BRUSHES:
        canvas.choose_brush(found["brush"])


def _unavailable() -> None:
    st.session_state[_UNAVAILABLE] = True
