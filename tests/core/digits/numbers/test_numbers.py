"""Several digits in a drawing or picture are told apart and read in order."""

import numpy as np
import pytest

from mnist_core.digits import segmentation
from mnist_core.digits.drawings import from_strokes
from mnist_core.digits.mnist_format import NothingToClassify
from mnist_core.digits.numbers.number_pieces import is_surely_one
from mnist_core.evaluation.temperature_scaling import UNSURE_BELOW
from mnist_core.predict.answer import Number
from mnist_core.predict.predictor import Predictor
from mnist_core.runs import store
from tests.core.digits.drawn_digits import FIVE, OPEN_FOUR, SEVEN, moved, picture
from tests.core.digits.photos.photo_surroundings import TEN

ONE = [np.linspace((140, 60), (138, 220), 30)]


@pytest.fixture(scope="module")
def champion():
    return Predictor.load(store.get("champion"))


def beside(*digits, apart=90.0, height=80.0):
    """Digits in a row, each `height` pixels high."""
    row = []
    for place, strokes in enumerate(digits):
        points = np.concatenate(strokes)
        low, high = points.min(axis=0), points.max(axis=0)
        factor = height / (high - low)[1]
        row += [(stroke - low) * factor + [20 + place * apart, 90] for stroke in strokes]
    return row


def as_photo(strokes, **look):
    return picture(strokes, 8, (330, 280), **look)


def test_a_drawn_number_is_read_from_left_to_right(champion):
    number = champion.predict_number_strokes(beside(SEVEN, OPEN_FOUR, ONE))
    assert (number.text, number.sentence, number.sure) == ("741", "The number 741.", True)
    assert number.size == (280, 280)
    assert [digit.box[0] for digit in number.digits] == pytest.approx([20, 110, 200])
    for digit in number.digits:
        alone = champion.predict_strokes(digit.strokes)
        assert (alone.probabilities == digit.prediction.probabilities).all()


@pytest.mark.parametrize("slope", [-0.9, 0.9])
def test_a_long_number_may_slope_so_much_that_it_looks_like_a_1(champion, slope):
    said = "2058396234"
    strokes = [
        stroke
        for place, digit in enumerate(map(int, said))
        for stroke in moved(TEN[digit], 0.16, 10 + 26 * place, 140 + slope * 26 * (place - 4.5))
    ]
    assert champion.answer_strokes(strokes).text == said


def test_the_order_of_the_strokes_makes_no_difference(champion):
    strokes = beside(SEVEN, OPEN_FOUR, ONE)
    assert champion.predict_number_strokes(strokes[::-1]).text == "741"


def test_a_number_on_a_picture_is_read_in_boxes_of_its_pixels(champion):
    for look in ({}, {"paper": 0, "ink": 255}):
        number = champion.predict_number(as_photo(beside(SEVEN, OPEN_FOUR, ONE), **look))
        assert (number.text, number.size) == ("741", (330, 280))
        lefts = [digit.box[0] for digit in number.digits]
        assert lefts == pytest.approx([20 - 4, 110 - 4, 200 - 4], abs=4)


def test_a_single_digit_gets_the_answer_of_a_single_digit(champion):
    for strokes in (SEVEN, OPEN_FOUR, FIVE, ONE):
        (digit,) = champion.predict_number_strokes(strokes).digits
        assert (digit.prediction.image == champion.predict_strokes(strokes).image).all()
        photo = picture(strokes)
        (digit,) = champion.predict_number(photo).digits
        assert (digit.prediction.image == champion.predict_photo(photo).image).all()


@pytest.mark.parametrize(("sure", "one"), [(UNSURE_BELOW - 0.01, False), (UNSURE_BELOW, True)])
def test_a_digit_that_is_sure_and_just_not_rejected_is_not_cut(sure, one):
    def scorer(images):
        return np.log([[sure, 0.501]])

    digit = from_strokes.digit_from_strokes(SEVEN)
    assert is_surely_one(digit, (80.0, 70, 200, 230), scorer) is one


