"""Pieces are divided into digits in the way that the network finds likeliest."""

import numpy as np
import pytest

from mnist_core.digits import segmentation

SURE, UNLIKELY = (0.0, 0.0), (-2.0, -5.0)


def cut(boxes, digits):
    """The cut where these sets of pieces look like digits and others don't."""
    images = {}

    def image_of(pieces):
        image = np.full((28, 28), len(images), np.uint8)
        images[len(images)] = set(pieces)
        return image

    def scorer(shown):
        return np.array([SURE if images[int(i[0, 0])] in digits else UNLIKELY for i in shown])

    return segmentation.cut(boxes, image_of, scorer, None)


def row(*lefts, width=30, top=0, height=50):
    return [(left, top, left + width, top + height) for left in lefts]


def test_each_piece_is_a_digit_where_it_looks_like_one():
    found = cut(row(0, 50, 100), [{0}, {1}, {2}])
    assert [group.pieces for group in found.groups] == [(0,), (1,), (2,)]
    assert found.probability > 0.9


def test_pieces_are_joined_where_they_look_like_one_digit_together():
    found = cut(row(0, 32, 80), [{0, 1}, {2}])
    assert [set(group.pieces) for group in found.groups] == [{0, 1}, {2}]


def test_a_stroke_within_the_box_of_a_0_is_no_digit_of_its_own():
    zero, slash, one = (0, 0, 40, 50), (10, 12, 30, 40), (60, 0, 70, 50)
    found = cut([zero, slash, one], [{0}, {1}, {2}])
    assert [set(group.pieces) for group in found.groups] == [{0, 1}, {2}]


def test_where_two_ways_are_equally_likely_it_is_not_sure():
    found = cut(row(0, 15, 30, width=14), [{0, 1}, {2}, {0}, {1, 2}])
    assert len(found.groups) == 2
    assert found.probability == pytest.approx(0.5, abs=0.1)


def test_lines_are_read_from_top_to_bottom_also_where_they_rise():
    upper = [(60.0 * i, 20.0 - 5 * i, 60.0 * i + 30, 70.0 - 5 * i) for i in range(3)]
    lower = [(left + 10, top + 80, right + 10, bottom + 80) for left, top, right, bottom in upper]
    found = cut([*lower, *upper], [{piece} for piece in range(6)])
    assert [group.pieces[0] for group in found.groups] == [3, 4, 5, 0, 1, 2]
    assert [group.starts_word for group in found.groups] == [True, False, False] * 2


@pytest.mark.parametrize("fall", [-35.0, 35.0])  # more than half of a digit's height each
def test_a_single_line_may_slope(fall):
    boxes = [(40.0 * i, fall * i, 40.0 * i + 30, fall * i + 50) for i in range(7)]
    found = cut(boxes, [{piece} for piece in range(7)])
    assert [group.pieces for group in found.groups] == [(piece,) for piece in range(7)]
    assert [group.starts_word for group in found.groups] == [True] + [False] * 6


def test_two_digits_one_above_the_other_to_its_right_are_two_lines():
    found = cut([(0.0, 35.0, 30.0, 85.0), (40.0, 0.0, 70.0, 50.0)], [{0}, {1}])
    assert [group.pieces for group in found.groups] == [(1,), (0,)]
    assert [group.starts_word for group in found.groups] == [True, True]


def test_small_pieces_between_digits_are_left_out():
    dot, dash = (38.0, 45.0, 42.0, 50.0), (85.0, 24.0, 97.0, 27.0)
    found = cut([*row(0, 50, 100), dot, dash], [{0}, {1}, {2}])
    assert [group.pieces for group in found.groups] == [(0,), (1,), (2,)]


def test_a_wide_gap_is_a_space():
    found = cut(row(0, 50, 200), [{0}, {1}, {2}])
    assert [group.starts_word for group in found.groups] == [True, False, True]
