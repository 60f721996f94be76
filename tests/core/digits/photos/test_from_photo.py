import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageOps
from PIL.PngImagePlugin import PngInfo

from mnist_core.digits.drawings.from_strokes import digit_from_strokes
from mnist_core.digits.mnist_format import Assumed, Digit, NothingToClassify
from mnist_core.digits.photos import from_photo
from mnist_core.digits.photos.from_photo import digit_from_image
from mnist_core.digits.photos.picture_file import MAX_IMAGE_BYTES, ImageError, open_image
from mnist_core.network.inference import Classifier
from tests.core.digits.drawn_digits import (
    FIVE,
    OPEN_FOUR,
    SEVEN,
    likeness,
    likeness_when_shifted,
    moved,
    picture,
)

ROOT = Path(__file__).parents[4]
NETWORK = ROOT / "models" / "pretrained" / "early-stopping" / "model.keras"


def encoded(image, kind="PNG", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("paper", [0, 255])
def test_a_dot_on_an_image_is_nothing_to_classify(paper):
    image = Image.new("L", (280, 280), paper)
    image.paste(255 - paper, (100, 100, 106, 106))
    assert digit_from_image(image).kind == "dot"


def test_a_clean_28_pixel_digit_is_reproduced():
    digit = digit_from_strokes(SEVEN).image
    np.testing.assert_allclose(digit_from_image(Image.fromarray(digit)).image, digit, atol=2)
    np.testing.assert_allclose(digit_from_image(Image.fromarray(255 - digit)).image, digit, atol=2)


def test_the_uneven_ink_of_a_small_digit_is_full_where_it_is_as_dark_as_most():
    even = digit_from_strokes(SEVEN).image
    fading = np.linspace(1, 0.5, 28)[:, np.newaxis]  # towards the foot of the 7
    found = digit_from_image(Image.fromarray((255 - even * fading).astype(np.uint8))).image
    inked = even == 255
    assert ((even * fading)[inked] >= 250).mean() < 0.1
    assert (found[inked] >= 250).mean() > 0.4
    assert found[inked].mean() > (even * fading)[inked].mean() + 15


@pytest.mark.parametrize("pen", [3, 10, 24])
@pytest.mark.parametrize("dark_on_light", [True, False])
def test_image_is_read_with_any_pen_and_polarity(pen, dark_on_light):
    shades = (255, 20) if dark_on_light else (20, 255)
    found = digit_from_image(picture(moved(SEVEN, 1.8, 0, 0), pen, paper=shades[0], ink=shades[1]))
    assert likeness(found, digit_from_strokes(SEVEN)) > 0.8


def photo(strokes, noise=4, seed=0):
    """Dark ink on paper with a gradient, the edge of a shadow, grain and blur."""
    height, width = 480, 640
    ink = np.asarray(picture(strokes, 28, (width, height)), float) / 255
    x = np.linspace(0, 1, width)
    light = 0.9 - 0.35 * x - 0.2 / (1 + np.exp(-(x - 0.45) * 60))
    grain = np.random.default_rng(seed).normal(0, noise, (height, width))
    shades = np.clip(light * ink * 255 + grain, 0, 255).astype(np.uint8)
    return Image.fromarray(shades).filter(ImageFilter.GaussianBlur(1))


def test_photo_with_shadow_and_grain_is_read():
    found = digit_from_image(photo(moved(SEVEN, 2, 200, 80)))
    assert likeness(found, digit_from_strokes(SEVEN)) > 0.85


@pytest.mark.parametrize("ink", [None, "dark", "light"])
@pytest.mark.parametrize("empty", [photo([]), Image.new("L", (40, 30), 200)])
def test_empty_paper_is_blank(ink, empty):
    assert digit_from_image(empty, ink=ink).kind == "blank"


def test_several_digits_are_recognized_as_such():
    both = [*moved(SEVEN, 1, 0, 60), *moved(FIVE, 1, 150, 60)]
    assert digit_from_image(picture(both)).kind == "several"
    assert digit_from_image(photo(moved(both, 1.5, 100, 60))).kind == "several"


def test_digits_in_a_narrow_row_are_several():
    row = [stroke for place in (-15, 62, 139) for stroke in moved(SEVEN, 1, place, 60)]
    assert digit_from_image(picture(row, 4)).kind == "several"


@pytest.mark.parametrize("strokes", [FIVE, OPEN_FOUR], ids=["5 with its hat off", "4 in two"])
def test_digit_in_two_pieces_is_one_digit(strokes):
    assert isinstance(digit_from_image(picture(moved(strokes, 1.8, 20, 0), 6)), Digit)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "HEIF"])
