"""A photo, scan or other image of a digit → 28×28 in MNIST's form, shadows and all.

The ink is told from the paper, cropped, shrunk by area to 20 pixels and centred by its mass
(`mnist_format`). What the paper looks like, how thick the pen is and where the digit stands makes
as little difference as possible.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps
from pillow_heif import register_heif_opener
from scipy import ndimage

from mnist_core.config.sizes import IMAGE_SIDE, INK_SIDE, MAX_LEVEL
from mnist_core.digits import ink_extraction, ink_parts
from mnist_core.digits.from_strokes import MIN_EXTENT
from mnist_core.digits.mnist_format import (
    DOT,
    SEVERAL,
    Assumed,
    Digit,
    Ink,
    NothingToClassify,
    Shade,
    Step,
    centre_mass,
    crop,
    grey_levels,
    resample,
    scale,
)
from mnist_core.errors import DigitLabError

MAX_IMAGE_BYTES = 20_000_000
MAX_IMAGE_PIXELS = 25_000_000
MAX_JPEG_PIXELS = 50_000_000
"""Limit for a JPEG photo, which can be decoded at a half, a quarter or an eighth of its size.

Such a photo of 48 million pixels takes 10 MB. Other files are decoded whole: of 25 million pixels,
PNG takes 130 MB, a progressive JPEG 170 and HEIC 180.
"""
FORMATS = ("PNG", "JPEG", "WEBP", "HEIF")
EXTENSIONS = ("png", "jpg", "jpeg", "webp", "heic", "heif")
"""Of the files' names."""

BLANK = NothingToClassify("No digit found in this photo.", "blank")

_WORKING_SIDE = 512  # pixels: larger images are shrunk first
_EVEN_BRIGHTNESS = 40  # grey levels: ink and paper that differ by less may differ in colour
_SAMPLED = (64, 64)  # pixels from which it is told how colours differ
_FAINT, _SOLID = 0.02, 0.1  # ink that counts as part of the digit
_PALE, _USUAL_INK = 0.3, 0.6  # ink of at least this, and the quantile of it that counts as full
_SMOOTH_EDGE = 0.3  # ink at the outline of a digit that was enlarged
_UNSTRETCHED = 0.65
"""Width of a digit that was stretched to a square, as a share of its height.

Of MNIST's validation digits and held-out pen drawings, stretched to 16 pixels a side, 95.6 % are
read rightly as they are, 97.3 at 0.8, 97.9 at 0.65 and 97.8 at 0.6; of validation digits that are
square by themselves all, with any of these.
"""
_KERNEL = 2  # pixels that bicubic enlargement reaches to each side
_FINE = 8  # pixels for one of the 20 when the stroke width is measured and mended
_WIDTHS = (1.15, 4.3)  # of strokes that stay as they are, in pixels of the image
_WIDTH_GOALS = (1.8, 3.2)  # what thinner and thicker strokes are brought to
_TOO_LARGE = (
    f"At most {MAX_IMAGE_PIXELS // 1_000_000} million pixels can be read, of most JPEG photos "
    f"{MAX_JPEG_PIXELS // 1_000_000} million; make it smaller."
)
_PROGRESSIVE = (
    f"Of a progressive JPEG at most {MAX_IMAGE_PIXELS // 1_000_000} million can be read: make it "
    f"smaller, or save it as a baseline JPEG, of which {MAX_JPEG_PIXELS // 1_000_000} million can."
)
_NO_IMAGE = "This is not an image that can be read; PNG, JPEG, WebP and HEIC files can."
_THUMBNAIL_SIDE = 140  # pixels
_HEIF_TURN = (
    b"\0\0\0\x09irot"  # a box of nine bytes, the last the quarter turns (ISO 23008-12, 6.5.10)
)
_TURNED = "turned"  # where an image's `info` says by how many degrees clockwise it was turned
_GUESSED = "turned for a try"  # where it says that this was done by `sideways`
_TURNS = {3: 180, 4: 180, 5: 90, 6: 90, 7: 270, 8: 270}  # degrees by EXIF's orientation


register_heif_opener(thumbnails=False)


class ImageError(DigitLabError, ValueError):
    """An image can't be read; the message says why, and which images can."""


