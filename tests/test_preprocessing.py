import io
import struct
import subprocess
import sys
import time
import zlib
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from mnist_core import preprocessing
from mnist_core.inference import Classifier
from mnist_core.preprocessing import (
    Digit,
    ImageError,
    NothingToClassify,
    from_canvas,
    from_image,
    from_strokes,
    open_image,
)

SEVEN = [np.array([[20.0, 20], [80, 20], [40, 120]])]
FIVE = [np.array([[80.0, 20], [30, 20]]), np.array([[30.0, 30], [28, 60], [75, 80], [25, 118]])]
OPEN_FOUR = [np.array([[40.0, 20], [20, 70], [70, 70]]), np.array([[76.0, 25], [74, 120]])]
ROOT = Path(__file__).parents[1]
NETWORK = ROOT / "models" / "pretrained" / "early-stopping" / "weights.npz"


def moved(strokes, scale, x, y):
    return [stroke * scale + (x, y) for stroke in strokes]


def picture(strokes, pen=10, size=(280, 280), paper=255, ink=20):
    """Strokes on paper, as a grey image."""
    image = Image.new("L", size, paper)
    draw = ImageDraw.Draw(image)
    for stroke in strokes:
        draw.line([tuple(point) for point in stroke.tolist()], ink, pen, joint="curve")
    return image


