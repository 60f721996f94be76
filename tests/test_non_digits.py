"""Made non-digits have MNIST's form, vary, and repeat with their seed."""

import numpy as np
import pytest

from mnist_core import non_digits


@pytest.mark.parametrize("kind", non_digits.KINDS)
def test_every_kind_has_the_form_of_digits(kind, few_digits):
    images = non_digits.make(kind, 40, 3, few_digits.x_train)
    assert images.shape == (40, 28, 28)
    assert images.dtype == np.uint8
    assert (images == non_digits.make(kind, 40, 3, few_digits.x_train)).all()
    assert len({image.tobytes() for image in images}) > 35
    places = np.arange(28) + 0.5
    mass = images.sum(axis=(1, 2), dtype=float)
    for axis in (1, 2):
        middle = images.sum(axis=axis) @ places / mass
        # What lies outside of the field is cut off, which moves the centre of wide ones.
        assert np.median(abs(middle - 14.5)) <= 0.55


def test_letters_for_measuring_are_never_learned():
    assert set(non_digits.HELD_OUT).isdisjoint(non_digits.LEARNED)
    assert len(non_digits.HELD_OUT) >= 6
