"""A photo, scan or other image of a digit → 28×28 in MNIST's form.

The ink is separated from the paper and its shadows, cropped, shrunk by area to 20 pixels and
centred by its mass (`mnist_format`). The look of the paper, the thickness of the pen and the place
of the digit are to make as little difference as possible.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from mnist_core.config.sizes import IMAGE_SIDE, INK_SIDE, MAX_LEVEL
from mnist_core.digits.drawings.from_strokes import MIN_EXTENT
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
from mnist_core.digits.photos import ink_extraction, ink_parts
from mnist_core.digits.photos.picture_file import TURNED, WORKING_SIDE, upright

BLANK = NothingToClassify("No digit found in this photo.", "blank")

# The box of a digit holds all ink above the first level, that of a large one above the second.
_FAINT, _SOLID = 0.02, 0.1
_PALE, _USUAL_INK = 0.3, 0.6  # of ink above this level, this quantile counts as full
_SMOOTH_EDGE = 0.3  # level of ink that counts as the outline of an enlarged digit
_UNSTRETCHED = 0.65
"""To what share of its height a digit that was stretched to a square is narrowed.

Of MNIST's validation digits and held-out pen drawings, stretched to 16 pixels a side, 95.6 % are
read correctly as they are, 97.3 % at 0.8, 97.9 % at 0.65 and 97.8 % at 0.6. Validation digits that
are square by nature are all read correctly at any of these.
"""
_KERNEL = 2  # pixels on each side that bicubic enlargement looks at
_FINE = 8  # subdivisions of each of the 20 pixels while the stroke width is measured and corrected
_WIDTHS = (1.15, 4.3)  # strokes of these widths, in pixels of the image, stay as they are
_WIDTH_GOALS = (1.8, 3.2)  # what thinner and thicker strokes are brought to
_THUMBNAIL_SIDE = 140  # pixels
_GUESSED = "tentatively turned"  # key in an image's `info`: `sideways` turned it


@dataclass(frozen=True, eq=False)
class InkedPicture:
    """A picture and the ink on it.

    Attributes:
        shades: (h, w), the picture in grey, 0 (black) to 1 (white).
        found: All ink on it.
        pieces: The pieces of ink that may belong to a digit; at least one.
        ink: The ink of these pieces alone, in the shape of `found.ink`.
        assumed: How the picture was read.
    """

    shades: NDArray[np.uint8] = field(repr=False)
    found: ink_extraction.InkOnPaper
    pieces: Sequence[ink_parts.Part] = field(repr=False)
    ink: Ink = field(repr=False)
    assumed: Assumed


def digit_from_image(
    image: Image.Image, *, ink: Shade | None = None, single: bool = False, on_line: bool = False
) -> Digit | NothingToClassify:
    """The digit on an image or photo, or why there is no single one.

    Args:
        image: Of any mode and size; `open_image` makes one from a file.
        ink: Whether the ink is darker or lighter than the paper; None to tell by the picture.
        single: Whether the image is known to show one sign, whose parts may be far apart.
        on_line: Whether to leave out a line that the digit stands on; see `ink_parts.find_parts`.
    """
    picture = find_ink(image, ink=ink, on_line=on_line)
    if picture is None:
        return BLANK
    if not single and ink_parts.are_several_digits(picture.pieces):
        return SEVERAL
    return digit_from_ink(picture.ink, picture)


def find_ink(
    image: Image.Image, *, ink: Shade | None = None, on_line: bool = False
) -> InkedPicture | None:
    """The ink on an image; None if it shows nothing but paper. For the arguments see
    `digit_from_image`."""
    grey = upright(image)
    if max(grey.size) > WORKING_SIDE:
        grey = grey.copy()
        grey.thumbnail((WORKING_SIDE, WORKING_SIDE), Image.Resampling.BOX)
    shades = np.asarray(grey)
    found = ink_extraction.find_ink(shades.astype(np.float32) / np.float32(MAX_LEVEL), ink)
    if found is None:
        return None
    pieces = ink_parts.find_parts(found.ink, margin=found.margin, on_line=on_line)
    if not pieces:
        return None
    assumed = Assumed(found.shade, grey.info.get(TURNED, 0), grey.info.get(_GUESSED, False))
    own_ink = found.ink * ink_parts.mask(pieces, found.ink.shape)
    return InkedPicture(shades, found, pieces, own_ink, assumed)


def sideways(image: Image.Image) -> list[Image.Image]:
    """Both quarter turns of a photo that may lie on its side without the camera's data saying so.
    An empty list if the camera's data already turned it, or if its paper has one shade without
    grain, as in a drawing.
    """
    grey = upright(image)
    if grey.info.get(TURNED):
        return []
    picture = find_ink(grey)
    if picture is None or (picture.found.margin and not _is_grainy(picture.shades)):
        return []
    turns = []
    for degrees, how in ((90, Image.Transpose.ROTATE_270), (270, Image.Transpose.ROTATE_90)):
        turned = grey.transpose(how)  # Pillow turns anticlockwise
        turned.info |= {TURNED: degrees, _GUESSED: True}
        turns.append(turned)
    return turns


def _is_grainy(shades: NDArray[np.uint8]) -> bool:
    """Whether most of the picture is uneven, as a photo of even paper is and a drawing is not."""
    return bool(np.median(abs(np.diff(np.diff(shades.astype(int), 2, axis=0), 2, axis=1))) > 0)


def digit_from_ink(ink: Ink, picture: InkedPicture) -> Digit | NothingToClassify:
    """The digit in ink that holds a single one.

    Args:
        ink: In the shape of the picture's ink.
        picture: The picture that the ink comes from.
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
        caption = f"What is {assumed.ink}er than the paper, white on black."
        if found.lined is not None:
            steps.append(
                Step("Ink", caption, _thumbnail(grey_levels(found.lined / found.lined.max())))
            )
            caption = "The lines of the paper are taken away."
        steps.append(Step("Ink" if found.lined is None else "Lines", caption, all_ink))
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
    """Whether the digit fills a square picture from edge to edge. Some collections stretch all
    digits to the same size, and so lose their proportions."""
    height, width = picture.shades.shape
    return cropped.shape == (height, width) and height == width


