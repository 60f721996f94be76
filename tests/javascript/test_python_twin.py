"""Python's side of tests/javascript/golden.json; the browser's is tests/javascript/*.test.js."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mnist_core.digits.drawings.from_strokes import digit_from_strokes, image_from_strokes
from mnist_core.digits.mnist_format import NothingToClassify
from tests.javascript import make_golden

GOLDEN = json.loads(make_golden.PATH.read_text("utf-8"))


def name_of(case: dict) -> str:
    return case["name"]


@pytest.mark.parametrize("drawing", GOLDEN["drawings"], ids=name_of)
def test_a_drawing_becomes_the_image_on_record(drawing):
    strokes = [np.array(stroke).reshape(-1, 2) for stroke in drawing["strokes"]]
    found = digit_from_strokes(strokes)
    assert (found.kind if isinstance(found, NothingToClassify) else "digit") == drawing["kind"]
    image = image_from_strokes(strokes)
    if drawing["image"] is None:
        assert image is None
        return
    expected = np.frombuffer(bytes.fromhex("".join(drawing["image"])), np.uint8).reshape(28, 28)
    assert abs(image.astype(int) - expected).sum() <= 3  # of 784 × 255, by rounding
    for names, shares in drawing["probabilities"].items():
        answer = make_golden.probabilities(make_golden.classifier(tuple(names.split())), expected)
        np.testing.assert_allclose(answer, shares, atol=1e-5)


@pytest.mark.parametrize("pointer", GOLDEN["pointers"], ids=name_of)
def test_the_path_of_the_canvas_becomes_the_line_on_record(pointer):
    assert pointer["path"] == make_golden.fabric_path(pointer["points"])
    stroke = make_golden.read_path(pointer["path"])
    np.testing.assert_allclose(stroke, pointer["stroke"], atol=1e-6)


def test_every_activation_is_on_record():
    drawn = [drawing for drawing in GOLDEN["drawings"] if drawing["image"]]
    names = {" ".join(names) for names in make_golden.ACTIVATION_PAIRS}
    assert all(drawing["probabilities"].keys() == names for drawing in drawn)


def test_the_record_is_what_the_command_writes_but_for_rounding():
    """Every drawing, constant and weight of make_golden.py is on record."""
    now = make_golden.golden()
    for part in ("form", "network", "temperature", "float16", "percents"):
        assert now[part] == GOLDEN[part]
    for now_listed, listed in ((now[part], GOLDEN[part]) for part in ("drawings", "pointers")):
        assert [case["name"] for case in now_listed] == [case["name"] for case in listed]
    for drawing, recorded in zip(now["drawings"], GOLDEN["drawings"], strict=True):
        for stroke, expected in zip(drawing["strokes"], recorded["strokes"], strict=True):
            np.testing.assert_allclose(stroke, expected, atol=0.011)