def test_file_formats_are_read(kind):
    image = open_image(encoded(picture(moved(SEVEN, 1.8, 0, 0), 20), kind))
    assert likeness(digit_from_image(image), digit_from_strokes(SEVEN)) > 0.85


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "I;16", "CMYK"])
def test_colour_modes_are_read(mode):
    grey = picture(moved(SEVEN, 1.8, 0, 0), 20)
    if mode == "I;16":
        image = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    else:
        image = grey.convert("RGB").convert(mode)
    content = encoded(image, "JPEG" if mode == "CMYK" else "PNG")
    assert likeness(digit_from_image(open_image(content)), digit_from_strokes(SEVEN)) > 0.85


@pytest.mark.parametrize(("kind", "mode"), [("PNG", "RGB"), ("PNG", "RGBA"), ("JPEG", "RGB")])
@pytest.mark.parametrize("inverted", [False, True])
def test_ink_that_differs_from_the_paper_in_colour_alone_is_seen(kind, mode, inverted):
    ink = np.asarray(picture(moved(SEVEN, 1.8, 0, 0), 20, paper=0, ink=255))[..., np.newaxis] / 255
    ink = 1 - ink if inverted else ink
    yellow, blue = np.array([250, 200, 40]), np.array([150, 215, 240])
    image = Image.fromarray(np.uint8(ink * yellow + (1 - ink) * blue)).convert(mode)
    if kind == "PNG":
        assert np.ptp(image.convert("L")) < 10
    found = digit_from_image(open_image(encoded(image, kind)))
    assert likeness_when_shifted(found, digit_from_strokes(SEVEN)) > 0.8


