"""The file of a visitor's drawings: a round trip, and everything that is not such a file."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mnist_core.digits.drawings import from_strokes, user_drawings
from mnist_core.digits.drawings.user_drawings import Drawing, DrawingsFileError
from mnist_core.network.inference import Classifier

SEVEN = (np.array([[80.04, 70], [200, 70], [130, 230]]),)
FOUR = (np.array([[90.0, 60], [80, 150], [180, 150]]), np.array([[160.0, 60], [150, 230]]))


def entry(**changes) -> dict:
    return {"label": 7, "predicted": 1, "network": "n", "strokes": [[80, 70, 200, 70]]} | changes


def file_of(*entries) -> bytes:
    data = {"format": "digit-lab-drawings", "version": 1, "drawings": list(entries)}
    return json.dumps(data).encode()


def test_what_was_saved_is_read_again():
    drawings = [Drawing(SEVEN, 7, 1, "leaky-relu"), Drawing(FOUR, 4, None, "Größe")]
    read = user_drawings.from_json(user_drawings.to_json(drawings).encode())
    assert [(d.label, d.predicted, d.network) for d in read] == [
        (7, 1, "leaky-relu"),
        (4, None, "Größe"),
    ]
    for before, after in zip(drawings, read, strict=True):
        for one, other in zip(before.strokes, after.strokes, strict=True):
            assert other == pytest.approx(one, abs=0.05)
    assert (user_drawings.images(read)[1] == from_strokes.digit_from_strokes(FOUR).image).all()


def test_a_file_may_hold_no_drawings():
    assert user_drawings.from_json(user_drawings.to_json([]).encode()) == []
    assert user_drawings.images([]).shape == (0, 28, 28)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x89PNG", "not a Digit Lab drawings file: it is not JSON"),
        (b"[" * 100_000, "it is not JSON"),
        (b"[]", "not a Digit Lab drawings file: its “format”"),
        (json.dumps({"format": "digit-lab-drawings", "version": 2}).encode(), "version"),
        (file_of(*[entry()] * 501), "at most 500"),
        (file_of(7), "Drawing 1 of the file should be a JSON object"),
        (file_of(entry(), entry(label="7")), "Drawing 2 .* “label”"),
        (file_of(entry(label=True)), "“label”"),
        (file_of(entry(predicted=10)), "“predicted”"),
        (file_of(entry(strokes=[])), "“strokes”"),
        (file_of(entry(strokes=[[1, 2, 3]])), "not a list of x0"),
        (file_of(entry(strokes=[[1, "2"]])), "not a list of x0"),
        (b'{"format": "digit-lab-drawings", "version": 1, "drawings": [{"label": 1, '
         b'"strokes": [[NaN, 1]]}]}', "not a list of x0"),
        (file_of(entry(strokes=[[1e300, 1]])), "not a list of x0"),
        (file_of(entry(strokes=[[10**400, 1]])), "not a list of x0"),
        (file_of(entry(strokes=[[1, 2] * 6000, [1, 2] * 6000])), "more than 10,000 points"),
        (b" " * 10_000_001, "bytes"),
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_its_reason(content, said):
    with pytest.raises(DrawingsFileError, match=said):
        user_drawings.from_json(content)


def test_of_a_files_drawings_the_known_ones_are_left_out_and_each_other_is_taken_once():
    seven, four = Drawing(SEVEN, 7, 1, "leaky-relu"), Drawing(FOUR, 4, None, "")
    (read,) = user_drawings.from_json(user_drawings.to_json([seven]).encode())
    assert user_drawings.without_known([read, four, four], [seven]) == [four]
    assert user_drawings.without_known([seven], [read]) == []
    assert user_drawings.without_known([seven], [four]) == [seven]


@pytest.mark.parametrize(
    "changed",
    [
        Drawing(SEVEN, 1, 1, "n"),
        Drawing((SEVEN[0] + [0, 0.1],), 7, 1, "n"),
        Drawing((SEVEN[0][:2],), 7, 1, "n"),
        Drawing((SEVEN[0][:2], SEVEN[0][2:]), 7, 1, "n"),
    ],
    ids=["label", "place", "points", "strokes"],
)
def test_a_drawing_that_differs_is_no_known_one(changed):
    assert user_drawings.without_known([changed], [Drawing(SEVEN, 7, 1, "n")]) == [changed]


def test_the_score_is_the_accuracy_on_the_drawings():
    always_seven = Classifier(
        (np.zeros((784, 10), np.float32),), (np.eye(10, dtype=np.float32)[7],), ()
    )
    drawings = [Drawing(SEVEN, 7, None, ""), Drawing(FOUR, 4, None, ""), Drawing(SEVEN, 7, 1, "")]
    assert user_drawings.score(drawings, always_seven) == pytest.approx(2 / 3)
