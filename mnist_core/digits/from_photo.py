"""Pixels → 28×28 in MNIST's form: an image, a photo with shadows.

Cropped, shrunk by area to a field of 20×20, and placed in 28×28 by the centre of mass.
"""

import io
import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import ExifTags, Image, ImageOps
from scipy import ndimage

from mnist_core.config.sizes import IMAGE_SIDE, INK_SIDE
from mnist_core.digits.from_strokes import MIN_EXTENT
from mnist_core.digits.mnist_format import (
    BLANK,
    DOT,
    SEVERAL,
    Digit,
    NothingToClassify,
    Step,
    centre,
    grey_levels,
    shrunk,
)
from mnist_core.errors import DigitLabError

MAX_IMAGE_BYTES = 20_000_000
MAX_IMAGE_PIXELS = 25_000_000
FORMATS = ("PNG", "JPEG", "WEBP")

_WORKING_SIDE = 512
_LEAST_CONTRAST = 0.06
_FLAT_NOISE = 0.004
_EVEN_RIM = 0.03
_FAINT, _SOLID, _PART = 0.02, 0.1, 0.25
_FINE = 8
_WIDTHS = (1.15, 4.3)
_WIDTH_GOALS = (1.8, 3.2)
_TOO_LARGE = f"At most {MAX_IMAGE_PIXELS // 1_000_000} million pixels go; make it smaller."
_NO_IMAGE = "This is no image that can be read; PNG, JPEG and WebP files can."
_NEIGHBOURS = np.ones((3, 3))  # of a pixel that belong to the same piece, corners too
_APART = 0.15


class ImageError(DigitLabError, ValueError):
    """An image can't be read; the message says why, and which images can."""


def open_image(content: bytes) -> Image.Image:
    """A PNG, JPEG or WebP file as a grey image of at most 1,024 pixels a side.

    Size in bytes and in pixels is checked before anything is decoded.

    Args:
        content: the file's bytes.

    Raises:
        ImageError: it is too large, damaged or of another format.
    """
    if len(content) > MAX_IMAGE_BYTES:
        raise ImageError(f"The file has {len(content):,} bytes; at most {MAX_IMAGE_BYTES:,} go.")
    try:
        image = Image.open(io.BytesIO(content), formats=FORMATS)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        too_large = isinstance(error, Image.DecompressionBombError)
        raise ImageError(_TOO_LARGE if too_large else _NO_IMAGE) from error
    width, height = image.size
    if width * height > MAX_IMAGE_PIXELS:
        raise ImageError(f"The image has {width:,} × {height:,} pixels. {_TOO_LARGE}")
    try:
        image.draft("L", (_WORKING_SIDE * 2, _WORKING_SIDE * 2))
        image.load()
        return _upright_grey(image)
    except (OSError, SyntaxError, ValueError) as error:
        raise ImageError(f"The image is damaged or incomplete ({error}).") from error


def _upright_grey(image: Image.Image) -> Image.Image:
    """Mode L, turned as its EXIF data says, on a background that its ink stands out from."""
    orientation = _orientation(image)
    if image.mode.startswith("I"):  # 16 bits a pixel
        grey = Image.fromarray((np.asarray(image) >> 8).clip(0, 255).astype(np.uint8))
    elif image.has_transparency_data:
        image.thumbnail((2 * _WORKING_SIDE, 2 * _WORKING_SIDE))
        shades = np.asarray(image.convert("LA"), dtype=np.float32)
        opacity = shades[..., 1] / 255
        mean = (shades[..., 0] * opacity).sum() / max(opacity.sum(), 1e-6)
        paper = 255 if mean < 128 else 0
        grey = Image.fromarray(
            np.rint(shades[..., 0] * opacity + paper * (1 - opacity)).astype(np.uint8)
        )
    else:
        grey = image.convert("L")
    grey.thumbnail((2 * _WORKING_SIDE, 2 * _WORKING_SIDE), Image.Resampling.BOX)
    for key in ("exif", "Raw profile type exif"):
        grey.info.pop(key, None)
    grey.getexif().update(orientation)
    return ImageOps.exif_transpose(grey)


def _orientation(image: Image.Image) -> dict[int, int]:
    """What its EXIF data say of it; nothing where they are damaged, as the picture may be well."""
    tag = ExifTags.Base.Orientation
    try:
        found = image.getexif()
    except (struct.error, OSError, SyntaxError, ValueError, KeyError, TypeError):
        return {}
    return {tag: found[tag]} if tag in found else {}


