import time
from itertools import pairwise

import numpy as np
import pytest

from mnist_core.config.pen import PEN_WIDTH
from mnist_core.digits import mnist_format
from mnist_core.digits.drawings import from_strokes
from mnist_core.digits.drawings.from_strokes import digit_from_strokes
from mnist_core.digits.mnist_format import Digit, NothingToClassify
from mnist_core.digits.photos.from_photo import digit_from_image
from tests.core.digits.drawn_digits import (
    FIVE,
    OPEN_FOUR,
    SEVEN,
    box_sides,
    centre_of_mass,
    moved,
    picture,
)


def test_strokes_have_mnists_form():
    digit = digit_from_strokes(SEVEN)
    assert digit.image.shape == (28, 28)
    assert digit.image.dtype == np.uint8
    assert max(box_sides(digit.image)) == 20
    assert (abs(centre_of_mass(digit.image) - 14.5) <= 0.51).all()
    assert digit.image.max() == 255


def test_stroke_is_a_line_of_the_pens_width():
    digit = digit_from_strokes([np.array([[100.0, 20], [100, 220]])])
    ink = digit.image[10:18].sum(axis=1) / 255
    np.testing.assert_allclose(ink, PEN_WIDTH, atol=0.02)


@pytest.mark.parametrize("scale", [0.1, 0.5, 2, 10])
@pytest.mark.parametrize("place", [(0, 0), (133.7, -41.2)])
def test_size_and_place_of_strokes_make_no_difference(scale, place):
    expected = digit_from_strokes(SEVEN).image.astype(int)
    found = digit_from_strokes(moved(SEVEN, scale, *place)).image.astype(int)
    assert abs(found - expected).max() <= 1


def test_brush_makes_no_difference_to_strokes():
    thin, thick = (digit_from_strokes(SEVEN, brush=brush) for brush in (4, 40))
    np.testing.assert_array_equal(thin.image, thick.image)
    assert thin.steps[0].image.mean() < thick.steps[0].image.mean() / 4


def test_points_between_make_no_difference():
    ways = np.linspace(0, 1, 50)[:, None]
    dense = [np.concatenate([a + ways * (b - a) for a, b in pairwise(s)])
             for s in SEVEN]  # fmt: skip
    difference = digit_from_strokes(dense).image.astype(int) - digit_from_strokes(SEVEN).image
    assert abs(difference).max() <= 64  # at the corners, which are no longer points of the stroke
    assert abs(difference).mean() < 0.5


@pytest.mark.parametrize("make", ["strokes", "image"])
def test_steps_lead_from_the_drawing_to_the_input(make):
    shown = picture(SEVEN, paper=0, ink=255)
    digit = {
        "strokes": lambda: digit_from_strokes(SEVEN),
        "image": lambda: digit_from_image(shown),
    }[make]()
    first = {"strokes": ["Drawing"], "image": ["Photo", "Ink"]}[make]
    names = [*first, "Crop", "Scale", "Centre the box", "Shift to the centre of mass"]
    assert [step.name for step in digit.steps] == [
        f"{number} {name}" for number, name in enumerate(names, 1)
    ]
    assert all(step.caption for step in digit.steps)
    assert all(step.image.dtype == np.uint8 and step.image.ndim == 2 for step in digit.steps)
    scaled, centred, shifted = (step.image for step in digit.steps[-3:])
    assert max(scaled.shape) == 20
    assert centred.shape == (28, 28)
    np.testing.assert_array_equal(shifted, digit.image)
    # All of a step's ink is in the next.
    assert scaled.sum() == centred.sum() == shifted.sum()


@pytest.mark.parametrize(
    ("strokes", "kind"),
    [
        ([], "blank"),
        ([np.zeros((0, 2))], "blank"),
        ([np.array([[5.0, 5]])], "dot"),
        ([np.array([[5.0, 5], [9, 8], [6, 7]])], "dot"),
    ],
    ids=["nothing", "empty stroke", "point", "jitter"],
)
def test_blank_and_dot_strokes_are_nothing_to_classify(strokes, kind):
    found = digit_from_strokes(strokes)
    assert isinstance(found, NothingToClassify)
    assert found.kind == kind
    assert found.reason


