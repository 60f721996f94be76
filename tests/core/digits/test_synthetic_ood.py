"""Synthetic non-digits have MNIST's form, vary, and repeat with their seed."""

import numpy as np
import pytest

from mnist_core.digits import synthetic_ood


@pytest.mark.parametrize("kind", synthetic_ood.KINDS)
def test_every_kind_has_the_form_of_digits(kind, few_digits):
    images = synthetic_ood.make(kind, 40, 3, few_digits.x_train)
    assert images.shape == (40, 28, 28)
    assert images.dtype == np.uint8
    assert (images == synthetic_ood.make(kind, 40, 3, few_digits.x_train)).all()
    assert len({image.tobytes() for image in images}) > 35
    places = np.arange(28) + 0.5
    mass = images.sum(axis=(1, 2), dtype=float)
    for axis in (1, 2):
        middle = images.sum(axis=axis) @ places / mass
        # What lies outside the field is cut off, which moves the centre of wide images.
        assert np.median(abs(middle - 14.5)) <= 0.55


def test_letters_for_measuring_are_not_trained_on():
    assert set(synthetic_ood.HELD_OUT).isdisjoint(synthetic_ood.LEARNED)
    assert len(synthetic_ood.HELD_OUT) >= 6