def encoded(image, kind="PNG", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def centre_of_mass(image):
    mass, pixel = image.astype(float), np.arange(28) + 0.5
    return np.array([mass.sum(axis=0) @ pixel, mass.sum(axis=1) @ pixel]) / mass.sum()


def box_sides(image):
    return [np.ptp(image.any(axis=axis).nonzero()[0]) + 1 for axis in (0, 1)]


def likeness(one, other):
    return np.corrcoef(one.image.ravel(), other.image.ravel())[0, 1]


def test_strokes_have_mnists_form():
    digit = from_strokes(SEVEN)
    assert digit.image.shape == (28, 28)
    assert digit.image.dtype == np.uint8
    assert max(box_sides(digit.image)) == 20
    assert (abs(centre_of_mass(digit.image) - 14.5) <= 0.51).all()
    assert digit.image.max() == 255


def test_stroke_is_a_line_of_the_pens_width():
    digit = from_strokes([np.array([[100.0, 20], [100, 220]])])
    ink = digit.image[10:18].sum(axis=1) / 255
    np.testing.assert_allclose(ink, preprocessing.PEN_WIDTH, atol=0.02)


@pytest.mark.parametrize("scale", [0.1, 0.5, 2, 10])
@pytest.mark.parametrize("place", [(0, 0), (133.7, -41.2)])
def test_size_and_place_of_strokes_make_no_difference(scale, place):
    expected = from_strokes(SEVEN).image.astype(int)
    found = from_strokes(moved(SEVEN, scale, *place)).image.astype(int)
    assert abs(found - expected).max() <= 1


def test_brush_makes_no_difference_to_strokes():
    thin, thick = (from_strokes(SEVEN, brush=brush) for brush in (4, 40))
    np.testing.assert_array_equal(thin.image, thick.image)
    assert thin.steps[0].image.mean() < thick.steps[0].image.mean() / 4


def test_points_between_make_no_difference():
    ways = np.linspace(0, 1, 50)[:, None]
    dense = [np.concatenate([a + ways * (b - a) for a, b in pairwise(s)])
             for s in SEVEN]  # fmt: skip
    difference = from_strokes(dense).image.astype(int) - from_strokes(SEVEN).image
    assert abs(difference).max() <= 40
    assert abs(difference).mean() < 0.5


@pytest.mark.parametrize("make", ["strokes", "canvas", "image"])
def test_steps_lead_from_the_drawing_to_the_input(make):
    shown = picture(SEVEN, paper=0, ink=255)
    digit = {
        "strokes": lambda: from_strokes(SEVEN),
        "canvas": lambda: from_canvas(np.asarray(shown.convert("RGBA"))),
        "image": lambda: from_image(shown),
    }[make]()
    names = [step.name for step in digit.steps]
    assert names == ["drawing", "crop", "20×20", "centre of mass", "28×28"]
    assert all(step.caption for step in digit.steps)
    assert all(step.image.dtype == np.uint8 and step.image.ndim == 2 for step in digit.steps)
    assert max(digit.steps[2].image.shape) == 20
    assert digit.steps[3].image.shape == (28, 28)
    np.testing.assert_array_equal(digit.steps[4].image, digit.image)
    # All of a step's ink is in the next.
    assert digit.steps[2].image.sum() == digit.steps[3].image.sum() == digit.image.sum()


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
    found = from_strokes(strokes)
    assert isinstance(found, NothingToClassify)
    assert found.kind == kind
    assert found.reason


def test_speck_beside_a_drawing_is_left_out():
    with_speck = from_strokes([*SEVEN, np.array([[250.0, 250], [251, 250]])])
    np.testing.assert_array_equal(with_speck.image, from_strokes(SEVEN).image)


def test_drawing_of_dots_alone_is_kept():
    dots = [np.array([[x, 2.0 * x]]) for x in range(20, 120, 10)]
    assert isinstance(from_strokes(dots), Digit)


def test_strokes_take_a_few_milliseconds():
    way = np.linspace(0, 2 * np.pi, 300)
    ring = [np.stack([140 + 80 * np.cos(way), 140 + 110 * np.sin(way)], axis=1)]
    times = []
    for _ in range(20):
        begin = time.process_time()
        from_strokes(ring)
        times.append(time.process_time() - begin)
    assert min(times) < 0.005  # the fastest: other processes do not count


def test_scribble_is_bounded_work():
    random = np.random.default_rng(0)
    begin = time.process_time()
    assert isinstance(from_strokes(list(random.uniform(0, 280, (1000, 40, 2)))), Digit)
    assert time.process_time() - begin < 3


@pytest.mark.parametrize(
    ("paper", "ink"), [((0, 0, 0, 255), (255, 255, 255, 255)), ((0, 0, 0, 0), (250, 250, 250, 255)),
                       ((255, 255, 255, 255), (0, 0, 0, 255))],
    ids=["white on black", "white on nothing", "black on white"],
)  # fmt: skip
def test_canvas_is_read_in_any_colours(paper, ink):
    rgba = np.full((280, 280, 4), paper, np.uint8)
    rgba[np.asarray(picture(SEVEN, paper=0, ink=255)) > 0] = ink
    assert likeness(from_canvas(rgba), from_strokes(SEVEN)) > 0.9


def test_blank_canvas_and_dot_are_nothing_to_classify():
    blank = np.zeros((280, 280, 4), np.uint8)
    assert from_canvas(blank).kind == "blank"
    blank[100:106, 100:106] = 255
    assert from_canvas(blank).kind == "dot"


def test_canvas_of_another_form_is_refused():
    with pytest.raises(ImageError, match=r"\(h, w, 4\) uint8"):
        from_canvas(np.zeros((28, 28, 3), np.uint8))


def test_clean_28_pixel_digit_comes_back():
    digit = from_strokes(SEVEN).image
    np.testing.assert_allclose(from_image(Image.fromarray(digit)).image, digit, atol=2)
    np.testing.assert_allclose(from_image(Image.fromarray(255 - digit)).image, digit, atol=2)


@pytest.mark.parametrize("pen", [3, 10, 24])
@pytest.mark.parametrize("dark_on_light", [True, False])
def test_image_is_read_with_any_pen_and_polarity(pen, dark_on_light):
    shades = (255, 20) if dark_on_light else (20, 255)
    found = from_image(picture(moved(SEVEN, 1.8, 0, 0), pen, paper=shades[0], ink=shades[1]))
    assert likeness(found, from_strokes(SEVEN)) > 0.8


def photo(strokes, noise=4, seed=0):
    """Dark ink on paper with a gradient, the edge of a shadow, grain and blur."""
    height, width = 480, 640
    ink = np.asarray(picture(strokes, 12, (width, height)), float) / 255
    x = np.linspace(0, 1, width)
    light = 0.9 - 0.35 * x - 0.2 / (1 + np.exp(-(x - 0.45) * 60))
    grain = np.random.default_rng(seed).normal(0, noise, (height, width))
    shades = np.clip(light * ink * 255 + grain, 0, 255).astype(np.uint8)
    return Image.fromarray(shades).filter(ImageFilter.GaussianBlur(1))


def test_photo_with_shadow_and_grain_is_read():
    found = from_image(photo(moved(SEVEN, 2, 200, 80)))
    assert likeness(found, from_strokes(SEVEN)) > 0.85


def test_photo_of_empty_paper_is_blank():
    assert from_image(photo([])).kind == "blank"


def test_several_drawn_digits_are_told_and_a_digits_own_strokes_are_not():
    beside, above = (
        [*moved(SEVEN, 0.5, 100, 0), *moved(FIVE, 0.5, *place)] for place in ((160, 5), (100, 90))
    )
    for both in (beside, above, [*beside, *moved(OPEN_FOUR, 0.5, 210, 0)]):
        assert from_strokes(both).kind == "several"
    speck = [np.array([[250.0, 200], [256, 206]])]
    dashed = [np.array([[140.0, y], [138, y + 16]]) for y in range(40, 240, 30)]
    for digit in (SEVEN, FIVE, OPEN_FOUR, [*SEVEN, *speck], dashed):
        assert isinstance(from_strokes(digit), Digit)


def test_several_digits_are_told():
    both = [*moved(SEVEN, 1, 0, 60), *moved(FIVE, 1, 150, 60)]
    assert from_image(picture(both)).kind == "several"
    assert from_image(photo(moved(both, 1.5, 100, 60))).kind == "several"


@pytest.mark.parametrize("strokes", [FIVE, OPEN_FOUR], ids=["5 with its hat off", "4 in two"])
def test_digit_in_two_pieces_is_one_digit(strokes):
    assert isinstance(from_image(picture(moved(strokes, 1.8, 20, 0), 6)), Digit)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_file_formats_are_read(kind):
    image = open_image(encoded(picture(moved(SEVEN, 1.8, 0, 0), 20), kind))
    assert likeness(from_image(image), from_strokes(SEVEN)) > 0.85


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "I;16", "CMYK"])
def test_colour_modes_are_read(mode):
    grey = picture(moved(SEVEN, 1.8, 0, 0), 20)
    if mode == "I;16":
        image = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    else:
        image = grey.convert("RGB").convert(mode)
    content = encoded(image, "JPEG" if mode == "CMYK" else "PNG")
    assert likeness(from_image(open_image(content)), from_strokes(SEVEN)) > 0.85


