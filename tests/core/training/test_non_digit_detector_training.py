"""The detector is trained on digits and non-digits that it is not measured with."""

from __future__ import annotations

import numpy as np
import pytest

from mnist_core.digits import non_digits
from mnist_core.digits.drawings.strokes import StrokeError
from mnist_core.evaluation.non_digit_detector import OODDetector
from mnist_core.training import non_digit_detector_training
from mnist_core.training.non_digit_detector_training import NO_DIGIT, PenDigits

SEVEN = ".PEN_DOWN\n10 200\n120 200\n50 10\n.PEN_UP\n"
SEGMENT = '.SEGMENT DIGIT {i} ? "7"\n.COMMENT 7 {writer} {i}\n' + SEVEN


def pen_file(path, writers: int):
    text = ".COORD X Y\n" + "".join(
        SEGMENT.format(i=i, writer=1 + i % writers) for i in range(3 * writers)
    )
    path.write_text(text, "latin-1")
    return path


def test_other_writers_set_the_threshold_and_others_measure(tmp_path):
    pen = PenDigits.read(pen_file(tmp_path / "pen.unipen", 12))
    learned, validation, measured = pen.split()
    assert (sorted(set(learned.writers)), sorted(set(validation.writers))) == (
        [1, 2, 3],
        [4, 5, 6, 7],
    )
    assert sorted(set(measured.writers)) == [8, 9, 10, 11, 12]
    assert len(learned.drawings) == len(learned.labels) == 9
    assert set(pen.labels) == {7}
    with pytest.raises(StrokeError, match="has only 9"):
        PenDigits.read(pen_file(tmp_path / "few.unipen", 9)).split()


def test_digits_are_made_with_every_pen_and_in_pictures_of_all_conditions(few_digits, tmp_path):
    """Those that are read rightly: the sevens are, and not as they are labelled here."""
    pen = PenDigits.read(pen_file(tmp_path / "pen.unipen", 10))
    sevens = few_digits.x_train[few_digits.y_train == 7][:20]
    kinds = non_digit_detector_training.digits_by_kind(sevens, np.full(20, 7), pen, 12, seed=1)
    assert len(kinds) == 12
    assert all(8 <= len(images) <= 12 for images in kinds.values())
    pens = [kinds[f"pen of {w} pixels"].mean() for w in non_digit_detector_training.MEASURED_PENS]
    assert pens == sorted(pens)
    mislabelled = non_digit_detector_training.digits_by_kind(
        sevens, np.full(20, 3), None, 12, seed=1
    )
    assert len(mislabelled) == 9
    assert sum(map(len, mislabelled.values())) <= 9


def test_digits_keep_their_labels_and_non_digits_have_one_of_their_own(few_digits, tmp_path):
    pen = PenDigits.read(pen_file(tmp_path / "pen.unipen", 10))
    digits, labels = few_digits.x_train[:100], few_digits.y_train[:100]
    images, known = non_digit_detector_training.training_set(digits, labels, pen, 2)
    assert (images[:100] == digits).all()
    assert (known[:100] == labels).all()
    none = 2 * len(non_digits.TRAINING_KINDS)
    assert (known == NO_DIGIT).sum() == none
    assert (known[-none:] == NO_DIGIT).all()
    assert (known[110:-none] == 7).mean() > 0.95  # three of each drawing
    assert len(images) == len(known) == pytest.approx(100 + 10 + 90 + none, abs=3)


def test_the_threshold_rejects_few_of_the_kind_that_suffers_most():

    class Scored(OODDetector):
        def scores(self, images):
            return images.ravel() / 1000

    numbers = np.arange(1000).reshape(-1, 1, 1)
    detector = Scored((), (), 1.0, {})
    tuned = non_digit_detector_training.with_threshold(
        detector, {"easy": numbers // 2, "hard": numbers}
    )
    hard = (tuned.scores(numbers) > tuned.threshold).mean()
    assert hard == pytest.approx(non_digit_detector_training.MAX_REJECTED, abs=1e-3)
    assert not (tuned.scores(numbers // 2) > tuned.threshold).any()


@pytest.mark.slow
def test_a_detector_learns_to_tell_digits_from_words(few_digits):
    words = non_digits.make(non_digits.KINDS["words"], 600, 1, few_digits.x_train)
    digits = few_digits.x_train[:600]
    images = np.concatenate([digits, words[:500]])
    labels = np.append(few_digits.y_train[:600], [NO_DIGIT] * 500).astype(np.int64)
    detector = non_digit_detector_training.fit(images, labels)
    assert detector.scores(words[500:]).mean() > 0.8
    assert detector.scores(few_digits.x_test[:200]).mean() < 0.2
