"""Pictures of drawings as pens, screens, scanners and cameras make them; they are read as photos
are.

The non-digit detector is trained and measured on them, so that it knows digits drawn with all
kinds of pens, and blurred, pixelated or faint ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

from mnist_core.config.sizes import INK_SIDE, MAX_LEVEL
from mnist_core.digits.drawings.strokes import Stroke
from mnist_core.digits.mnist_format import Digit, Ink, crop, grey_levels
from mnist_core.digits.photos.from_photo import digit_from_image

Range = tuple[float, float]

_USUAL_PEN = 2.6  # width of the strokes of MNIST's digits, in pixels
_FINE_SIDE = 192  # pixels: the longer side of a drawing before it is made into a picture


@dataclass(frozen=True)
class Conditions:
    """How a picture is made. From each range a value is chosen log-uniformly.

    Attributes:
        extent: The drawing's longer side, in pixels of the picture.
        pen: Width of the strokes in 20ths of the drawing's longer side; at least one pixel of the
            picture.
        blur: Standard deviation of the blur, likewise in 20ths of the longer side.
        contrast: Difference between ink and paper, 0 to 1.
        pixelated: Share of the pictures, 0 to 1, whose pixels are enlarged to squares.
    """

    extent: Range = (18, 120)
    pen: Range = (1.2, 4)
    blur: Range = (0.05, 0.3)
    contrast: Range = (0.4, 1)
    pixelated: float = 0


CONDITIONS = {
    "usual": Conditions(),
    "thin": Conditions(pen=(0.2, 0.6)),
    "thick": Conditions(pen=(4, 5)),
    "blurred": Conditions(blur=(0.6, 1.2)),
    "pixelated": Conditions(extent=(14, 20), pixelated=1),
    "faint": Conditions(contrast=(0.1, 0.25)),
    "small": Conditions(extent=(14, 20)),
    "large": Conditions(extent=(150, 220)),
}
MIXED = Conditions((14, 150), (0.2, 5.2), (0.03, 1.2), (0.1, 1), 0.2)
"""All conditions that the detector is trained on."""


def picture_of_strokes(
    strokes: Sequence[Stroke], rng: np.random.Generator, conditions: Conditions = MIXED
) -> Image.Image:
    """Make a picture (mode L) of strokes.

    Args:
        strokes: Of any size.
        rng: The source of randomness.
        conditions: How it is made.
    """
    pen = _chosen(rng, conditions.pen) * _FINE_SIDE / INK_SIDE
    points = np.concatenate(strokes)
    low = points.min(axis=0)
    factor = (_FINE_SIDE - pen) / max(np.ptp(points, axis=0).max(), 1e-6)
    placed = [(stroke - low) * factor + pen / 2 for stroke in strokes]
    width, height = (np.concatenate(placed).max(axis=0) + pen / 2).astype(int) + 1
    fine = Image.new("L", (int(width), int(height)))
    draw, radius = ImageDraw.Draw(fine), pen / 2
    for stroke in placed:
        line = [(float(x), float(y)) for x, y in stroke]
        draw.line(line, fill=MAX_LEVEL, width=max(1, round(pen)), joint="curve")
        for x, y in (line[0], line[-1]):
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=MAX_LEVEL)
    return _picture(fine, rng, conditions)


def picture_of_image(
    image: NDArray[np.uint8], rng: np.random.Generator, conditions: Conditions = MIXED
) -> Image.Image:
    """Make a picture (mode L) of a digit in MNIST's form, its strokes thinned or thickened to the
    width of the pen.

    Args:
        image: (28, 28) uint8.
        rng: The source of randomness.
        conditions: How it is made.
    """
    inked = grey_levels(crop(image / MAX_LEVEL))
    ink = Image.fromarray(np.pad(inked, 3))
    factor = _FINE_SIDE / (max(ink.size) - 6)
    size = (round(ink.width * factor), round(ink.height * factor))
    fine = np.asarray(ink.resize(size, Image.Resampling.BICUBIC))
    wider = round((_chosen(rng, conditions.pen) - _USUAL_PEN) * _FINE_SIDE / INK_SIDE / 2)
    if wider > 0:
        fine = ndimage.maximum_filter(fine, 2 * wider + 1)
    while wider < 0 and ndimage.grey_opening(fine, 1 - 2 * wider).mean() < 0.93 * fine.mean():
        wider += 2  # or parts would be lost
    if wider < 0:
        fine = ndimage.minimum_filter(fine, 1 - 2 * wider)
    return picture_of_ink(crop(fine / MAX_LEVEL, 0.5), rng, conditions)


def picture_of_ink(
    ink: Ink, rng: np.random.Generator, conditions: Conditions = MIXED
) -> Image.Image:
    """Make a picture (mode L) of ink, leaving its strokes as wide as they are."""
    fine = Image.fromarray(grey_levels(ink))
    return _picture(fine, rng, conditions)


def read(picture: Image.Image) -> NDArray[np.uint8] | None:
    """What the network sees of a picture, (28, 28) uint8; None if it shows no single digit."""
    digit = digit_from_image(picture)
    return digit.image if isinstance(digit, Digit) else None


def _picture(fine: Image.Image, rng: np.random.Generator, conditions: Conditions) -> Image.Image:
    extent = _chosen(rng, conditions.extent)
    factor = extent / max(fine.size)
    size = [max(1, round(side * factor)) for side in fine.size]
    ink = np.asarray(fine.resize(size, Image.Resampling.BOX), dtype=np.float32) / MAX_LEVEL
    # Shrinking makes a line thinner than a pixel grey, while a pen of one pixel draws in full ink.
    ink = np.clip(ink / max(np.quantile(ink[ink > 0], 0.9), 0.05), 0, 1)
    margins = rng.integers(0, max(3, round(extent * 0.5)), (2, 2))
    if rng.random() < 0.2:
        margins[:] = rng.integers(0, 3, (2, 2))
    ink = np.pad(ink, margins)
    ink = ndimage.gaussian_filter(ink, _chosen(rng, conditions.blur) * extent / INK_SIDE)
    ink /= ink.max()
    if rng.random() < conditions.pixelated:
        if rng.random() < 0.5:
            ink = np.rint(ink)
        enlarged = int(rng.integers(1, 9))
        ink = ink.repeat(enlarged, 0).repeat(enlarged, 1)
    contrast = _chosen(rng, conditions.contrast)
    if rng.random() < 0.5:
        paper = rng.uniform(contrast, 1)
        shades = paper - contrast * ink
    else:
        paper = rng.uniform(0, 1 - contrast)
        shades = paper + contrast * ink
    if rng.random() < 0.3:
        shades = shades + rng.normal(0, 0.04 * contrast, shades.shape)
    return Image.fromarray(np.rint(np.clip(shades, 0, 1) * MAX_LEVEL).astype(np.uint8))


def _chosen(rng: np.random.Generator, values: Range) -> float:
    """A value from the range, log-uniformly distributed."""
    return float(np.exp(rng.uniform(*np.log(values))))