@pytest.mark.parametrize("bits", [6, 8, 10, 12, 16])
def test_16_bit_files_are_read_however_many_bits_are_used(bits):
    grey = np.asarray(picture(moved(SEVEN, 1.8, 0, 0), 20)).astype(np.uint32)
    image = Image.fromarray((grey * (2**bits - 1) // 255).astype(np.uint16))
    found = np.asarray(open_image(encoded(image)))
    assert abs(found.astype(int) - grey).max() <= 2 ** max(8 - bits, 0)


@pytest.mark.parametrize(("base", "contrast"), [(30_000, 900), (60_000, 2_000), (1_000, 60)])
def test_16_bit_files_are_read_however_little_ink_and_paper_differ(base, contrast):
    grey = np.asarray(picture(moved(SEVEN, 1.8, 0, 0), 20)).astype(float)
    noise = np.random.default_rng(0).normal(0, contrast / 50, grey.shape)
    levels = base + contrast * grey / 255 + noise
    levels[0, 0] = 65_535  # a defect of the sensor
    found = open_image(encoded(Image.fromarray(levels.astype(np.uint16))))
    assert likeness(digit_from_image(found), digit_from_strokes(SEVEN)) > 0.85
    found = open_image(encoded(Image.fromarray((base + noise).astype(np.uint16))))
    assert digit_from_image(found) is from_photo.BLANK  # noise is no ink


@pytest.mark.parametrize("shade", [0, 255])
def test_ink_on_transparent_paper_is_seen(shade):
    ink = np.asarray(picture(moved(SEVEN, 1.8, 0, 0), 20, paper=0, ink=255))
    image = Image.fromarray(np.dstack([np.full_like(ink, shade), ink]))
    assert likeness(digit_from_image(open_image(encoded(image))), digit_from_strokes(SEVEN)) > 0.85


# How to view a picture of each orientation upright (Exif 3.0, tag 274)
@pytest.mark.parametrize(
    ("orientation", "stored", "degrees"),
    [
        (1, None, 0),
        (2, Image.Transpose.FLIP_LEFT_RIGHT, 0),
        (3, Image.Transpose.ROTATE_180, 180),
        (6, Image.Transpose.ROTATE_90, 90),
        (8, Image.Transpose.ROTATE_270, 270),
    ],
)
def test_a_photo_is_turned_as_its_exif_says_and_says_so(orientation, stored, degrees):
    upright = picture(moved(SEVEN, 1.8, 0, 0), 20)
    exif = Image.Exif()
    exif[0x0112] = orientation
    turned = upright if stored is None else upright.transpose(stored)
    found = digit_from_image(open_image(encoded(turned, "JPEG", exif=exif)))
    assert likeness(found, digit_from_strokes(SEVEN)) > 0.85
    assert found.assumed == Assumed("dark", degrees)


@pytest.mark.parametrize(
    ("orientation", "stored", "degrees"),
    [
        (1, None, 0),
        (3, Image.Transpose.ROTATE_180, 180),
        (6, Image.Transpose.ROTATE_90, 90),
        (8, Image.Transpose.ROTATE_270, 270),
    ],
)
def test_a_heic_photo_says_by_how_much_it_was_turned(orientation, stored, degrees):
    upright = picture(moved(SEVEN, 1.8, 0, 0), 20)
    exif = Image.Exif()
    exif[0x0112] = orientation
    turned = upright if stored is None else upright.transpose(stored)
    found = digit_from_image(open_image(encoded(turned, "HEIF", exif=exif.tobytes())))
    assert likeness(found, digit_from_strokes(SEVEN)) > 0.85
    assert found.assumed == Assumed("dark", degrees)
    # As HEIF has it, EXIF data alone turn nothing.
    found = digit_from_image(open_image(encoded(upright, "HEIF", exif=exif)))
    assert likeness(found, digit_from_strokes(SEVEN)) > 0.85
    assert found.assumed == Assumed("dark", 0)


def test_only_a_photo_that_may_lie_on_its_side_is_turned_for_a_try():
    upright = photo(moved(SEVEN, 2, 100, 20)).crop((0, 0, 400, 480))
    quarter, three_quarters = Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_270
    for stored, degrees in ((quarter, 90), (three_quarters, 270)):
        turned = from_photo.sideways(upright.transpose(stored))
        found = [digit_from_image(each) for each in turned]
        assert [digit.assumed for digit in found] == [
            Assumed("dark", 90, guessed=True),
            Assumed("dark", 270, guessed=True),
        ]
        (right,) = [digit for digit in found if digit.assumed.turned == degrees]
        assert likeness(right, digit_from_strokes(SEVEN)) > 0.85
    assert len(from_photo.sideways(upright)) == 2  # also one that is higher than wide
    drawn = picture(moved(SEVEN, 1.8, 0, 0), 20, (400, 280))
    assert not from_photo.sideways(drawn)
    grain = np.random.default_rng(0).normal(0, 1, drawn.size[::-1])
    even = Image.fromarray(np.clip(0.8 * np.asarray(drawn) + grain, 0, 255).astype(np.uint8))
    assert len(from_photo.sideways(even)) == 2  # a photo of evenly lit paper
    assert not from_photo.sideways(Image.new("L", (40, 30), 200))
    exif = Image.Exif()
    exif[0x0112] = 6
    assert not from_photo.sideways(open_image(encoded(upright, "JPEG", exif=exif)))


@pytest.mark.parametrize(
    "make", [lambda: picture(moved(SEVEN, 1.8, 0, 0), 20), lambda: photo(SEVEN)]
)
@pytest.mark.parametrize("ink", ["dark", "light"])
def test_which_shade_is_ink_is_found_from_the_picture_or_given(make, ink):
    dark = make()
    shown = dark if ink == "dark" else ImageOps.invert(dark)
    by_itself, as_given = digit_from_image(shown), digit_from_image(shown, ink=ink)
    assert by_itself.assumed.ink == as_given.assumed.ink == ink
    np.testing.assert_array_equal(by_itself.image, as_given.image)


def test_the_other_shade_can_be_given_as_ink():
    square = Image.new("L", (280, 280), 255)
    square.paste(0, (20, 20, 260, 260))
    square.paste(255, (20, 20, 200, 200))  # a black corner on white, or a white square on black
    dark, light = (digit_from_image(square, ink=ink) for ink in ("dark", "light"))
    assert (dark.assumed.ink, light.assumed.ink) == ("dark", "light")
    assert dark.image[10, 10] == 0
    assert light.image[10, 10] == 255


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_a_picture_with_damaged_exif_is_read(form):
    content = encoded(picture(moved(SEVEN, 1.8, 0, 0), 20), form, exif=b"Exif\0\0II*\0")
    assert likeness(digit_from_image(open_image(content)), digit_from_strokes(SEVEN)) > 0.85


@pytest.mark.parametrize("profile", ["\nexif\n 3\nzz", "\nexif\n 12\n45786966000049492a00"])
def test_a_picture_with_damaged_exif_in_a_text_chunk_is_read(profile):
    text = PngInfo()
    text.add_text("Raw profile type exif", profile)
    content = encoded(picture(moved(SEVEN, 1.8, 0, 0), 20), pnginfo=text)
    assert likeness(digit_from_image(open_image(content)), digit_from_strokes(SEVEN)) > 0.85


PNG = encoded(picture(SEVEN))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not an image"),
        (b"This is a text file called .png", "not an image"),
        (PNG[:-100], "damaged or incomplete"),
        (PNG[:20], "not an image|damaged"),
        (encoded(picture(SEVEN), "GIF"), "not an image"),
        (encoded(picture(SEVEN), "JPEG")[:900], "damaged or incomplete"),
        (encoded(picture(SEVEN), "HEIF")[:600], "not an image|damaged"),
        (bytes(MAX_IMAGE_BYTES + 1), "bytes"),
    ],
    ids=[
        "empty",
        "text",
        "truncated",
        "header only",
        "GIF",
        "truncated JPEG",
        "truncated HEIC",
        "too many bytes",
    ],
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
from mnist_core.digits.photos import from_photo, picture_file
def most():
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
content = Path(sys.argv[1]).read_bytes()
before = most()
try:
    found = from_photo.digit_from_image(picture_file.open_image(content)).kind
except picture_file.ImageError as error:
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


def jpeg(side, **options):
    image = Image.new("L", (280, 280), 255)
    image.paste(picture(moved(SEVEN, 1.8, 0, 0), 20))
    return encoded(image.resize((side, side), Image.Resampling.NEAREST), "JPEG", **options)


@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="only Linux tells the most taken"
)
def test_a_photo_of_48_megapixels_is_decoded_small(tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(jpeg(6_928))
    command = [sys.executable, "-c", MEMORY.replace(".kind", ".image.any()"), str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    taken, found = done.stdout.split()
    assert found == "True"
    assert float(taken) < 50  # decoded whole, it takes 48 and more for each copy
    assert (
        likeness(digit_from_image(open_image(path.read_bytes())), digit_from_strokes(SEVEN)) > 0.8
    )


@pytest.mark.parametrize(
    ("side", "options", "said"),
    [
        (7_104, {}, "7,104 × 7,104 pixels. At most 25 million pixels can be read"),
        (5_008, {"progressive": True}, "5,008 pixels. Of a progressive JPEG at most 25 million"),
    ],
)
def test_a_jpeg_that_cannot_be_decoded_small_enough_is_refused(side, options, said):
    with pytest.raises(ImageError, match=said):
        open_image(jpeg(side, **options))


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (3, 2), (2000, 1)])
def test_tiny_and_odd_images_cause_no_error(size):
    image = Image.new("L", size, 255)
    assert isinstance(digit_from_image(image), NothingToClassify)
    image.putpixel((0, 0), 0)
    assert isinstance(digit_from_image(image), Digit | NothingToClassify)


