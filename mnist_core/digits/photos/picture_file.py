"""A file with a picture → a grey image, upright, its size checked before it is decoded."""

from __future__ import annotations

import io
import struct

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps
from pillow_heif import register_heif_opener

from mnist_core.config.sizes import MAX_LEVEL
from mnist_core.errors import DigitLabError

MAX_IMAGE_BYTES = 20_000_000
MAX_IMAGE_PIXELS = 25_000_000
MAX_JPEG_PIXELS = 50_000_000
"""Most pixels of a JPEG photo, which can be decoded at a half, a quarter or an eighth of its size.

A photo of 48 million pixels then takes 10 MB. Other files are decoded whole: with 25 million
pixels, a PNG takes 130 MB, a progressive JPEG 170 MB and a HEIC file 180 MB.
"""
FORMATS = ("PNG", "JPEG", "WEBP", "HEIF")
EXTENSIONS = ("png", "jpg", "jpeg", "webp", "heic", "heif")
"""Endings of the names of files that can be read."""

WORKING_SIDE = 512
"""Pixels a side; larger images are shrunk to this before the ink is looked for."""
TURNED = "turned"
"""Key in an image's `info`: by how many degrees clockwise the image was turned."""

_EVEN_BRIGHTNESS = 40  # grey levels: if ink and paper differ by less, their colours may differ
_NEARLY_ALL = (0.05, 99.95)  # percentiles; what lies outside may be defects of the sensor
_SAMPLED = (64, 64)  # the colours of so many pixels are compared
_TOO_LARGE = (
    f"At most {MAX_IMAGE_PIXELS // 1_000_000} million pixels can be read, of most JPEG photos "
    f"{MAX_JPEG_PIXELS // 1_000_000} million; make it smaller."
)
_PROGRESSIVE = (
    f"Of a progressive JPEG at most {MAX_IMAGE_PIXELS // 1_000_000} million can be read: make it "
    f"smaller, or save it as a baseline JPEG, of which {MAX_JPEG_PIXELS // 1_000_000} million can."
)
_NO_IMAGE = "This is not an image that can be read; PNG, JPEG, WebP and HEIC files can."
_HEIF_TURN = (
    b"\0\0\0\x09irot"  # a box of nine bytes, the last the quarter turns (ISO 23008-12, 6.5.10)
)
_TURNS = {3: 180, 4: 180, 5: 90, 6: 90, 7: 270, 8: 270}  # degrees clockwise by EXIF orientation


register_heif_opener(thumbnails=False)


class ImageError(DigitLabError, ValueError):
    """An image can't be read; the message says why, and which images can."""