@pytest.mark.parametrize("shade", [0, 255])
def test_ink_on_transparent_paper_is_seen(shade):
    ink = np.asarray(picture(moved(SEVEN, 1.8, 0, 0), 20, paper=0, ink=255))
    image = Image.fromarray(np.dstack([np.full_like(ink, shade), ink]))
    assert likeness(from_image(open_image(encoded(image))), from_strokes(SEVEN)) > 0.85


def test_photo_is_turned_as_its_exif_says():
    upright = picture(moved(SEVEN, 1.8, 0, 0), 20)
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rotate by 90° clockwise to view
    content = encoded(upright.transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif)
    assert likeness(from_image(open_image(content)), from_strokes(SEVEN)) > 0.85


PNG = encoded(picture(SEVEN))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no image"),
        (b"This is a text file called .png", "no image"),
        (PNG[:-100], "damaged or incomplete"),
        (PNG[:20], "no image|damaged"),
        (encoded(picture(SEVEN), "GIF"), "no image"),
        (encoded(picture(SEVEN), "JPEG")[:900], "damaged or incomplete"),
        (bytes(preprocessing.MAX_IMAGE_BYTES + 1), "bytes"),
    ],
    ids=["empty", "text", "truncated", "header only", "GIF", "truncated JPEG", "too many bytes"],
)
def test_bad_file_is_refused_with_its_reason(content, said):
    with pytest.raises(ImageError, match=said):
        open_image(content)


