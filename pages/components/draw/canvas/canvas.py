"""The canvas of the Draw page: white ink on black, with undo, redo, clear and three brushes.

The canvas' library registers with a running Streamlit when it is imported, so that happens late.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from mnist_core.config import palette
from mnist_core.config.pen import BRUSHES
from mnist_core.digits.drawings.from_strokes import CANVAS_SIDE
from mnist_core.digits.drawings.strokes import MAX_POINTS
from pages.components.draw.canvas import draw_example
from pages.components.shell import classes
from pages.components.shell.javascript import component
from pages.components.shell.state import CANVAS_SHOWN

HINT = '<div class="canvas-hint">Keys: Ctrl Z undoes, Ctrl Y redoes, Delete clears</div>'
FULL = """<div class="canvas-full" role="status">
This drawing is as large as it may be: undo a stroke, or clear it.</div>"""
INVITATION = """<div class="canvas-invitation" aria-hidden="true" hidden>
<svg viewBox="0 0 100 100"><path pathLength="1"
d="M34 26C40 17 62 16 63 31C64 43 52 46 46 47C58 47 67 54 66 66C64 82 41 82 33 72"/></svg>
Draw here</div>"""
DEFAULT_BRUSH = "Medium"
CANVAS_KEY = "drawing"
_HELPER = "canvas-helper"  # key of what canvas.js serves
RESOLUTION = 3
"""Pixels of the surface for each canvas pixel, along each side: the canvas is shown larger than
280 pixels, and lines stay sharp."""
SURFACE_SIDE = RESOLUTION * CANVAS_SIDE
"""Width and height of the surface, in its pixels: those of the Fabric.js JSON."""

_GIVEN = "canvas-brush"  # (brush chosen by `choose_brush`, how many times it was called)
_START = "canvas-start"  # what the canvas was last told to show
_STALE = "canvas-stale"  # drawings replaced since the last stroke, which may still be reported
_SCROLLED = "canvas-scrolled"  # how often it was scrolled into view
_UNDONE = "canvas-undone"  # what Redo restores, newest first: an object, or None for a Clear
_CLEARED = "canvas-cleared"  # drawings that undo brings back to an empty canvas, the last one last
_MAX_CLEARED = 20
_STROKE_POINTS = 10  # what Fabric.js says of a stroke besides its points is as long as so many
_ROOM_STEP = 1000  # what is sent to the browser seldom changes: then its script is sent again
_ANSWERED = "canvas-answered"  # how often the visitor saved what is drawn, or tried to
_FINISHED = "canvas-finished"  # whether the next stroke begins a new drawing


def drawing() -> dict[str, Any]:
    """What is drawn. Known before `canvas` shows it, so that the answer can be sent first.

    Returns:
        The drawing as Fabric.js JSON: "objects" holds a path for each stroke, in pixels of the
        surface, and "side" is the surface's. "revision" changes whenever the page, not the pen,
        changes what the canvas shows.
    """
    # The page was just opened, perhaps again, or the browser comes back to a restarted server.
    if CANVAS_KEY not in st.session_state or _START not in st.session_state:
        _show(st.session_state.get(CANVAS_SHOWN, {"objects": []})["objects"], is_finished())
    drawn = _reported() or st.session_state[_START]
    start, stale = st.session_state[_START], st.session_state[_STALE]
    if drawn["objects"] == start["objects"]:  # from now on a longer drawing means a new stroke
        st.session_state[_STALE] = [old for old in stale if len(old) < len(start["objects"])]
    elif drawn["objects"] in stale:  # reported late
        drawn = start
    elif len(drawn["objects"]) > len(st.session_state[CANVAS_SHOWN]["objects"]):  # a new stroke
        st.session_state[_UNDONE], st.session_state[_STALE] = [], []
    drawn = drawn | {"side": SURFACE_SIDE}
    st.session_state[CANVAS_SHOWN] = drawn
    return drawn | {"revision": st.session_state[_START]["revision"]}


def _reported() -> dict[str, Any] | None:
    """What the canvas reported last, as Fabric.js JSON; None if it has reported nothing. What no
    canvas reports is forgotten before `st_canvas` reads it."""
    # Private to drawable-canvas: without these keys no stroke is seen.
    state = st.session_state.get(CANVAS_KEY) or {}
    drawing = state.get("drawing") or {}
    raw = drawing.get("raw") if isinstance(drawing, Mapping) else drawing
    if isinstance(raw, dict) and isinstance(raw.get("objects"), list):
        return raw
    if raw:
        state["drawing"] = None
    return None


def canvas(alone: bool = False) -> None:
    """Show the canvas and its buttons; call `drawing` first.

    It reports at the end of each stroke. Call it inside a fragment, so that only that reruns.

    Args:
        alone: Without the buttons; the page is run again as soon as the canvas can be drawn on.
    """
    from streamlit_drawable_canvas import st_canvas

    objects = st.session_state[CANVAS_SHOWN]["objects"]
    with st.container(key="canvas", gap=None):
        st_canvas(
            stroke_width=RESOLUTION * brush(),
            stroke_color=palette.INK,
            background_color=palette.PAPER,
            initial_drawing=st.session_state[_START],
            width=SURFACE_SIDE,
            height=SURFACE_SIDE,
            key=CANVAS_KEY,
        )
        data = {"revision": st.session_state[_START]["revision"], "empty": not objects}
        data |= {"scrolled": st.session_state.get(_SCROLLED, 0), "alone": alone}
        data |= {"answered": st.session_state.get(_ANSWERED, 0), "finished": is_finished()}
        data |= {"brush": RESOLUTION * brush(), "digits": classes.data() is None}
        data |= {"room": _room(objects)}
        # It fits the canvas to the page, invites to draw, and listens to the keyboard.
        component(__file__, INVITATION)(
            key=_HELPER,
            data=data,
            height=1,
            on_asked_change=_do_what_was_asked,
            on_rest_change=lambda: None,
        )
    if not alone:
        _buttons(objects)


def _room(objects: list[dict[str, Any]]) -> int:
    """How many points the next stroke may have, so that the drawing can still be read and is not
    too long for message_check.py; 0 if there is to be none."""
    paths = [item.get("path") for item in objects if isinstance(item, dict)]
    used = sum(_STROKE_POINTS + len(path) for path in paths if isinstance(path, list))
    return max((MAX_POINTS - 1 - used) // _ROOM_STEP * _ROOM_STEP, 0)


def brush() -> int:
    """Width of the brush in canvas pixels."""
    return BRUSHES[brush_name()]


def brush_name() -> str:
    """The brush, one of `BRUSHES`."""
    given, times = st.session_state.get(_GIVEN, (DEFAULT_BRUSH, 0))
    return st.session_state.get(f"brush-{times}") or given


def choose_brush(name: str) -> None:
    """Choose a brush of `BRUSHES` in place of the visitor, in a callback."""
    _, times = st.session_state.get(_GIVEN, ("", 0))
    st.session_state[_GIVEN] = name, times + 1  # a new key: the old choice may still arrive


def _buttons(objects: list[dict[str, Any]]) -> None:
    undone = st.session_state.get(_UNDONE, [])
    undoable = objects or st.session_state.get(_CLEARED)
    with st.container(key="canvas-tools", gap="xsmall"):
        with st.container(horizontal=True, gap="xsmall"):
            for name, of in (("Undo", undoable), ("Redo", undone), ("Clear", objects)):
                st.button(name, key=name.lower(), disabled=not of, width="stretch")
        given, times = st.session_state.get(_GIVEN, (DEFAULT_BRUSH, 0))
        with st.container(key="brush"):
            st.segmented_control(
                "Brush",
                list(BRUSHES),
                default=given,
                required=True,
                key=f"brush-{times}",
                label_visibility="collapsed",
                width="stretch",
                persist_state="session",
            )
        if not classes.data():
            draw_example.offer_example()
        st.html(HINT if _room(objects) else FULL)


def _do_what_was_asked() -> None:
    """Undo, redo or clear, as canvas.js asks. It names the revision, so that each is done once, and
    how many strokes were begun since: those stay."""
    asked = st.session_state[_HELPER].asked
    asked = asked if isinstance(asked, Mapping) else {}
    action = {"undo": _undo, "redo": _redo, "clear": _clear}.get(str(asked.get("name")))
    if action and asked.get("revision") == st.session_state[_START]["revision"]:
        drawn, later = st.session_state[CANVAS_SHOWN]["objects"], asked.get("later")
        count = len(drawn) - (later if isinstance(later, int) else 0)
        action(drawn[: max(count, 0)], drawn[max(count, 0) :])


def _undo(objects: list[dict[str, Any]], later: list[dict[str, Any]]) -> None:
    if objects:
        *kept, undone = objects
    elif st.session_state.get(_CLEARED):
        kept, undone = st.session_state[_CLEARED].pop(), None
    else:
        return
    st.session_state[_UNDONE] = [undone, *st.session_state.get(_UNDONE, [])]
    _show([*kept, *later])


def _redo(objects: list[dict[str, Any]], later: list[dict[str, Any]]) -> None:
    if not st.session_state.get(_UNDONE):  # a stroke came in between
        return
    first, *rest = st.session_state[_UNDONE]
    if first is None:
        _clear(objects, later)
    else:
        _show([*objects, first, *later])
    st.session_state[_UNDONE] = rest


def _clear(objects: list[dict[str, Any]], later: list[dict[str, Any]]) -> None:
    """Empty the canvas but for what was drawn later, which can be undone."""
    cleared = [*st.session_state.get(_CLEARED, []), objects]
    clear()
    if later:
        _show(later)
    st.session_state[_CLEARED] = cleared[-_MAX_CLEARED:]


def clear() -> None:
    """Begin anew on an empty canvas, with nothing to undo; for callbacks."""
    st.session_state[_UNDONE], st.session_state[_CLEARED] = [], []
    _show([])


def saved(complete: bool = False) -> None:
    """Note that the visitor saved what is drawn, or tried to; for callbacks. The browser holds
    strokes back until it knows of this.

    Args:
        complete: Whether nothing is left to save: the next stroke then begins a new drawing, and
            undo brings this one back. Any other change of the canvas calls that off.
    """
    st.session_state[_ANSWERED] = st.session_state.get(_ANSWERED, 0) + 1
    st.session_state[_FINISHED] = complete


def is_finished() -> bool:
    """Whether the next stroke begins a new drawing, as `saved` was told."""
    return bool(st.session_state.get(_FINISHED))


def last_cleared() -> list[dict[str, Any]]:
    """The drawing that undo brings back to an empty canvas; [] if there is none."""
    cleared = st.session_state.get(_CLEARED)
    return cleared[-1] if cleared else []


def restore(
    objects: list[dict[str, Any]], cleared: list[dict[str, Any]], finished: bool = False
) -> None:
    """Bring back a drawing of an earlier visit, or what undo is to bring back to an empty canvas;
    for callbacks. If the visitor has drawn already, undo on the empty canvas brings it back.

    Args:
        objects, cleared: The drawing, and what undo is to bring back.
        finished: Whether the next stroke begins a new drawing.
    """
    shown = st.session_state[CANVAS_SHOWN]["objects"]
    if objects and not shown:
        _show(objects, finished)
    elif (old := objects or cleared) and old != shown:
        st.session_state[_CLEARED] = [old, *st.session_state.get(_CLEARED, [])]


def scroll_into_view() -> None:
    """Scroll to the canvas; for callbacks of what is far below it."""
    st.session_state[_SCROLLED] = st.session_state.get(_SCROLLED, 0) + 1


def _show(objects: list[dict[str, Any]], finished: bool = False) -> None:
    """Have the canvas show these objects, as a new revision: it ignores a drawing that it knows."""
    st.session_state[_FINISHED] = finished
    shown = st.session_state.get(CANVAS_SHOWN, {"objects": []})["objects"]
    stale = st.session_state.setdefault(_STALE, [])
    st.session_state[_STALE] = [old for old in [*stale, shown] if old != objects]
    st.session_state[CANVAS_SHOWN] = {"objects": objects, "side": SURFACE_SIDE}
    revision = st.session_state.get(_START, {"revision": 0})["revision"] + 1
    st.session_state[_START] = {"objects": objects, "revision": revision}