def open_image(content: bytes) -> Image.Image:
    """Open a PNG, JPEG, WebP or HEIC file as an upright grey image of at most 1,024 pixels a side.

    Its size in bytes and in pixels is checked before anything is decoded.

    Raises:
        ImageError: The file is too large, damaged or in another format.
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
        # Neither a progressive JPEG nor any other format can be decoded at a reduced size. In a
        # small one, such as a drawing, ink and paper may differ in colour alone.
        is_small = max(image.size) <= WORKING_SIDE * 2
        image.draft(None if is_small else "L", (WORKING_SIDE * 2, WORKING_SIDE * 2))
    if image.width * image.height > MAX_IMAGE_PIXELS:
        most = _PROGRESSIVE if "progressive" in image.info else _TOO_LARGE
        raise ImageError(f"The image has {width:,} × {height:,} pixels. {most}")
    try:
        image.load()
        upright = _upright_grey(image)
        if image.format == "HEIF":  # the decoder has already turned its pixels
            upright.info[TURNED] = _turned_by_heif(content)
        return upright
    except (OSError, SyntaxError, ValueError) as error:
        raise ImageError(f"The image is damaged or incomplete ({error}).") from error


def _turned_by_heif(content: bytes) -> int:
    """By how many degrees clockwise a HEIF file says that its image is to be turned."""
    place = content.find(_HEIF_TURN)
    anticlockwise = content[place + len(_HEIF_TURN)] % 4 if place >= 0 else 0
    return -90 * anticlockwise % 360


def _upright_grey(image: Image.Image) -> Image.Image:
    """The image in grey (mode L), turned as its EXIF data say; transparent paper becomes black or
    white, whichever differs more from the ink."""
    orientation = _orientation(image)
    if image.mode.startswith("I"):
        grey = _grey_of_16_bits(np.asarray(image).clip(0, 65_535).astype(np.uint16))
    elif image.has_transparency_data and not _is_opaque(image):
        image.thumbnail((2 * WORKING_SIDE, 2 * WORKING_SIDE))
        shades = np.asarray(image.convert("LA"), dtype=np.float32)
        opacity = shades[..., 1] / MAX_LEVEL
        mean = (shades[..., 0] * opacity).sum() / max(opacity.sum(), 1e-6)
        backing = MAX_LEVEL if mean < 128 else 0
        grey = Image.fromarray(
            np.rint(shades[..., 0] * opacity + backing * (1 - opacity)).astype(np.uint8)
        )
    else:
        grey = _grey(image)
    grey.thumbnail((2 * WORKING_SIDE, 2 * WORKING_SIDE), Image.Resampling.BOX)
    for key in ("exif", "Raw profile type exif"):
        grey.info.pop(key, None)
    grey.getexif()[ExifTags.Base.Orientation] = orientation
    upright = ImageOps.exif_transpose(grey)
    upright.info[TURNED] = _TURNS.get(orientation, 0)
    return upright


def _grey_of_16_bits(levels: NDArray[np.uint16]) -> Image.Image:
    """Bring (h, w) levels of 16 bits, of which often fewer are used, to 8. If nearly all of them
    are close together, their range becomes that of the 8 bits."""
    unused = 16 - int(levels.max()).bit_length()
    sampled = levels[:: 1 + len(levels) // WORKING_SIDE, :: 1 + len(levels[0]) // WORKING_SIDE]
    low, high = np.percentile(sampled, _NEARLY_ALL)
    if not 0 < (high - low) * 2**unused < _EVEN_BRIGHTNESS * 2**8:
        return Image.fromarray((levels << unused >> 8).astype(np.uint8))
    stretched = np.clip((np.arange(2**16) - low) / (high - low), 0, 1)
    return Image.fromarray(np.rint(MAX_LEVEL * stretched).astype(np.uint8)[levels])


def _is_opaque(image: Image.Image) -> bool:
    """Whether no pixel is transparent."""
    return image.mode == "RGBA" and image.getchannel("A").getextrema() == (MAX_LEVEL, MAX_LEVEL)


def _grey(image: Image.Image) -> Image.Image:
    """Convert to grey by brightness. If that is nearly the same everywhere, as with yellow ink on
    pale blue, use the first principal component of the colours."""
    grey = image.convert("L")
    if image.mode in ("1", "L") or np.ptp(grey.getextrema()) > _EVEN_BRIGHTNESS:
        return grey
    image.thumbnail((2 * WORKING_SIDE, 2 * WORKING_SIDE), Image.Resampling.BOX)
    colours = image.convert("RGB")
    some = np.asarray(colours.resize(_SAMPLED, Image.Resampling.NEAREST), float).reshape(-1, 3)
    weights = np.linalg.eigh(np.cov(some.T))[1][:, -1]
    middle = (MAX_LEVEL + 1) / 2 - weights @ some.mean(axis=0)
    return colours.convert("L", (*weights.tolist(), middle))


def _orientation(image: Image.Image) -> int:
    """The orientation in the EXIF data; 1, upright, if there is none or they are damaged, as the
    picture itself may be fine."""
    try:
        return image.getexif().get(ExifTags.Base.Orientation, 1)
    except (struct.error, OSError, SyntaxError, ValueError, KeyError, TypeError):
        return 1


def upright(image: Image.Image) -> Image.Image:
    """An opened image in grey and upright; see `open_image`."""
    return image if image.mode == "L" else _upright_grey(image.copy())