def test_a_speck_beside_a_drawing_is_ignored():
    with_speck = digit_from_strokes([*SEVEN, np.array([[250.0, 250], [251, 250]])])
    np.testing.assert_array_equal(with_speck.image, digit_from_strokes(SEVEN).image)


def test_drawing_of_dots_alone_is_kept():
    dots = [np.array([[x, 2.0 * x]]) for x in range(20, 120, 10)]
    assert isinstance(digit_from_strokes(dots), Digit)


def test_the_work_for_a_scribble_grows_with_its_length_alone():
    lines = list(np.random.default_rng(0).uniform(0, 280, (800, 40, 2)))

    def work(strokes):
        seconds = []
        for _ in range(3):
            begin = time.process_time()
            assert isinstance(digit_from_strokes(strokes), Digit)
            seconds.append(time.process_time() - begin)
        return min(seconds)

    assert work(lines) < 20 * work(lines[:100])  # eight times as long


def test_several_digits_are_told_apart_from_one_of_several_strokes():
    beside, above = (
        [*moved(SEVEN, 0.5, 100, 0), *moved(FIVE, 0.5, *place)] for place in ((160, 5), (100, 90))
    )
    for both in (beside, above, [*beside, *moved(OPEN_FOUR, 0.5, 210, 0)]):
        assert digit_from_strokes(both).kind == "several"
    speck = [np.array([[250.0, 200], [256, 206]])]
    dashed = [np.array([[140.0, y], [138, y + 16]]) for y in range(40, 240, 30)]
    for digit in (SEVEN, FIVE, OPEN_FOUR, [*SEVEN, *speck], dashed):
        assert isinstance(digit_from_strokes(digit), Digit)


def test_with_no_step_skipped_the_image_is_the_digits_own():
    strokes = [np.array([[60.0, 60], [180, 60], [90, 230]])]
    assert (
        from_strokes.with_steps_skipped(strokes, [])
        == from_strokes.digit_from_strokes(strokes).image
    ).all()


def test_each_skipped_step_changes_the_image_in_its_own_way():
    strokes = [np.array([[20.0, 20], [90, 20], [40, 110]])]  # small, in the upper left corner
    whole = from_strokes.with_steps_skipped(strokes, [])
    as_drawn = from_strokes.with_steps_skipped(strokes, ["crop"])
    rows, columns = as_drawn.any(axis=1).nonzero()[0], as_drawn.any(axis=0).nonzero()[0]
    assert rows.max() - rows.min() < 12  # 90 of 280 canvas pixels are 6 of 20, and the pen
    assert max(rows.max(), columns.max()) < 14
    thick = from_strokes.with_steps_skipped(strokes, ["pen"], brush=30)
    assert thick.sum() > 1.5 * whole.sum()
    by_box = from_strokes.with_steps_skipped(strokes, ["centre"])
    rows = by_box.any(axis=1).nonzero()[0]
    assert abs(rows.min() + rows.max() - 27) <= 1
    assert by_box.sum() == whole.sum()
    assert (from_strokes.with_steps_skipped(strokes, ["polarity"]) == 255 - whole).all()
    assert from_strokes.with_steps_skipped(strokes, list(from_strokes.SKIPPABLE_STEPS)).shape == (
        28,
        28,
    )


@pytest.mark.parametrize("shape", [(20, 20), (140, 70), (3, 140), (28, 28)])
def test_a_picture_of_any_size_fills_the_field(shape):
    image = np.full(shape, 200, np.uint8)
    fitted = mnist_format.fill_field(image)
    rows, columns = fitted.any(axis=1).sum(), fitted.any(axis=0).sum()
    assert max(rows, columns) == 28
    assert rows / columns == pytest.approx(shape[0] / shape[1], rel=0.15, abs=0.05)
    assert set(np.unique(fitted).tolist()) <= {0, 200}
