"""The drawing as it is put together from what the browser reports of the canvas."""

from __future__ import annotations

import json
from functools import partial
from types import SimpleNamespace

import pytest

from mnist_core.config.pen import BRUSHES
from mnist_core.digits.drawings.fabric import read_fabric
from pages.components.draw.canvas import canvas, stored_canvas
from pages.components.shell import message_check
from tests.pages.draw_page import SEVEN, fabric


@pytest.fixture
def state(monkeypatch) -> dict:
    """The session of a visitor who has just opened the page."""
    state = {}
    monkeypatch.setattr(canvas.st, "session_state", state)
    canvas.drawing()
    return state


def reports(state: dict, objects: list) -> list:
    """The drawing after the canvas has reported these objects."""
    state[canvas.CANVAS_KEY] = {"drawing": {"raw": {"objects": objects}}}
    return canvas.drawing()["objects"]


def asks(state: dict, name: str, later: int = 0, revision: int | None = None) -> list:
    """The drawing after the browser has asked to undo, redo or clear, some strokes ago."""
    if revision is None:
        revision = canvas.drawing()["revision"]
    value = {"name": name, "later": later, "revision": revision}
    state["canvas-helper"] = SimpleNamespace(asked=value)
    canvas._do_what_was_asked()
    return canvas.drawing()["objects"]


def test_what_the_canvas_reports_late_is_no_drawing(state):
    """Clear and undo within milliseconds: it shows each in turn, and reports each later."""
    seven = fabric(SEVEN)["objects"]
    reported, asked = partial(reports, state), partial(asks, state)
    assert reported(seven) == seven
    asked("clear")
    asked("undo")
    for late in (seven, [], seven):
        assert reported(late) == seven
    asked("undo")
    for late in (seven, []):
        assert reported(late) == []
    longer = fabric(SEVEN, SEVEN[:2])["objects"]
    assert reported(longer) == longer  # a new stroke


@pytest.mark.parametrize(
    "sent",
    [
        {"drawing": 5},
        {"drawing": [1]},
        {"drawing": {"raw": 7}},
        {"drawing": {"raw": {}}},
        {"drawing": {"raw": {"objects": 5}}},
    ],
)
def test_what_no_canvas_reports_is_no_drawing_and_is_forgotten(state, sent):
    seven = fabric(SEVEN)["objects"]
    assert reports(state, seven) == seven
    asks(state, "clear")
    state[canvas.CANVAS_KEY] = sent
    assert canvas.drawing()["objects"] == []
    assert not (state[canvas.CANVAS_KEY]["drawing"] or {}).get("raw")  # st_canvas reads it next
    for asked in (5, [1], {"name": ["undo"]}):
        state["canvas-helper"] = SimpleNamespace(asked=asked)
        canvas._do_what_was_asked()
    assert canvas.drawing()["objects"] == []
    assert reports(state, seven * 2) == seven * 2


def test_what_is_drawn_after_a_clear_or_an_undo_outlives_it_however_late_it_comes(state):
    first, second, third = (fabric(SEVEN[: 3 - i] or SEVEN)["objects"][0] for i in range(3))
    second, third = second | {"left": 5}, third | {"left": 9}
    reports(state, [first, second])
    reports(state, [first, second, third])
    assert asks(state, "clear", later=1) == [third]
    assert asks(state, "undo", later=1) == [first, second, third]
    assert asks(state, "undo", later=1) == [first, third]
    assert asks(state, "redo", later=1) == [first, second, third]
    assert asks(state, "clear", later=9) == [first, second, third]  # all of it is newer


# What Fabric.js 7.4 says of a stroke besides its path and place.
FABRIC_FIELDS = {
    **dict.fromkeys(
        [
            *("lockMovementX", "lockMovementY", "lockRotation", "lockScalingX", "lockScalingY"),
            *("lockSkewingX", "lockSkewingY", "lockScalingFlip", "strokeUniform", "flipX", "flipY"),
        ],
        False,
    ),
    **dict.fromkeys(["fill", "strokeDashArray", "shadow"]),
    **{"type": "Path", "version": "7.4.0", "originX": "center", "originY": "center"},
    **{"left": 419.0623, "top": 419.0946, "width": 672.5691, "height": 672.5691},
    **{"stroke": "#ffffff", "strokeWidth": 60, "strokeLineCap": "round", "strokeDashOffset": 0},
    **{"strokeLineJoin": "round", "strokeMiterLimit": 10, "scaleX": 1, "scaleY": 1, "angle": 0},
    **{"opacity": 1, "visible": True, "backgroundColor": "", "fillRule": "nonzero"},
    **{"paintFirst": "fill", "globalCompositeOperation": "source-over", "skewX": 0, "skewY": 0},
}


