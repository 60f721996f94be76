"""Synthetic non-digits have MNIST's form, vary, and repeat with their seed."""

import re

import numpy as np
import pytest

from mnist_core.digits import non_digit_strokes, non_digits

MAKERS = non_digits.KINDS | non_digits.TRAINING_KINDS


@pytest.mark.parametrize("kind", MAKERS)
def test_every_kind_has_the_form_of_digits(kind, few_digits):
    images = non_digits.make(MAKERS[kind], 40, 3, few_digits.x_train)
    assert images.shape == (40, 28, 28)
    assert images.dtype == np.uint8
    assert (images[:5] == non_digits.make(MAKERS[kind], 5, 3, few_digits.x_train)).all()
    assert len({image.tobytes() for image in images}) > 35
    places = np.arange(28) + 0.5
    mass = images.sum(axis=(1, 2), dtype=float)
    for axis in (1, 2):
        middle = images.sum(axis=axis) @ places / mass
        # What lies outside the field is cut off, which moves the centre of wide images.
        assert np.median(abs(middle - 14.5)) <= 0.55


def test_letters_and_shapes_for_measuring_are_not_trained_on():
    assert set(non_digit_strokes.HELD_OUT) | set(non_digit_strokes.LEARNED) == set(
        non_digit_strokes.NON_DIGITS
    )
    assert set(non_digit_strokes.HELD_OUT).isdisjoint(non_digit_strokes.LEARNED)
    assert set(non_digit_strokes.LOOKALIKES).isdisjoint(non_digit_strokes.NON_DIGITS)
    assert len(non_digit_strokes.HELD_OUT) >= 20


@pytest.mark.parametrize("name", non_digit_strokes.NON_DIGITS | non_digit_strokes.LOOKALIKES)
def test_doodles_are_strokes_of_two_points_or_more(name):
    for stroke in (non_digit_strokes.NON_DIGITS | non_digit_strokes.LOOKALIKES)[name]:
        assert re.fullmatch(r"~?[0-8]{2}( [0-8]{2})+", stroke)


def test_a_digit_by_another_name_is_made_when_asked_for(few_digits):
    make = non_digits.LOOKALIKES
    ring, line = (non_digits.make(make[n], 20, 1, few_digits.x_train) for n in ("O", "I"))
    widths = [(images.max(axis=1) > 0).sum(axis=1).mean() for images in (ring, line)]
    assert widths[0] > 2 * widths[1]
