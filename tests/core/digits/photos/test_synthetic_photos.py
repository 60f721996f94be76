"""Pictures of drawings are what their conditions say, and are read again as what was drawn."""

import numpy as np
import pytest

from mnist_core.digits.drawings.from_strokes import image_from_strokes
from mnist_core.digits.photos import synthetic_photos
from mnist_core.digits.photos.synthetic_photos import Conditions

SEVEN = [np.array([[80.0, 70], [200, 70], [130, 230]])]


@pytest.mark.parametrize("name", synthetic_photos.CONDITIONS)
def test_a_seven_is_read_from_a_picture_in_all_conditions(name):
    rng = np.random.default_rng(1)
    drawn = image_from_strokes(SEVEN).astype(float).ravel()
    for _ in range(4):
        picture = synthetic_photos.picture_of_strokes(SEVEN, rng, synthetic_photos.CONDITIONS[name])
        image = synthetic_photos.read(picture)
        assert image is not None
        assert image.shape == (28, 28)
        assert np.corrcoef(image.ravel(), drawn)[0, 1] > 0.5


def test_a_picture_has_the_contrast_the_size_and_the_pen_that_are_asked_for():
    rng = np.random.default_rng(2)
    for contrast, pen in ((0.2, 2), (0.9, 4)):
        exact = Conditions((100, 100), (pen, pen), (0.01, 0.01), (contrast, contrast))
        shades = np.asarray(synthetic_photos.picture_of_strokes(SEVEN, rng, exact), float) / 255
        assert np.ptp(shades) == pytest.approx(contrast, abs=0.05 + 0.3 * contrast)
        ink = abs(shades - np.median(shades)) > contrast / 2
        rows, columns = (np.flatnonzero(ink.any(axis=axis)) for axis in (1, 0))
        assert max(np.ptp(rows), np.ptp(columns)) + 1 == pytest.approx(100, abs=2)
        # Two strokes, of 75 % and 109 % of the longer side, less the width of the pen.
        assert ink.sum() == pytest.approx(1.78 * 100 * (pen * 5), rel=0.25)


def test_the_strokes_of_an_image_get_thinner_and_thicker():
    image = image_from_strokes(SEVEN)
    inked = []
    for pen in (1.5, 2.6, 5):  # the same random numbers, so the same shade of ink
        exact = Conditions((100, 100), (pen, pen), (0.01, 0.01), (1, 1))
        picture = synthetic_photos.picture_of_image(image, np.random.default_rng(3), exact)
        inked.append(int((np.asarray(picture) < 128).sum()))
    assert inked[0] < 0.8 * inked[1] < inked[1] < 0.7 * inked[2]
