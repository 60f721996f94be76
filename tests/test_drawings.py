import gzip
import hashlib

import numpy as np
import pytest

from mnist_core import drawings, preprocessing, strokes
from mnist_core.drawings import Drawings
from mnist_core.strokes import StrokeError

UNIPEN = """.SEGMENT DIGIT 0 ? "1"
.PEN_DOWN
 200 400
 210 100
.PEN_UP
.SEGMENT DIGIT 1 ? "7"
.PEN_DOWN
 100 400
 300 400
 150 50
.PEN_UP
.SEGMENT DIGIT 2 ? "4"
.PEN_DOWN
 100 100
 101 101
.PEN_UP
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "two.unipen.gz"
    path.write_bytes(gzip.compress(UNIPEN.encode()))
    return path


def test_digits_are_drawn_as_on_the_draw_page_and_dots_left_out(file):
    reports = []
    drawn = drawings.from_unipen(file, lambda *report: reports.append(report))
    assert drawn.labels.tolist() == [1, 7]
    assert drawn.skipped == 1
    assert reports == [(1, 3), (2, 3), (3, 3)]
    for image, (_, lines) in zip(drawn.images, strokes.from_unipen(file), strict=False):
        np.testing.assert_array_equal(image, preprocessing.from_strokes(lines).image)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert drawn.description() == {"file": "two.unipen.gz", "sha256": digest, "count": 2}


def test_drawings_survive_their_file(file, tmp_path):
    drawn = drawings.from_unipen(file)
    drawn.save(tmp_path / "d.npz")
    again = Drawings.load(tmp_path / "d.npz")
    np.testing.assert_array_equal(again.images, drawn.images)
    np.testing.assert_array_equal(again.labels, drawn.labels)
    assert again.description() == drawn.description()


def test_the_last_drawings_are_held_out():
    drawn = Drawings(np.zeros((12, 28, 28), np.uint8), np.zeros(12, np.uint8), "f", "0" * 64)
    assert drawn.split(0.25) == (slice(9), slice(9, None))
    assert drawn.split(0) == (slice(12), slice(12, None))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no drawings"),
        (UNIPEN.replace('"7"', '"x"'), "drawing 2 should be labelled"),
        (UNIPEN.replace('"7"', '"²"'), "drawing 2 should be labelled"),
        (UNIPEN.replace('"7"', '"17"'), "drawing 2 should be labelled"),
        (UNIPEN.replace('"4"', '""'), "drawing 3 should be labelled"),
    ],
)
def test_files_without_labelled_digits_are_refused(tmp_path, text, said):
    path = tmp_path / "bad.unipen"
    path.write_text(text, "latin-1")
    with pytest.raises(StrokeError, match=said):
        drawings.from_unipen(path)


def test_only_dots_are_no_digits(tmp_path):
    path = tmp_path / "dots.unipen"
    path.write_text(UNIPEN[UNIPEN.index(".SEGMENT DIGIT 2") :])
    with pytest.raises(StrokeError, match="no digit"):
        drawings.from_unipen(path)