def pasted(image, size, x, y):
    """An image, smoothly enlarged, somewhere on a picture of 280×280."""
    canvas = Image.new("L", (280, 280))
    canvas.paste(Image.fromarray(image).resize((size, size), Image.Resampling.BICUBIC), (x, y))
    return canvas


SIZES_AND_PLACES = [(28, 3, 200), (84, 190, 12), (140, 60, 71), (250, 17, 25)]


@pytest.mark.slow
def test_mnist_digits_pasted_elsewhere_are_reproduced(mnist):
    for size, x, y in SIZES_AND_PLACES:
        images = mnist.x_test[:100]
        found = [digit_from_image(pasted(image, size, x, y)).image.astype(int) for image in images]
        difference = abs(np.array(found) - images).mean(axis=(1, 2))
        assert np.median(difference) < 8  # of 255


@pytest.mark.slow
def test_mnist_digits_pasted_elsewhere_cost_at_most_half_a_point_of_accuracy(mnist):
    classifier = Classifier.load(NETWORK)
    images, labels = mnist.x_test[:1000], mnist.y_test[:1000]

    def accuracy(batch):
        return (classifier.probabilities(batch).argmax(axis=1) == labels).mean()

    places = [SIZES_AND_PLACES[index % 4] for index in range(len(images))]
    found = [
        digit_from_image(pasted(image, *place)).image
        for image, place in zip(images, places, strict=True)
    ]
    assert accuracy(np.array(found)) >= accuracy(images) - 0.005


def tight(strokes, size):
    """A digit, white on black, that fills a picture of this size (width, height) to its rim."""
    drawn = picture(moved(strokes, 1.8, 0, 0), 24, paper=0, ink=255)
    return drawn.crop(drawn.getbbox()).resize(size, Image.Resampling.BOX)


def with_margin(image, side):
    return Image.fromarray(np.pad(np.asarray(image), side))