def _is_dot(cropped: Ink, whole: tuple[int, ...]) -> bool:
    """Whether it is a round, filled blot that is small beside the whole picture."""
    height, width = cropped.shape
    is_round = max(height, width) <= 1.5 * min(height, width)
    is_small = max(height, width) < 0.15 * max(whole)
    return is_round and is_small and bool(cropped.mean() > 0.7)


def _cropped(ink: Ink) -> Ink:
    """Crop to the ink's box. A small digit keeps its faint edges, as each pixel is much of it."""
    cropped = crop(ink, _FAINT)
    return cropped if max(cropped.shape) <= IMAGE_SIDE else crop(ink, _SOLID)


def _evenly_inked(cropped: Ink) -> Ink:
    """Brighten a small digit until most of its pixels have full ink: the darkest may be few, where
    strokes cross or a brush was pressed down. Larger digits stay as they are."""
    solid = cropped[cropped > _PALE]
    if max(cropped.shape) > 2 * INK_SIDE or not solid.size:
        return cropped
    return np.clip(cropped / np.quantile(solid, _USUAL_INK), 0, 1)


def _smoothly_enlarged(cropped: Ink) -> Ink:
    """Enlarge a small digit smoothly, so that neither its pixels nor their alignment with the 20
    show in the result; digits of 20 pixels or more stay as they are."""
    side = max(cropped.shape)
    if side == INK_SIDE or side > 2 * INK_SIDE:
        return cropped
    factor = -(-INK_SIDE * _FINE // side)
    padded = Image.fromarray(np.pad(cropped, _KERNEL).astype(np.float32))
    size = (padded.width * factor, padded.height * factor)
    enlarged = np.clip(np.asarray(padded.resize(size, Image.Resampling.BICUBIC)), 0, 1)
    return crop(enlarged, _SMOOTH_EDGE) if enlarged.max() > _SMOOTH_EDGE else cropped


def _with_usual_width(cropped: Ink) -> Ink:
    """Bring strokes much thinner or thicker than MNIST's to a usual width; leave others as they
    are."""
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