def open_image(content: bytes) -> Image.Image:
    """A PNG, JPEG, WebP or HEIC file as a grey image of at most 1,024 pixels a side.

    Its size in bytes and in pixels is checked before anything is decoded.

    Raises:
        ImageError: It is too large, damaged or in another format.
    """
    if len(content) > MAX_IMAGE_BYTES:
        raise ImageError(
            f"The file has {len(content):,} bytes; at most {MAX_IMAGE_BYTES:,} can be read."
        )
    try:
        image = Image.open(io.BytesIO(content), formats=FORMATS)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        too_large = isinstance(error, Image.DecompressionBombError)
        raise ImageError(_TOO_LARGE if too_large else _NO_IMAGE) from error
    width, height = image.size
    if width * height <= MAX_JPEG_PIXELS and "progressive" not in image.info:
        # A progressive JPEG has to be decoded whole; and other formats know no draft.
        # A small one, as drawings are, may have ink and paper that differ in colour alone.
        is_small = max(image.size) <= _WORKING_SIDE * 2
        image.draft(None if is_small else "L", (_WORKING_SIDE * 2, _WORKING_SIDE * 2))
    if image.width * image.height > MAX_IMAGE_PIXELS:
        most = _PROGRESSIVE if "progressive" in image.info else _TOO_LARGE
        raise ImageError(f"The image has {width:,} × {height:,} pixels. {most}")
    try:
        image.load()
        upright = _upright_grey(image)
        if image.format == "HEIF":  # of which the decoder has turned the pixels itself
            upright.info[_TURNED] = _turned_by_heif(content)
        return upright
    except (OSError, SyntaxError, ValueError) as error:
        raise ImageError(f"The image is damaged or incomplete ({error}).") from error


def _turned_by_heif(content: bytes) -> int:
    """By how many degrees clockwise a HEIF file has its image turned."""
    place = content.find(_HEIF_TURN)
    anticlockwise = content[place + len(_HEIF_TURN)] % 4 if place >= 0 else 0
    return -90 * anticlockwise % 360


def _upright_grey(image: Image.Image) -> Image.Image:
    """The image in grey (mode L), turned as its EXIF data says; transparent paper becomes black or
    white, whichever its ink stands out from."""
    orientation = _orientation(image)
    if image.mode.startswith("I"):  # 16 bits a pixel, often with fewer of them in use
        levels = np.asarray(image).clip(0, 65_535).astype(np.uint16)
        unused = 16 - int(levels.max()).bit_length()
        grey = Image.fromarray((levels << unused >> 8).astype(np.uint8))
    elif image.has_transparency_data and not _is_opaque(image):
        image.thumbnail((2 * _WORKING_SIDE, 2 * _WORKING_SIDE))
        shades = np.asarray(image.convert("LA"), dtype=np.float32)
        opacity = shades[..., 1] / MAX_LEVEL
        mean = (shades[..., 0] * opacity).sum() / max(opacity.sum(), 1e-6)
        backing = MAX_LEVEL if mean < 128 else 0
        grey = Image.fromarray(
            np.rint(shades[..., 0] * opacity + backing * (1 - opacity)).astype(np.uint8)
        )
    else:
        grey = _grey(image)
    grey.thumbnail((2 * _WORKING_SIDE, 2 * _WORKING_SIDE), Image.Resampling.BOX)
    for key in ("exif", "Raw profile type exif"):
        grey.info.pop(key, None)
    grey.getexif()[ExifTags.Base.Orientation] = orientation
    upright = ImageOps.exif_transpose(grey)
    upright.info[_TURNED] = _TURNS.get(orientation, 0)
    return upright


def _is_opaque(image: Image.Image) -> bool:
    """Whether no pixel is transparent, as drawing programs save what has paper."""
    return image.mode == "RGBA" and image.getchannel("A").getextrema() == (MAX_LEVEL, MAX_LEVEL)


def _grey(image: Image.Image) -> Image.Image:
    """In shades of brightness; where that is nearly the same everywhere, as of yellow ink on pale
    blue, in shades along the line on which colours differ most: their first principal component."""
    grey = image.convert("L")
    if image.mode in ("1", "L") or np.ptp(grey.getextrema()) > _EVEN_BRIGHTNESS:
        return grey
    image.thumbnail((2 * _WORKING_SIDE, 2 * _WORKING_SIDE), Image.Resampling.BOX)
    colours = image.convert("RGB")
    some = np.asarray(colours.resize(_SAMPLED, Image.Resampling.NEAREST), float).reshape(-1, 3)
    weights = np.linalg.eigh(np.cov(some.T))[1][:, -1]
    middle = (MAX_LEVEL + 1) / 2 - weights @ some.mean(axis=0)
    return colours.convert("L", (*weights.tolist(), middle))


