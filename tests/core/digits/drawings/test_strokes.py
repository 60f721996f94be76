import copy
import gzip
import math

import numpy as np
import pytest

from mnist_core.digits.drawings import unipen
from mnist_core.digits.drawings.fabric import read_fabric
from mnist_core.digits.drawings.strokes import StrokeError, spline
from mnist_core.digits.drawings.unipen import read_unipen


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


UNIPEN = """.COMMENT made for this test
.SEGMENT DIGIT 0 ? "8"
.PEN_DOWN
 1 2
 3 4
.PEN_UP
.DT 100
.PEN_DOWN
 5 6
.PEN_UP
.SEGMENT DIGIT 1 ? "1"
.PEN_DOWN
 7 8
.PEN_UP
.SEGMENT DIGIT 2 ? "3"
"""


def test_unipen_text_has_labels_and_strokes_with_y_down():
    (eight, first), (one, second) = read_unipen(UNIPEN)
    assert (eight, one) == ("8", "1")
    assert [stroke.tolist() for stroke in first] == [[[1, -2], [3, -4]], [[5, -6]]]
    assert second[0].tolist() == [[7, -8]]


STROKES = "".join(f".PEN_DOWN\n{place} 5\n{place} 9\n.PEN_UP\n" for place in range(4))
NAMED = """.SEGMENT DIGIT 0-1,3 ? "4"
.SEGMENT DIGIT 2 OK "7"
"""


@pytest.mark.parametrize("text", [NAMED + STROKES, STROKES + NAMED], ids=["before", "after"])
def test_segments_may_name_their_strokes_by_number(text):
    four, seven = read_unipen(text)
    assert (four[0], seven[0]) == ("4", "7")
    assert [stroke[0].tolist() for stroke in four[1]] == [[0, -5], [1, -5], [3, -5]]
    assert [stroke.tolist() for stroke in seven[1]] == [[[2, -5], [2, -9]]]


def test_a_stroke_without_points_is_counted_and_left_out():
    empty = STROKES.replace("1 5\n1 9\n", "")
    (_, four), (_, seven) = read_unipen(empty + NAMED)
    assert [stroke[0, 0] for stroke in four] == [0, 3]
    assert [stroke[0, 0] for stroke in seven] == [2]


def test_strokes_that_follow_their_segment_are_its_own_whatever_it_is_numbered():
    part = UNIPEN.replace("DIGIT 0", "DIGIT 122-123").replace("DIGIT 1", "DIGIT 125")
    read, whole = read_unipen(part), read_unipen(UNIPEN)
    assert [label for label, _ in read] == ["8", "1"]
    for (_, strokes), (_, expected) in zip(read, whole, strict=True):
        assert [one.tolist() for one in strokes] == [other.tolist() for other in expected]


@pytest.mark.parametrize(
    ("columns", "line"),
    [("Y X", "2 1"), ("X Y T P", "1 2 30 5"), ("T X P Y", "30 1 5 2 7"), ("T Y X", "2 1")],
)
def test_the_columns_are_those_that_the_file_names(columns, line):
    text = f'.COORD {columns}\n.SEGMENT DIGIT 0 ? "1"\n.PEN_DOWN\n{line}\n.PEN_UP\n'
    ((_, strokes),) = read_unipen(text)
    assert strokes[0].tolist() == [[1, -2]]


@pytest.mark.parametrize("name", ["pen.txt", "pen.gz"])
def test_a_unipen_file_may_be_compressed(tmp_path, name):
    path = tmp_path / name
    content = UNIPEN.encode()
    path.write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    assert [label for label, _ in read_unipen(path)] == ["8", "1"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (".SEGMENT DIGIT 0\n", "label"),
        ('.SEGMENT DIGIT 0 ? "1"\n.PEN_DOWN\n1 b\n', "Line 3"),
        ('.SEGMENT DIGIT 0 ? "1"\n.PEN_DOWN\n1\n', "Line 3"),
        ('.SEGMENT DIGIT 0 ? "1"\n.PEN_DOWN\n1 nan\n', "Line 3"),
        (".COORD X T\n", 'Line 1 should name the columns "X" and "Y" and is: .COORD X T'),
        (".COORD T X P Y\n.PEN_DOWN\n7 8 9\n", 'Line 3 should be "t x p y" and is: 7 8 9'),
        (STROKES + NAMED.replace("2 OK", "4 OK"), "Line 18 .* from 0 to 3 and names 4"),
        (STROKES + NAMED.replace("2 OK", "3-2 OK"), "Line 18 .* from 0 to 3 and names 3-2"),
        (STROKES + NAMED.replace("0-1,3", "0-999999999"), "Line 17 .* names 0-999999999"),
        (STROKES + NAMED.replace("0-1,3", ",".join(["0-3"] * 251)), "Line 17 .* more than 1,000"),
        (STROKES + NAMED.replace("2 OK", "0:1-2:5 OK"), "Line 18 .* by number, .* is: .*0:1-2:5"),
        (STROKES + NAMED.replace("2 OK", "OK"), "Line 18 should name its strokes by number"),
    ],
)
def test_bad_unipen_is_refused_with_its_line(text, said):
    with pytest.raises(StrokeError, match=said):
        read_unipen(text)


def test_unreadable_unipen_file_is_named(tmp_path):
    with pytest.raises(StrokeError, match=r"absent\.txt"):
        read_unipen(tmp_path / "absent.txt")
    broken = tmp_path / "broken.gz"
    broken.write_bytes(gzip.compress(UNIPEN.encode())[:40])
    with pytest.raises(StrokeError, match=r"broken\.gz"):
        read_unipen(broken)


def test_oversized_unipen_file_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(unipen, "MAX_BYTES", 50)
    path = tmp_path / "large.txt"
    path.write_text(UNIPEN)
    with pytest.raises(StrokeError, match="more than 50 bytes"):
        read_unipen(path)


def test_a_spline_goes_through_its_points_and_is_straight_between_those_of_a_line():
    points = np.array([[0.0, 0.0], [4.0, 1.0], [5.0, 9.0], [2.0, 3.0]])
    curve = spline(points, 5)
    assert curve.shape == (16, 2)
    np.testing.assert_allclose(curve[::5], points)
    # Halfway between the second and the third point, by the weights that Catmull and Rom give.
    halfway = np.array([-1, 9, 9, -1]) @ points / 16
    np.testing.assert_allclose(spline(points, 2)[3], halfway)
    line = spline(np.array([[0.0, 0.0], [6.0, 3.0], [12.0, 6.0]]), 6)
    np.testing.assert_allclose(line, np.stack([np.arange(13.0), np.arange(13.0) / 2], axis=1))


def test_a_closed_spline_has_no_corner_where_it_ends():
    square = np.array([[0.0, 0.0], [8.0, 0.0], [8.0, 8.0], [0.0, 8.0], [0.0, 0.0]])
    curve = spline(square, 100, closed=True)
    leaves, arrives = curve[1] - curve[0], curve[-1] - curve[-2]
    np.testing.assert_allclose(
        leaves / np.linalg.norm(leaves), np.array([1, -1]) / 2**0.5, atol=0.05
    )
    np.testing.assert_allclose(leaves, arrives, atol=0.01)
