"""A digit is read whatever there is round it on the picture."""

from pathlib import Path

import numpy as np
import pytest
from PIL import ImageOps

from mnist_core.digits.mnist_format import Digit
from mnist_core.digits.photos.from_photo import digit_from_image
from mnist_core.network.inference import Classifier
from tests.core.digits.drawn_digits import likeness_when_shifted, moved, picture
from tests.core.digits.photos.photo_surroundings import KINDS, TEN, Sheet

ROOT = Path(__file__).parents[4]
NETWORK = Classifier.load(ROOT / "models" / "pretrained" / "champion" / "model.keras")


def read(image):
    """The digit that the network sees on an image; what was said where there is none."""
    found = digit_from_image(image)
    if not isinstance(found, Digit):
        return found.kind
    return int(NETWORK.probabilities(found.image[np.newaxis])[0].argmax())


@pytest.mark.parametrize("kind", KINDS)
def test_all_ten_digits_are_read(kind):
    images = [KINDS[kind](strokes, np.random.default_rng(d)) for d, strokes in enumerate(TEN)]
    assert [read(image) for image in images] == list(range(10))


@pytest.mark.parametrize("kind", ["border", "window", "circled", "framed", "underlined"])
def test_light_ink_is_read_too(kind):
    images = [KINDS[kind](strokes, np.random.default_rng(d)) for d, strokes in enumerate(TEN)]
    assert [read(ImageOps.invert(image)) for image in images] == list(range(10))


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("plain", ["Photo", "Ink", "Crop"]),
        ("table", ["Photo", "Paper", "Ink", "Crop"]),
        ("ruled", ["Photo", "Ink", "Lines", "Crop"]),
    ],
)
def test_steps_show_what_was_done(kind, names):
    steps = digit_from_image(KINDS[kind](TEN[3], np.random.default_rng(3))).steps
    assert [step.name.split(" ", 1)[1] for step in steps if "Pieces" not in step.name][:-3] == names


def in_ring(strokes):
    """A digit in a circle that its farthest points touch."""
    points = np.concatenate(strokes)
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    factor = 75 / np.hypot(*(points - middle).T).max()
    angle = np.linspace(0, 2 * np.pi, 60)
    ring = 180 + 82 * np.stack([np.cos(angle), 1.05 * np.sin(angle)], axis=1)
    return [*((stroke - middle) * factor + 180 for stroke in strokes), ring]


def test_a_digit_that_touches_the_circle_round_it_is_read():
    images = [picture(in_ring(strokes), 10, (360, 360)) for strokes in TEN]
    assert [read(image) for image in images] == list(range(10))


def test_a_slashed_0_is_no_circle_with_a_1_in_it():
    slash = np.array([[76.0, 12], [24, 88]])
    for width in (1.0, 1.5):
        wide = [stroke * [width, 1] for stroke in [*TEN[0], slash]]
        assert read(picture(moved(wide, 2, 60, 60), 10, (360, 360))) == 0


def test_what_looks_like_lines_is_kept_where_it_is_the_digit():
    """The strokes of a thin 7, 5 or 1 that fills its picture reach from edge to edge."""
    for digit in (1, 2, 4, 5, 7):
        drawn = picture(moved(TEN[digit], 2, 60, 60), 6, (320, 320), ink=0)
        assert read(drawn.crop(ImageOps.invert(drawn).getbbox())) == digit


@pytest.mark.parametrize("down", [False, True])
def test_the_bar_of_a_5_and_the_stem_of_a_4_are_no_underline(down):
    five = [np.array([[75.0, 0], [28, 0]]), np.array([[24.0, 12], [24, 45], *TEN[5][0][3:]])]
    strokes = [stroke[:, ::-1] for stroke in five] if down else five
    apart = digit_from_image(picture(moved(strokes, 1.8, 40, 40), 8))
    whole = digit_from_image(picture(moved([np.concatenate(strokes)], 1.8, 40, 40), 8))
    assert likeness_when_shifted(apart, whole) > 0.85


@pytest.mark.parametrize("pen", [6, 14])
def test_the_foot_of_a_1_or_2_is_no_underline(pen):
    one = [np.array([[50, 0], [50, 100]]), np.array([[30, 100], [80, 100]])]
    for digit, strokes in ((1, one), (2, TEN[2])):
        for steep in (0.7, 1):  # the diagonal of a slim 2 meets its foot at a small angle
            drawn = [stroke * [steep, 1] for stroke in strokes]
            assert read(picture(moved(drawn, 1.8, 70, 50), pen)) == digit


@pytest.mark.parametrize("invert", [False, True])
def test_a_thin_frame_round_a_small_picture_is_left_out(invert):
    for digit, strokes in enumerate(TEN):
        inside = picture(moved(strokes, 1.8, 40, 40), 20, size=(260, 260)).resize((26, 26))
        image = ImageOps.expand(inside, 1, fill=0)
        image = ImageOps.invert(image) if invert else image
        assert read(image) == digit
        assert "2 Paper" in [step.name for step in digit_from_image(image).steps]


def test_lined_paper_without_a_digit_is_blank():
    sheet = Sheet(TEN[0], np.random.default_rng(0))
    for y in range(20, 480, 40):
        sheet.line(np.array([[0, y], [360, y]]), sheet.ink, 2)
    assert digit_from_image(sheet.image).kind == "blank"


@pytest.mark.parametrize("pen", [10, 20, 30])
@pytest.mark.parametrize("digit", [0, 4, 6, 8, 9])
def test_a_thick_digit_is_no_frame_and_no_sheet(digit, pen):
    drawn = ImageOps.invert(picture(moved(TEN[digit], 2, 60, 60), pen, (320, 320), ink=0))
    left, upper, right, lower = drawn.getbbox()
    for margin in (0, 20):
        cut = drawn.crop((left - margin, upper - margin, right + margin, lower + margin))
        assert read(cut) == digit
        assert read(ImageOps.invert(cut)) == digit


def test_small_squares_are_no_thick_lines():
    for digit in (0, 3, 9):
        sheet = Sheet(TEN[digit], np.random.default_rng(digit), share=0.4)
        for at in range(7, 480, 14):
            sheet.line(np.array([[0, at], [360, at]]), 150, 1)
            sheet.line(np.array([[at, 0], [at, 480]]), 150, 1)
        assert read(sheet.write().image) == digit


@pytest.mark.parametrize("digit", [1, 4, 7, 9])
def test_a_long_thin_stem_is_no_line_of_the_paper(digit):
    for side in (112, 280):
        drawn = picture(moved(TEN[digit], side / 130, side * 0.1, side * 0.12), 3, (side, side))
        assert read(drawn) == digit
        assert read(ImageOps.invert(drawn)) == digit


def test_a_small_zero_that_fills_its_picture_is_no_picture_of_its_inside():
    drawn = picture(moved(TEN[0], 1.4, 0, 40), 16, ink=0).convert("L")
    box = ImageOps.invert(drawn).getbbox()
    small = drawn.crop(box).resize((16, 16)).point(lambda shade: 255 * (shade > 127))
    assert read(small) == read(ImageOps.invert(small)) == 0