def digit_from_image(image: Image.Image) -> Digit | NothingToClassify:
    """The digit on an image or photo, dark on light or light on dark, with shadows or without.

    Args:
        image: of any mode and size; a file's bytes go through `open_image` first.
    """
    grey = image if image.mode == "L" else _upright_grey(image.copy())
    if max(grey.size) > _WORKING_SIDE:
        grey = grey.copy()
        grey.thumbnail((_WORKING_SIDE, _WORKING_SIDE), Image.Resampling.BOX)
    shades = np.asarray(grey)
    ink, noise = _off_the_paper(shades.astype(np.float32) / 255)
    if ink.max() < (_LEAST_CONTRAST if noise < _FLAT_NOISE else 2 * _LEAST_CONTRAST + 5 * noise):
        return BLANK
    if noise >= _FLAT_NOISE:
        ink = _without_noise(ink, noise)
    ink = ink / ink.max()
    parts = _parts(ink)
    if not parts:
        return BLANK
    if _several(parts):
        return SEVERAL
    return _from_ink(ink * _mask(parts, ink.shape), shades)


def _off_the_paper(shades: np.ndarray) -> tuple[np.ndarray, float]:
    """How much each pixel differs from the paper, and how much the paper itself is uneven.

    The paper's shade is that of the rim where this is even; else it is what remains when strokes
    are closed over (a grey-level closing or opening), so that shadows belong to the paper.
    """
    rim = np.concatenate([shades[0], shades[-1], shades[:, 0], shades[:, -1]])
    paper = np.median(rim)
    even = np.percentile(abs(rim - paper), 90) <= _EVEN_RIM
    # Strokes are few and stand out from what is around them, so that their cubes prevail; a
    # shadow's edge has as much above as below.
    deviation = shades - (paper if even else ndimage.uniform_filter(shades, max(shades.shape) // 8))
    if (deviation**3).sum() < 0:
        shades, paper = 1 - shades, 1 - paper
    if not even:
        paper = ndimage.grey_opening(shades, 2 * max(3, max(shades.shape) // 8) + 1)
    ink = np.clip(shades - paper, 0, 1)
    return ink, float(1.4826 * np.median(abs(ink - np.median(ink))))


def _without_noise(ink: np.ndarray, noise: float) -> np.ndarray:
    """Ink from 0 to 1 with a soft ramp around Otsu's threshold."""
    middle = max(_otsu(ink), 3 * noise)
    full = np.median(ink[ink > middle]) if (ink > middle).any() else 1.0
    low = max(middle - (full - middle) / 2, 2 * noise)
    return np.clip((ink - low) / max(full - low, 1e-6), 0, 1)


def _otsu(values: np.ndarray) -> float:
    """The threshold that parts values from 0 to 1 into two classes best (Otsu 1979)."""
    counts, edges = np.histogram(values, bins=128, range=(0, 1))
    middles = (edges[:-1] + edges[1:]) / 2
    below = counts.cumsum()
    above = below[-1] - below
    sums = (counts * middles).cumsum()
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = sums / below - (sums[-1] - sums) / above
    between = np.nan_to_num(below * above * gap**2, posinf=0, neginf=0)
    return float(edges[1:][between.argmax()])


@dataclass(frozen=True)
class _Part:
    """A connected piece of ink: its box (stop exclusive), its area, and where it is."""

    top: int
    bottom: int
    left: int
    right: int
    area: int
    pixels: np.ndarray

    @property
    def side(self) -> int:
        return max(self.bottom - self.top, self.right - self.left)


def _parts(ink: np.ndarray) -> list[_Part]:
    """The pieces of ink of some size, on a grid of at most 128 cells a side, largest first."""
    cell = -(-max(ink.shape) // 128)
    padded = np.pad(ink, [(0, -side % cell) for side in ink.shape])
    coarse = padded.reshape(len(padded) // cell, cell, -1, cell).max(axis=(1, 3)) > _PART
    labels, _ = ndimage.label(coarse, _NEIGHBOURS)
    parts = []
    for label, (rows, columns) in enumerate(ndimage.find_objects(labels), 1):
        pixels = labels == label
        box = (rows.start, rows.stop, columns.start, columns.stop)
        parts.append(_Part(*box, int(pixels.sum()), pixels))
    inside = [part for part in parts if not _at_rim(part, coarse.shape)]
    if any(part.side >= 0.1 * max(coarse.shape) for part in inside):
        parts = inside  # what touches the rim is the table, a thumb, a shadow
    parts.sort(key=lambda part: part.area, reverse=True)
    return [part for part in parts if part.area >= 0.02 * parts[0].area]


def _at_rim(part: _Part, shape: tuple[int, int]) -> bool:
    return min(part.top, part.left, shape[0] - part.bottom, shape[1] - part.right) == 0


def _several(parts: Sequence[_Part]) -> bool:
    """Whether two pieces are both large and clearly apart, as no digit's own strokes are."""
    largest = max(part.side for part in parts)
    large = [part for part in parts if part.side >= 0.4 * largest]
    return any(
        _gap(one, other) >= _APART * largest
        for index, one in enumerate(large)
        for other in large[index + 1 :]
    )


def _gap(one: _Part, other: _Part) -> int:
    """Distance between two pieces' boxes, the larger of across and down; 0 where they overlap."""
    across = max(one.left, other.left) - min(one.right, other.right)
    down = max(one.top, other.top) - min(one.bottom, other.bottom)
    return max(across, down, 0)


def _mask(parts: Sequence[_Part], shape: tuple[int, int]) -> np.ndarray:
    """(h, w) bool: the pieces with a cell's margin around, so that soft edges are kept."""
    coarse = np.any([part.pixels for part in parts], axis=0)
    margin = ndimage.binary_dilation(coarse, _NEIGHBOURS)
    cell = -(-max(shape) // 128)
    return margin.repeat(cell, 0).repeat(cell, 1)[: shape[0], : shape[1]]


def _from_ink(ink: np.ndarray, drawing: np.ndarray) -> Digit | NothingToClassify:
    """From (h, w) ink, 0 to 1, that holds one digit."""
    crop = _cropped(ink / ink.max())
    if max(crop.shape) < min(MIN_EXTENT, max(ink.shape) / 4) or _is_dot(crop, ink.shape):
        return DOT
    small = np.clip(shrunk(_pen_width_mended(crop), INK_SIDE), 0, 1)
    steps = (
        Step("drawing", "As it was given.", _thumbnail(drawing)),
        Step("crop", "Cut to the ink, white on black.", _thumbnail(grey_levels(crop))),
        Step("20×20", "Shrunk so that the longer side has 20 pixels.", grey_levels(small)),
    )
    return Digit(centre(small), small, lambda: steps)


def _is_dot(crop: np.ndarray, whole: tuple[int, int]) -> bool:
    """A round, filled blot that is small beside the whole picture."""
    height, width = crop.shape
    round_ = max(height, width) <= 1.5 * min(height, width)
    return round_ and crop.mean() > 0.7 and max(height, width) < 0.15 * max(whole)


def _cropped(ink: np.ndarray) -> np.ndarray:
    """Cut to the box of the ink; faint edges count only where a pixel is much of the digit."""
    for threshold in (_FAINT, _SOLID):
        rows, columns = ((ink > threshold).any(axis=axis).nonzero()[0] for axis in (1, 0))
        crop = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        if max(crop.shape) <= IMAGE_SIDE:
            break
    return crop


def _pen_width_mended(crop: np.ndarray) -> np.ndarray:
    """Bring strokes much thinner or thicker than MNIST's to its usual width; leave others."""
    fine = shrunk(crop, INK_SIDE * _FINE)
    width = _stroke_width(fine) / _FINE
    if _WIDTHS[0] <= width <= _WIDTHS[1]:
        return crop
    change = round((np.clip(width, *_WIDTH_GOALS) - width) * _FINE / 2)
    padded = np.pad(np.clip(fine, 0, 1), max(change, 0) + 1)
    grow = ndimage.grey_dilation if change > 0 else ndimage.grey_erosion
    mended = grow(padded, 2 * abs(change) + 1) if change else padded
    return _cropped(mended) if mended.max() > _SOLID else crop


def _stroke_width(ink: np.ndarray) -> float:
    """Mean width of strokes in pixels: twice the area by the length of the outline."""
    padded = np.pad(ink, 1)
    down, across = np.gradient(padded)
    return 2 * padded.sum() / max(np.hypot(down, across).sum(), 1e-6)


def _thumbnail(image: np.ndarray) -> np.ndarray:
    picture = Image.fromarray(image)
    picture.thumbnail((140, 140), Image.Resampling.BOX)
    return np.asarray(picture)