@pytest.mark.parametrize(
    "points", [1, 30, 2000, 10_000]
)  # that a visitor wants each stroke to have
def test_a_drawing_that_has_no_room_left_can_be_read_and_reaches_the_page(points):
    """However it is put together. The room is a round number, which changes seldom."""
    corner = [120.12345678901234, 700.1234567890123] * 2
    objects, rooms = [], set()
    while room := canvas._room(objects):
        rooms.add(room)
        path = [["M", *corner[:2]], *[["Q", *corner]] * min(points, room), ["L", *corner[:2]]]
        objects.append(FABRIC_FIELDS | {"path": path})
    assert len(rooms) <= 10
    read_fabric({"objects": objects, "side": canvas.SURFACE_SIDE})
    raw = {"version": "7.4.0", "objects": objects, "background": "#000000"}
    value = json.dumps({"drawing": {"raw": raw}, "data": None}, separators=(",", ":"))
    assert message_check.MAX_LENGTH > len(value) > message_check.MAX_LENGTH / 2


def test_a_saved_drawing_is_finished_until_the_canvas_changes(state):
    stroke = fabric(SEVEN)["objects"][0]
    reports(state, [stroke])
    canvas.saved(complete=True)
    assert canvas.is_finished()
    assert asks(state, "clear") == []  # as the browser asks when the next stroke begins
    assert not canvas.is_finished()
    assert asks(state, "undo") == [stroke]
    assert not canvas.is_finished()
    canvas.saved(complete=True)
    canvas.saved()  # another one, of a number that is not all saved
    assert not canvas.is_finished()


def test_after_a_reload_undo_brings_back_what_was_cleared(state):
    stroke = fabric(SEVEN)["objects"][0]
    reports(state, [stroke])
    asks(state, "clear")
    kept = stored_canvas._text([], canvas.last_cleared())
    state.clear()
    canvas.drawing()
    stored_canvas._take(kept)
    assert canvas.drawing()["objects"] == []
    assert asks(state, "undo") == [stroke]
    assert canvas.last_cleared() == []


def test_after_a_reload_the_next_stroke_still_begins_a_new_drawing(state):
    stroke = fabric(SEVEN)["objects"][0]
    reports(state, [stroke])
    for complete in (True, False):
        canvas.saved(complete)
        kept = stored_canvas._text([stroke], [])
        state.clear()
        canvas.drawing()
        stored_canvas._take(kept)
        assert canvas.drawing()["objects"] == [stroke]
        assert canvas.is_finished() == complete


@pytest.mark.parametrize("cleared", [5, {}, [{"type": "Path"}]])
def test_a_cleared_drawing_that_makes_no_sense_is_not_brought_back(state, cleared):
    kept = {"objects": [], "side": canvas.SURFACE_SIDE, "brush": "Broad", "cleared": cleared}
    stored_canvas._take(json.dumps(kept))
    assert canvas.last_cleared() == []
    assert canvas.brush_name() == ("Broad" if cleared == {} else canvas.DEFAULT_BRUSH)


def test_what_was_asked_for_is_done_once(state):
    """Streamlit calls again where another click interrupts the rerun."""
    stroke = fabric(SEVEN)["objects"][0]
    reports(state, [stroke])
    reports(state, [stroke, stroke])
    revision = canvas.drawing()["revision"]
    assert asks(state, "undo", revision=revision) == [stroke]
    assert asks(state, "undo", revision=revision) == [stroke]
    assert asks(state, "scribble") == [stroke]  # no such thing


def test_a_brush_that_the_browser_kept_is_not_undone_by_a_late_report_of_the_default(monkeypatch):
    """Two things that the browser kept come one right after the other, each with all widgets."""
    state = {}
    monkeypatch.setattr(canvas.st, "session_state", state)
    state["brush-0"] = "Medium"
    canvas.choose_brush("Broad")
    state["brush-0"] = "Medium"  # reported before the browser shows the new choice
    assert canvas.brush_name() == "Broad"
    assert canvas.brush() == BRUSHES["Broad"]
    state["brush-1"] = "Fine"  # the visitor's own choice after that
    assert canvas.brush_name() == "Fine"
