"""The strokes of a drawing as Fabric saves it."""

import copy
import math

import numpy as np
import pytest

from mnist_core.digits.drawings.fabric import read_fabric
from mnist_core.digits.drawings.strokes import StrokeError


def fabric_path(path, /, **fields):
    """A Path as Fabric 6 writes it; left and top are the middle of its own box unless given."""
    points = np.array([xy for command in path for xy in zip(*[iter(command[1:])] * 2, strict=True)])
    left, top = (points.min(axis=0) + points.max(axis=0)) / 2
    defaults = {
        "type": "Path",
        "originX": "center",
        "originY": "center",
        "left": left,
        "top": top,
        "scaleX": 1,
        "scaleY": 1,
        "angle": 0,
        "flipX": False,
        "flipY": False,
        "skewX": 0,
        "skewY": 0,
        "strokeWidth": 20,
    }
    return defaults | {"path": path} | fields


LINE = [["M", 10, 20], ["L", 50, 100]]
ANGLE = [["M", 0, 0], ["L", 10, 0], ["L", 10, 30]]


def drawing(*objects):
    return {"version": "6.0", "objects": list(objects)}


def test_untouched_path_is_where_it_was_drawn():
    (stroke,) = read_fabric(drawing(fabric_path(LINE)))
    assert stroke.dtype == np.float64
    np.testing.assert_allclose(stroke, [[10, 20], [50, 100]])


def test_a_finer_surface_is_read_in_canvas_pixels():
    (stroke,) = read_fabric(drawing(fabric_path(LINE)) | {"side": 840})
    np.testing.assert_allclose(stroke, [[10 / 3, 20 / 3], [50 / 3, 100 / 3]])
    with pytest.raises(StrokeError, match="'side' should be at least 280 and is 0"):
        read_fabric(drawing() | {"side": 0})


def test_empty_canvas_has_no_strokes():
    assert read_fabric(drawing()) == []


def test_each_pen_down_is_a_stroke_in_order():
    found = read_fabric(drawing(fabric_path(LINE), fabric_path(ANGLE)))
    assert [len(stroke) for stroke in found] == [2, 3]


def test_curve_is_followed():
    path = [["M", 0, 0], ["Q", 50, 100, 100, 0]]
    (stroke,) = read_fabric(drawing(fabric_path(path, left=50, top=25)))
    np.testing.assert_allclose(stroke[0], [0, 0])
    np.testing.assert_allclose(stroke[-1], [100, 0])
    x, y = stroke.T
    np.testing.assert_allclose(y, 2 * (x / 100) * (1 - x / 100) * 100)  # Bézier's parabola


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"left": 105, "top": 215}, [[100, 200], [110, 200], [110, 230]]),
        ({"scaleX": 2, "scaleY": 3}, [[-5, -30], [15, -30], [15, 60]]),
        ({"angle": 90}, [[20, 10], [20, 20], [-10, 20]]),
        ({"flipX": True}, [[10, 0], [0, 0], [0, 30]]),
        ({"flipY": True}, [[0, 30], [10, 30], [10, 0]]),
        ({"angle": 90, "scaleX": 2}, [[20, 5], [20, 25], [-10, 25]]),
        ({"skewX": 45}, [[-15, 0], [-5, 0], [25, 30]]),
    ],
    ids=["moved", "scaled", "turned", "mirrored", "upside down", "scaled, then turned", "skewed"],
)
def test_an_edited_path_is_read_where_it_is_now(fields, expected):
    (stroke,) = read_fabric(drawing(fabric_path(ANGLE, **fields)))
    np.testing.assert_allclose(stroke, expected, atol=1e-9)


def test_corner_origin_of_older_fabric():
    # The corner is that of the box with its outline: half the stroke's width further out.
    item = fabric_path(ANGLE, originX="left", originY="top", left=-10, top=-10)
    (stroke,) = read_fabric(drawing(item))
    np.testing.assert_allclose(stroke, [[0, 0], [10, 0], [10, 30]])


def without(name):
    item = fabric_path(LINE)
    del item[name]
    return item


BAD = {
    "list": ([], "should be a JSON object"),
    "none": (None, "should be a JSON object"),
    "no objects": ({}, "'objects'"),
    "objects no list": ({"objects": "x"}, "'objects'"),
    "object a number": (drawing(3), "Object 1"),
    "no type": (drawing(without("type")), "only 'path'"),
    "rectangle": (drawing(fabric_path(LINE, type="rect")), "only 'path'"),
    "no path": (drawing(without("path")), "'path'"),
    "empty path": (drawing(fabric_path(LINE, path=[])), "'path'"),
    "path a text": (drawing(fabric_path(LINE, path="M 0 0")), "'path'"),
    "no left": (drawing(without("left")), "'left'"),
    "command unknown": (drawing(fabric_path(LINE, path=[["M", 1, 1], ["Z"]])), "M, L and Q"),
    "command a list": (drawing(fabric_path(LINE, path=[[["M"], 1, 1]])), "M, L and Q"),
    "command empty": (drawing(fabric_path(LINE, path=[[]])), "M, L and Q"),
    "no M first": (drawing(fabric_path(LINE, path=[["L", 1, 1]])), "begin with"),
    "too few numbers": (drawing(fabric_path(LINE, path=[["M", 1]])), "2 numbers"),
    "text for a number": (drawing(fabric_path(LINE, path=[["M", "1", 1]])), "should be a number"),
    "NaN": (drawing(fabric_path(LINE, path=[["M", math.nan, 1]])), "and is nan"),
    "infinity": (drawing(fabric_path(LINE, left=math.inf)), "'left'"),
    "huge": (drawing(fabric_path(LINE, scaleX=10**400)), "'scaleX'"),
    "far away": (drawing(fabric_path(LINE, scaleX=90_000)), "pixels away"),
    "boolean": (drawing(fabric_path(LINE, angle=True)), "'angle'"),
    "origin": (drawing(fabric_path(LINE, originX="nowhere")), "originX"),
    "many strokes": (drawing(*[fabric_path(LINE)] * 10_000), "10,000 strokes"),
    "many points": (drawing(fabric_path(LINE, path=[["M", 1, 1]] * 10_001)), "points"),
    "many parts": (drawing(fabric_path(LINE, path=[["M", 1, 1]] * 1_001)), "strokes"),
}


@pytest.mark.parametrize(("data", "said"), BAD.values(), ids=BAD)
def test_bad_drawing_is_refused_with_its_reason(data, said):
    with pytest.raises(StrokeError, match=said):
        read_fabric(data)


def test_reading_leaves_the_drawing_as_it_is():
    data = drawing(fabric_path(ANGLE, angle=30))
    before = copy.deepcopy(data)
    read_fabric(data)
    assert data == before
