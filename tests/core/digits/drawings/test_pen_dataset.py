import gzip
import hashlib
from dataclasses import replace

import numpy as np
import pytest

from mnist_core.config.config import AddedDrawings, TrainingConfig
from mnist_core.digits.drawings import from_strokes, pen_dataset, unipen
from mnist_core.digits.drawings.pen_dataset import Drawings
from mnist_core.digits.drawings.strokes import StrokeError
from mnist_core.runs import store
from tests import damage

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


def test_digits_are_preprocessed_as_on_the_draw_page_and_dots_skipped(file):
    reports = []
    drawn = pen_dataset.from_unipen(file, lambda *report: reports.append(report))
    assert drawn.labels.tolist() == [1, 7]
    assert drawn.skipped == 1
    assert reports == [(1, 3), (2, 3), (3, 3)]
    for image, (_, lines) in zip(drawn.images, unipen.read_unipen(file), strict=False):
        np.testing.assert_array_equal(image, from_strokes.digit_from_strokes(lines).image)
    digest = hashlib.sha256(UNIPEN.encode()).hexdigest()
    assert drawn.description().to_dict() == {"file": "two.unipen.gz", "sha256": digest, "count": 2}


def test_compression_does_not_change_the_digest(file, tmp_path):
    plain = tmp_path / "plain.unipen"
    plain.write_text(UNIPEN)
    assert pen_dataset.from_unipen(plain).sha256 == pen_dataset.from_unipen(file).sha256


def test_what_was_saved_is_loaded_again(file, tmp_path):
    drawn = replace(pen_dataset.from_unipen(file, copies=2), held_out=np.array([True, False]))
    drawn.save(tmp_path / "d.npz")
    again = Drawings.load(tmp_path / "d.npz")
    np.testing.assert_array_equal(again.images, drawn.images)
    np.testing.assert_array_equal(again.labels, drawn.labels)
    np.testing.assert_array_equal(again.writers, drawn.writers)
    np.testing.assert_array_equal(again.redrawn, drawn.redrawn)
    np.testing.assert_array_equal(again.held_out, drawn.held_out)
    assert again.description() == drawn.description()


@pytest.mark.parametrize("thickest", [3.2, 4.4])
def test_each_drawing_is_redrawn_with_pens_of_many_widths(file, thickest):
    drawn = pen_dataset.from_unipen(file, copies=60, thickest_pen=thickest, seed=3)
    assert drawn.redrawn.shape == (60, 2, 28, 28)
    assert pen_dataset.from_unipen(file).redrawn.shape == (0, 2, 28, 28)
    again = pen_dataset.from_unipen(file, copies=60, thickest_pen=thickest, seed=3)
    np.testing.assert_array_equal(again.redrawn, drawn.redrawn)
    # The 1 is one straight line: its ink over its length is the width of the pen.
    ones = drawn.redrawn[:, 0] / 255
    height = (ones.max(axis=2) > 0.5).sum(axis=1)
    widths = ones.sum(axis=(1, 2)) / height
    assert 1.3 < widths.min() < 1.9
    assert thickest - 0.3 < widths.max() < thickest + 0.5
    leaning = [np.polyfit(*np.nonzero(one > 0.5), 1)[0] for one in ones]
    assert np.ptp(leaning) > 0.2


def made(writers):
    count = len(writers)
    images, labels = np.zeros((count, 28, 28), np.uint8), np.zeros(count, np.uint8)
    numbers = np.array(writers, np.uint16)
    held_out = np.arange(count) % 2 == 1
    return Drawings(images, labels, "some.unipen", "0" * 64, numbers, images[None], held_out)


def test_writers_are_held_out_wherever_their_drawings_are():
    def mask(writers, count):
        return pen_dataset.drawn_by_last_writers(
            np.array(writers, np.uint16), count, "f.unipen"
        ).tolist()

    assert mask([3, 1, 2, 3, 1, 2], 1) == [True, False, False, True, False, False]
    assert mask([3, 1, 2, 3, 1, 2], 2) == [True, False, True, True, False, True]
    assert mask([3, 1, 2], 0) == mask([0, 0, 0], 0) == [False] * 3
    with pytest.raises(StrokeError, match=r"2 writers are to be held out, but f.*does not name"):
        mask([0, 0, 0], 2)
    with pytest.raises(StrokeError, match="has only 2"):
        mask([1, 2, 2], 2)


def test_a_run_held_out_what_its_file_says_or_without_one_the_last_writers():
    drawn = made([1, 2, 1, 2, 3, 3])
    added = AddedDrawings(drawn.sha256, writers_held_out=2)
    run = store.create(TrainingConfig(drawings=added), "Learned from drawings")
    by_writer = [False, True, False, True, True, True]
    assert pen_dataset.held_out_of_training(run, drawn).tolist() == by_writer
    drawn.save(run.directory / pen_dataset.FILE_NAME)
    assert pen_dataset.held_out_of_training(run, drawn).tolist() == drawn.held_out.tolist()
    for drawings in (None, replace(added, sha256="1" * 64)):
        other = store.create(TrainingConfig(drawings=drawings), "Learned from others")
        assert pen_dataset.held_out_of_training(other, drawn).all()


@pytest.mark.parametrize("content", [b"", b"nothing", "another version"])
def test_a_damaged_file_of_drawings_is_reported_as_such(tmp_path, content):
    path = tmp_path / "drawings.npz"
    if content == "another version":
        np.savez(path, images=np.zeros((1, 28, 28)), labels=[1])
    else:
        path.write_bytes(content)
    with pytest.raises(
        StrokeError, match=r"drawings\.npz is damaged or was made by another version"
    ):
        Drawings.load(path)


@pytest.mark.parametrize("kind", damage.KINDS)
def test_drawings_with_damaged_bytes_are_reported_as_such(file, tmp_path, kind):
    path = tmp_path / "drawings.npz"
    pen_dataset.from_unipen(file).save(path)
    damage.damage(path, kind)
    with pytest.raises(StrokeError, match=r"drawings\.npz is damaged"):
        Drawings.load(path)


def test_writers_are_read_from_the_comments_of_all_segments(tmp_path):
    path = tmp_path / "told.unipen"
    text = UNIPEN
    for label, writer in (("1", 12), ("7", 3), ("4", 12)):
        text = text.replace(f'? "{label}"\n', f'? "{label}"\n.COMMENT {label} {writer:2}  224\n')
    path.write_text(text)
    assert pen_dataset.from_unipen(path).writers.tolist() == [12, 3]
    assert pen_dataset.from_unipen(path).held_out.tolist() == [False, False]
    assert pen_dataset.from_unipen(path, writers_held_out=1).held_out.tolist() == [True, False]
    path.write_text(text.replace(".COMMENT 7", ".COMMENT 8"))
    assert pen_dataset.from_unipen(path).writers.tolist() == [0, 0]
    with pytest.raises(StrokeError, match="does not name its writers"):
        pen_dataset.from_unipen(path, writers_held_out=1)


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
        pen_dataset.from_unipen(path)


def test_a_file_of_dots_alone_is_refused(tmp_path):
    path = tmp_path / "dots.unipen"
    path.write_text(UNIPEN[UNIPEN.index(".SEGMENT DIGIT 2") :])
    with pytest.raises(StrokeError, match="no digit"):
        pen_dataset.from_unipen(path)