def _orientation(image: Image.Image) -> int:
    """The orientation that the EXIF data gives; 1, upright, where it gives none or is damaged, as
    the picture itself may be fine."""
    try:
        return image.getexif().get(ExifTags.Base.Orientation, 1)
    except (struct.error, OSError, SyntaxError, ValueError, KeyError, TypeError):
        return 1


@dataclass(frozen=True, eq=False)
class InkedPicture:
    """A picture and the ink on it.

    Attributes:
        shades: (h, w), the picture in grey.
        found: All ink on it.
        pieces: Those of the ink that may be a digit's; at least one.
        ink: The ink of these pieces, of the shape of `found.ink`.
        assumed: How the picture was read.
    """

    shades: NDArray[np.uint8] = field(repr=False)
    found: ink_extraction.InkOnPaper
    pieces: Sequence[ink_parts.Part] = field(repr=False)
    ink: Ink = field(repr=False)
    assumed: Assumed


def digit_from_image(image: Image.Image, *, ink: Shade | None = None) -> Digit | NothingToClassify:
    """The digit on an image or photo, with shadows or without.

    Args:
        image: Of any mode and size; `open_image` makes one of a file.
        ink: Whether the ink is darker or lighter than the paper; None to tell by the picture.
    """
    picture = find_ink(image, ink=ink)
    if picture is None:
        return BLANK
    if ink_parts.are_several_digits(picture.pieces):
        return SEVERAL
    return digit_from_ink(picture.ink, picture)


def find_ink(image: Image.Image, *, ink: Shade | None = None) -> InkedPicture | None:
    """The ink on an image; None if it shows nothing but paper. For the arguments see
    `digit_from_image`."""
    grey = upright(image)
    if max(grey.size) > _WORKING_SIDE:
        grey = grey.copy()
        grey.thumbnail((_WORKING_SIDE, _WORKING_SIDE), Image.Resampling.BOX)
    shades = np.asarray(grey)
    found = ink_extraction.find_ink(shades.astype(np.float32) / np.float32(MAX_LEVEL), ink)
    pieces = ink_parts.find_parts(found.ink, margin=found.margin) if found else ()
    if found is None or not pieces:
        return None
    assumed = Assumed(found.shade, grey.info.get(_TURNED, 0), grey.info.get(_GUESSED, False))
    own_ink = found.ink * ink_parts.mask(pieces, found.ink.shape)
    return InkedPicture(shades, found, pieces, own_ink, assumed)


def upright(image: Image.Image) -> Image.Image:
    """An image in grey, upright; see `open_image`."""
    return image if image.mode == "L" else _upright_grey(image.copy())


def sideways(image: Image.Image) -> list[Image.Image]:
    """Both quarter turns of a photo that may lie on its side without the camera's data saying so.
    There are none
    where the picture is higher than wide, where the camera's data turned it, or where its paper has
    one shade, as in a drawing or scan.
    """
    grey = upright(image)
    if grey.width <= grey.height or grey.info.get(_TURNED):
        return []
    picture = find_ink(grey)
    if picture is None or picture.found.margin:
        return []
    turns = []
    for degrees, how in ((90, Image.Transpose.ROTATE_270), (270, Image.Transpose.ROTATE_90)):
        turned = grey.transpose(how)  # which counts anticlockwise
        turned.info |= {_TURNED: degrees, _GUESSED: True}
        turns.append(turned)
    return turns


def digit_from_ink(ink: Ink, picture: InkedPicture) -> Digit | NothingToClassify:
    """The digit in ink that holds a single one.

    Args:
        ink: Of the shape of the picture's.
        picture: The picture that it comes from.
    """
    shades, found, assumed = picture.shades, picture.found, picture.assumed
    cropped = _evenly_inked(_cropped(ink / ink.max()))
    if max(cropped.shape) < min(MIN_EXTENT, max(ink.shape) / 4) or _is_dot(cropped, ink.shape):
        return DOT
    smooth = _smoothly_enlarged(cropped)
    stretched = _is_stretched(cropped, picture)
    if stretched:
        smooth = resample(smooth, len(smooth), max(1, round(_UNSTRETCHED * len(smooth))))
    small = np.clip(scale(_with_usual_width(smooth)), 0, 1)

    def first_steps() -> tuple[Step, ...]:
        all_ink = _thumbnail(grey_levels(found.ink))
        its_ink = _thumbnail(grey_levels(ink))
        steps = [Step("Photo", "As it was taken.", _thumbnail(shades))]
        if found.sheet:
            top, bottom, left, right = found.sheet
            sheet = _thumbnail(shades[top:bottom, left:right])
            steps.append(Step("Paper", "What is round the paper is left out.", sheet))
        told = f"What is {assumed.ink}er than the paper, white on black."
        if found.lined is not None:
            steps.append(
                Step("Ink", told, _thumbnail(grey_levels(found.lined / found.lined.max())))
            )
            told = "The lines of the paper are taken away."
        steps.append(Step("Ink" if found.lined is None else "Lines", told, all_ink))
        if not (all_ink == its_ink).all():
            left_out = "Specks and edges are left out, and what is no part of the digit."
            steps.append(Step("Pieces", left_out, its_ink))
        scaled = "Scaled so that the longer side has 20 pixels."
        if stretched:
            scaled += " Narrowed: it fills a square from edge to edge, as if stretched to it."
        steps.append(Step("Crop", "Cut to the digit.", _thumbnail(grey_levels(cropped))))
        return (*steps, Step("Scale", scaled, grey_levels(small)))

    return Digit(centre_mass(small), small, first_steps, assumed)


