"""Labelled drawings in UNIPEN files."""

import gzip

import pytest

from mnist_core.digits.drawings import unipen
from mnist_core.digits.drawings.strokes import StrokeError
from mnist_core.digits.drawings.unipen import read_unipen

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