def test_what_is_wider_than_high_is_looked_at_as_a_number_however_sure_it_is():
    def scorer(images):
        return np.log([[0.999, 0.999]])

    digit = from_strokes.digit_from_strokes(SEVEN)
    assert is_surely_one(digit, (0.0, 0, 110, 100), scorer)
    assert not is_surely_one(digit, (0.0, 0, 111, 100), scorer)
    assert is_surely_one(digit, (0.0, 0, 160, 100), scorer, widest=segmentation.WIDEST)


def test_lines_are_read_one_after_the_other(champion):
    both = [*moved(beside(SEVEN, ONE), 1, 0, -70), *moved(beside(OPEN_FOUR, FIVE), 1, 0, 70)]
    assert champion.predict_number_strokes(both).text == "71 45"
    assert champion.predict_number(as_photo(both)).text == "71 45"


ROUND = [(25, 40) * np.column_stack([np.cos(t := np.linspace(0, 2 * np.pi, 60)), np.sin(t)])]
"""A 0."""


@pytest.mark.parametrize("apart", [48, 52, 56])
def test_digits_that_touch_on_a_picture_are_cut_where_the_ink_is_thin(champion, apart):
    strokes = beside(ROUND, ROUND, SEVEN, apart=apart)
    number = champion.predict_number(as_photo(strokes))
    assert number.text == "007"
    widths = [right - left for left, _, right, _ in (digit.box for digit in number.digits)]
    assert max(widths) < 70


def test_digits_whose_strokes_touch_are_told_apart_on_the_canvas(champion):
    assert champion.predict_number_strokes(beside(ROUND, SEVEN, ROUND, apart=44)).text == "070"


def test_dots_and_dashes_between_digits_are_left_out(champion):
    digits = beside(SEVEN, ONE, ROUND)
    dot = [np.array([[92.0, 166], [95, 170]])]
    dash = [np.array([[162.0, 130], [180, 130]])]
    drawing = [*digits, *dot, *dash]
    assert champion.predict_number_strokes(drawing).text == "710"
    assert champion.predict_number(as_photo(drawing)).text == "710"


def test_a_smaller_digit_far_from_others_that_touch_is_no_speck(champion):
    small = beside(ONE, height=50)
    others = [stroke + np.array([90, 0]) for stroke in beside(ROUND, ROUND, SEVEN, apart=54)]
    assert champion.predict_number(as_photo([*small, *others])).text == "1007"


def test_what_is_no_digit_is_reported(champion):
    zigzag = [np.array([(190 + 70 * (i % 2), 90 + 6 * i) for i in range(13)], float)]
    number = champion.predict_number_strokes([*beside(SEVEN, ONE), *zigzag])
    assert (number.text, number.sure) == ("71?", False)
    assert "Digit 3 is unlike any digit" in number.sentence


def test_digits_far_apart_are_words(champion):
    row = beside(SEVEN, ONE, FIVE, apart=60, height=50)
    row = [
        stroke + np.array([90 if stroke.min() > 0 and stroke[:, 0].min() > 120 else 0, 0])
        for stroke in row
    ]
    assert champion.predict_number_strokes(row).text == "71 5"


def test_where_nothing_is_drawn_the_reason_comes(champion):
    for strokes, kind in (([], "blank"), ([np.array([[5.0, 5]])], "dot")):
        found = champion.predict_number_strokes(strokes)
        assert isinstance(found, NothingToClassify)
        assert found.kind == kind
    assert champion.predict_number(picture([])).kind == "blank"


def test_of_very_many_pieces_the_largest_are_read(champion):
    specks = [np.array([[x, 260.0], [x + 1, 266]]) for x in range(2, 278, 3)]
    number = champion.predict_number_strokes([*beside(SEVEN, OPEN_FOUR, ONE), *specks])
    assert isinstance(number, Number)
    assert number.text == "741"
    assert "60 largest pieces" in number.sentence