def _is_stretched(cropped: Ink, picture: InkedPicture) -> bool:
    """Whether the digit fills a square picture from edge to edge, as in collections that stretch
    all digits to the same size: its own proportions are lost."""
    height, width = picture.shades.shape
    return cropped.shape == (height, width) and height == width


def _is_dot(cropped: Ink, whole: tuple[int, ...]) -> bool:
    """Whether it is a round, filled blot that is small beside the whole picture."""
    height, width = cropped.shape
    is_round = max(height, width) <= 1.5 * min(height, width)
    is_small = max(height, width) < 0.15 * max(whole)
    return is_round and is_small and bool(cropped.mean() > 0.7)


def _cropped(ink: Ink) -> Ink:
    """Cut to the ink's box. Of a small digit faint edges count, as each pixel is much of it."""
    cropped = crop(ink, _FAINT)
    return cropped if max(cropped.shape) <= IMAGE_SIDE else crop(ink, _SOLID)


def _evenly_inked(cropped: Ink) -> Ink:
    """A small digit with full ink where it has as much as in most of its pixels: its darkest ones
    may be few, where strokes cross or a brush was pressed down. Larger digits as they are."""
    solid = cropped[cropped > _PALE]
    if max(cropped.shape) > 2 * INK_SIDE or not solid.size:
        return cropped
    return np.clip(cropped / np.quantile(solid, _USUAL_INK), 0, 1)


def _smoothly_enlarged(cropped: Ink) -> Ink:
    """A small digit enlarged without steps, so that its pixels don't show in the 20, nor how they
    fall into these; larger digits, and those of 20 pixels, as they are."""
    side = max(cropped.shape)
    if side == INK_SIDE or side > 2 * INK_SIDE:
        return cropped
    factor = -(-INK_SIDE * _FINE // side)
    padded = Image.fromarray(np.pad(cropped, _KERNEL).astype(np.float32))
    size = (padded.width * factor, padded.height * factor)
    enlarged = np.clip(np.asarray(padded.resize(size, Image.Resampling.BICUBIC)), 0, 1)
    return crop(enlarged, _SMOOTH_EDGE) if enlarged.max() > _SMOOTH_EDGE else cropped


def _with_usual_width(cropped: Ink) -> Ink:
    """Strokes much thinner or thicker than MNIST's brought to a usual width; others as they are."""
    fine = scale(cropped, INK_SIDE * _FINE)
    width = _stroke_width(fine) / _FINE
    if _WIDTHS[0] <= width <= _WIDTHS[1]:
        return cropped
    change = round((np.clip(width, *_WIDTH_GOALS) - width) * _FINE / 2)
    padded = np.pad(np.clip(fine, 0, 1), max(change, 0) + 1)
    change_width = ndimage.grey_dilation if change > 0 else ndimage.grey_erosion
    mended = change_width(padded, 2 * abs(change) + 1) if change else padded
    return _cropped(mended) if mended.max() > _SOLID else cropped


def _stroke_width(ink: Ink) -> float:
    """Mean width of the strokes in pixels: twice the area divided by the length of the outline."""
    padded = np.pad(ink, 1)
    down, across = np.gradient(padded)
    return 2 * padded.sum() / max(np.hypot(down, across).sum(), 1e-6)


def _thumbnail(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    picture = Image.fromarray(image)
    picture.thumbnail((_THUMBNAIL_SIDE, _THUMBNAIL_SIDE), Image.Resampling.BOX)
    return np.asarray(picture)