@pytest.mark.parametrize("size", [(14, 16), (28, 32), (200, 280)])
@pytest.mark.parametrize("strokes", [FIVE, SEVEN, OPEN_FOUR], ids=["5", "7", "4"])
def test_a_digit_that_fills_its_picture_is_read_as_with_a_margin(strokes, size):
    image = tight(strokes, size)
    expected = digit_from_image(with_margin(image, max(size)))
    for shown in (image, ImageOps.invert(image)):
        assert likeness(digit_from_image(shown), expected) > 0.95


@pytest.mark.parametrize("side", [16, 20, 32, 200])
def test_a_digit_stretched_to_fill_a_square_gets_usual_proportions_and_says_so(side):
    image = tight(OPEN_FOUR, (side, side))
    found = digit_from_image(image)
    columns = np.flatnonzero((found.image > 25).any(axis=0))
    assert 12 <= columns[-1] - columns[0] + 1 <= 14  # of 20 rows
    assert "Narrowed" in next(step for step in found.steps if "Scale" in step.name).caption
    narrow = digit_from_image(with_margin(image.resize((round(0.65 * side), side)), side))
    assert likeness_when_shifted(found, narrow) > 0.95
    apart = digit_from_image(with_margin(image, 1))  # which fills nothing
    assert np.ptp(np.flatnonzero((apart.image > 25).any(axis=0))) >= 18


def test_the_bar_of_a_5_is_no_line_above_it():
    """It is longer than the 5 is wide, but does not cover its left."""
    five = np.zeros((16, 16))
    five[0:2, 4:16] = 1
    five[3:9, 0:2] = five[6:8, 1:9] = five[8:14, 8:10] = five[14:16, 0:9] = 1
    image = Image.fromarray(np.uint8(255 * np.pad(1 - five, 4, constant_values=1)))
    found = digit_from_image(image).image
    rows, columns = np.nonzero(found > 100)
    assert columns[rows == rows.min()].max() == columns.max()  # the bar, which reaches farthest


def test_a_piece_of_the_digit_at_the_rim_is_kept():
    image = picture(moved(OPEN_FOUR, 1.8, 20, 0), 6)
    left, upper, right, lower = ImageOps.invert(image).getbbox()
    cut = image.crop((left - 20, upper - 20, right, lower + 20))  # its stem is at the rim
    assert likeness(digit_from_image(cut), digit_from_image(image)) > 0.95


def test_a_strip_along_the_rim_is_no_part_of_the_digit():
    image = picture(moved(SEVEN, 1.8, 40, 20), 20)
    strip = image.copy()
    strip.paste(60, (0, 0, 100, 4))
    assert likeness(digit_from_image(strip), digit_from_image(image)) > 0.99


def dashed(gap):
    """A seven of 28 pixels whose strokes, two pixels wide, are broken every few pixels."""
    image = Image.new("L", (28, 28), 255)
    draw = ImageDraw.Draw(image)
    for start in range(6, 22, 4 + gap):
        draw.rectangle((start, 5, min(start + 3, 21), 6), 0)
    for start in range(7 + gap, 24, 4 + gap):
        draw.rectangle((20, start, 21, min(start + 3, 24)), 0)
    return image


def test_gaps_narrower_than_a_stroke_part_no_digits():
    assert isinstance(digit_from_image(dashed(1)), Digit)
    assert digit_from_image(dashed(3)).kind == "several"


@pytest.mark.parametrize("invert", [False, True])
def test_a_thick_digit_on_grainy_paper_is_not_blank(invert):
    ink = np.asarray(picture(moved(SEVEN, 1.6, 20, 20), 150).resize((28, 28), Image.Resampling.BOX))
    grain = np.random.default_rng(0).normal(0, 3, ink.shape)
    shades = np.clip(20 + 0.9 * ink + grain, 0, 255).astype(np.uint8)
    assert 0.4 < (shades < 128).mean() < 0.6
    shades = 255 - shades if invert else shades
    assert isinstance(digit_from_image(Image.fromarray(shades)), Digit)


def test_a_small_digit_is_enlarged_smoothly():
    likenesses = []
    for strokes in (FIVE, SEVEN, OPEN_FOUR):
        large = picture(moved(strokes, 1.8, 0, 0), 20)
        for side in (12, 15, 17, 20, 23, 28):
            small = large.resize((side, side), Image.Resampling.BOX)
            found = (digit_from_image(image) for image in (large, small))
            likenesses.append(likeness_when_shifted(*found))
    assert min(likenesses) > 0.84  # with every pixel enlarged to a square, 0.78