def white_png(side):
    """A whole PNG file of white pixels, one bit each."""
    parts = [
        b"IHDR" + struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0),
        b"IDAT" + zlib.compress((b"\0" + b"\xff" * (side // 8)) * side, 1),
        b"IEND",
    ]
    chunks = (struct.pack(">I", len(p) - 4) + p + struct.pack(">I", zlib.crc32(p)) for p in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


MEMORY = """
import re, sys
from pathlib import Path
from mnist_core import preprocessing
def most():
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
content = Path(sys.argv[1]).read_bytes()
before = most()
try:
    found = preprocessing.from_image(preprocessing.open_image(content)).kind
except preprocessing.ImageError as error:
    found = error
print((most() - before) / 1000, found)
"""


@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="only Linux tells the most taken"
)
@pytest.mark.parametrize(
    ("side", "said", "megabytes"),
    [(4_800, "blank", 100), (6_000, "million pixels", 10), (30_000, "million pixels", 10)],
)
def test_a_picture_takes_bounded_memory(tmp_path, side, said, megabytes):
    path = tmp_path / "white.png"
    path.write_bytes(white_png(side))
    command = [sys.executable, "-c", MEMORY, str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    taken, found = done.stdout.split(maxsplit=1)
    assert said in found
    assert float(taken) < megabytes  # decoded, 30,000 × 30,000 pixels take 900


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (3, 2), (2000, 1)])
def test_tiny_and_odd_images_are_answered(size):
    image = Image.new("L", size, 255)
    assert isinstance(from_image(image), NothingToClassify)
    image.putpixel((0, 0), 0)
    assert isinstance(from_image(image), Digit | NothingToClassify)


def pasted(image, size, x, y):
    """An image enlarged smoothly on a canvas of 280×280, as RGBA."""
    canvas = Image.new("L", (280, 280))
    canvas.paste(Image.fromarray(image).resize((size, size), Image.Resampling.BICUBIC), (x, y))
    return np.asarray(canvas.convert("RGBA"))


SIZES_AND_PLACES = [(28, 3, 200), (84, 190, 12), (140, 60, 71), (250, 17, 25)]


def test_mnist_digits_pasted_elsewhere_come_back(mnist):
    for size, x, y in SIZES_AND_PLACES:
        images = mnist.x_test[:100]
        found = [from_canvas(pasted(image, size, x, y)).image.astype(int) for image in images]
        difference = abs(np.array(found) - images).mean(axis=(1, 2))
        assert np.median(difference) < 8  # of 255


def test_mnist_digits_pasted_elsewhere_keep_the_networks_accuracy(mnist):
    classifier = Classifier.load(NETWORK)
    images, labels = mnist.x_test[:1000], mnist.y_test[:1000]

    def accuracy(batch):
        return (classifier.probabilities(batch).argmax(axis=1) == labels).mean()

    places = [SIZES_AND_PLACES[index % 4] for index in range(len(images))]
    found = [
        from_canvas(pasted(image, *place)).image
        for image, place in zip(images, places, strict=True)
    ]
    assert accuracy(np.array(found)) >= accuracy(images) - 0.005


def test_spoilt_with_nothing_left_out_is_what_the_network_sees():
    strokes = [np.array([[60.0, 60], [180, 60], [90, 230]])]
    assert (preprocessing.spoilt(strokes, []) == preprocessing.from_strokes(strokes).image).all()


def test_each_step_left_out_leaves_its_own_mark():
    strokes = [np.array([[20.0, 20], [90, 20], [40, 110]])]  # small, in the upper left corner
    whole = preprocessing.spoilt(strokes, [])
    as_drawn = preprocessing.spoilt(strokes, ["crop"])
    rows, columns = as_drawn.any(axis=1).nonzero()[0], as_drawn.any(axis=0).nonzero()[0]
    assert rows.max() - rows.min() < 12  # 90 of 280 canvas pixels are 6 of 20, and the pen
    assert max(rows.max(), columns.max()) < 14
    thick = preprocessing.spoilt(strokes, ["pen"], brush=30)
    assert thick.sum() > 1.5 * whole.sum()
    by_box = preprocessing.spoilt(strokes, ["centre"])
    rows = by_box.any(axis=1).nonzero()[0]
    assert abs(rows.min() + rows.max() - 27) <= 1
    assert by_box.sum() == whole.sum()
    assert (preprocessing.spoilt(strokes, ["polarity"]) == 255 - whole).all()
    assert preprocessing.spoilt(strokes, list(preprocessing.OMISSIONS)).shape == (28, 28)


@pytest.mark.parametrize("shape", [(20, 20), (140, 70), (3, 140), (28, 28)])
def test_a_picture_of_any_size_is_fitted_to_the_field(shape):
    image = np.full(shape, 200, np.uint8)
    fitted = preprocessing.fitted(image)
    rows, columns = fitted.any(axis=1).sum(), fitted.any(axis=0).sum()
    assert max(rows, columns) == 28
    assert rows / columns == pytest.approx(shape[0] / shape[1], rel=0.15, abs=0.05)
    assert set(np.unique(fitted).tolist()) <= {0, 200}
