"""Strokes → 28×28 in MNIST's form, with every step on the way.

Where strokes are known they are redrawn with MNIST's pen width in a field of 20×20 instead of being
shrunk, so that neither the brush nor the size of the drawing matters. `from_photo` does the same
for images.

In the browser pages/components/draw/live/mnist_format.js does the same while the pen is down; both
are tested against tests/javascript/golden.json.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from mnist_core.config.pen import BRUSH, PEN_WIDTH
from mnist_core.config.sizes import INK_SIDE, MAX_LEVEL
from mnist_core.digits.drawings.strokes import Stroke
from mnist_core.digits.mnist_format import (
    BLANK,
    DOT,
    SEVERAL,
    Digit,
    Ink,
    NothingToClassify,
    Step,
    centre_box,
    centre_mass,
    grey_levels,
    scale,
)

# MNIST's 20 pixels include half-covered edges. Any value from 18.6 to 19.4 changes the accuracy by
# half a point at most.
DRAWN_SIDE = 19.0
"""The longer side of the redrawn strokes, their width included, in pixels of the image."""

CANVAS_SIDE = 280
"""Width and height of the Draw page's canvas, in canvas pixels."""

MIN_EXTENT = 8.0
"""Drawings whose longer side is smaller, in canvas pixels, are dots."""

SPECK_SHARE = 0.05
"""Strokes of a smaller extent, as a fraction of the drawing's, are specks."""

POINT_STEP = 0.5
"""Distance between points along a line, in pixels of the image."""

APART = 0.15
"""The widest gap within a digit, as a share of the longest stroke's extent."""

_BENT = 1.4  # length by diagonal: that of two sides of a square

_SEGMENTS_AT_ONCE = 128
_PICTURE_SIDE = 140  # pixels of the pictures of steps 1 and 2

SKIPPABLE_STEPS = {
    "crop": ("Crop and scale", "Size and place stay as drawn."),
    "pen": ("Redraw with MNIST's pen", "The brush stays as thick as drawn."),
    "centre": ("Shift to the centre of mass", "The box stays in the middle."),
    "polarity": ("White ink on black", "Black ink on white paper."),
}
"""The steps that `with_steps_skipped` can skip: the name of each, and what happens without it."""


def digit_from_strokes(
    strokes: Sequence[Stroke], *, brush: float = BRUSH, single: bool = False
) -> Digit | NothingToClassify:
    """The digit that strokes draw, or why there is no single one. Place, size and brush make no
    difference to its image.

    Args:
        strokes: In canvas pixels. Specks beside a larger drawing are ignored.
        brush: Width in canvas pixels, for the pictures of steps 1 and 2 only.
        single: Whether they are known to draw one sign, whose parts may be far apart.
    """
    inked = _inked(strokes)
    if isinstance(inked, NothingToClassify):
        return inked
    kept, low, high, ink = inked
    if not single and _are_several_digits(kept):
        return SEVERAL

    def first_steps() -> tuple[Step, ...]:
        canvas = (CANVAS_SIDE, CANVAS_SIDE)
        scaled = "Scaled so that the longer side has 20 pixels, and redrawn with MNIST's pen width."
        return (
            Step("Drawing", "As it was drawn.", _picture(kept, canvas, brush)),
            Step("Crop", "Cut to the ink.", _cropped_picture(kept, low, high, brush)),
            Step("Scale", scaled, grey_levels(ink)),
        )

    return Digit(centre_mass(ink), ink, first_steps)


def image_from_strokes(
    strokes: Sequence[Stroke], pen_width: float = PEN_WIDTH
) -> NDArray[np.uint8] | None:
    """The image of `digit_from_strokes`, (28, 28) uint8, or None for a blank drawing or a dot.
    Several digits are treated as one.

    Args:
        strokes: In canvas pixels.
        pen_width: In pixels of the image; training also draws with pens other than MNIST's.
    """
    inked = _inked(strokes, pen_width)
    return None if isinstance(inked, NothingToClassify) else centre_mass(inked[3])


def with_steps_skipped(
    strokes: Sequence[Stroke], skipped: Collection[str], *, brush: float = BRUSH
) -> NDArray[np.uint8]:
    """What the network would see if steps were skipped, (28, 28) uint8.

    Args:
        strokes: In canvas pixels; they must make a digit by `digit_from_strokes`.
        skipped: Keys of `SKIPPABLE_STEPS`; with none of them, the digit's own image comes.
        brush: Width in canvas pixels, seen where redrawing is skipped.
    """
    strokes = _without_specks([np.asarray(stroke, float) for stroke in strokes])
    low, high = _box(strokes)
    if "pen" in skipped:
        if "crop" in skipped:
            thick = _picture(strokes, (CANVAS_SIDE, CANVAS_SIDE), brush)
        else:
            thick = _cropped_picture(strokes, low, high, brush)
        ink = scale(thick / MAX_LEVEL)
    elif "crop" in skipped:
        ink = _drawn(_placed(strokes, INK_SIDE / CANVAS_SIDE, np.full(2, CANVAS_SIDE / 2)))
    else:
        ink = _drawn(_placed(strokes, _factor(low, high, PEN_WIDTH), (low + high) / 2))
    by_box = {"centre", "crop"} & set(skipped)
    image = centre_box(grey_levels(ink)) if by_box else centre_mass(ink)
    return MAX_LEVEL - image if "polarity" in skipped else image


def _inked(
    strokes: Sequence[Stroke], pen_width: float = PEN_WIDTH
) -> tuple[list[Stroke], NDArray[np.float64], NDArray[np.float64], Ink] | NothingToClassify:
    """The strokes that count, the corners (low, high) of their box, and their (20, 20) ink."""
    kept = [np.asarray(stroke, float).reshape(-1, 2) for stroke in strokes if len(stroke)]
    if not kept:
        return BLANK
    kept = _without_specks(kept)
    low, high = _box(kept)
    if (high - low).max() < MIN_EXTENT:
        return DOT
    placed = _placed(kept, _factor(low, high, pen_width), (low + high) / 2)
    return kept, low, high, _drawn(placed, pen_width)


def _factor(low: NDArray[np.float64], high: NDArray[np.float64], pen_width: float) -> float:
    """Scale from canvas pixels to pixels of the image at which the ink is `DRAWN_SIDE` long."""
    return (DRAWN_SIDE - pen_width) / (high - low).max()


def _placed(strokes: Sequence[Stroke], factor: float, middle: NDArray[np.float64]) -> list[Stroke]:
    """Strokes scaled, with `middle` in the middle of the 20×20 field."""
    return [_thinned((stroke - middle) * factor + INK_SIDE / 2) for stroke in strokes]


def _box(strokes: Sequence[Stroke]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    points = np.concatenate(strokes)
    return points.min(axis=0), points.max(axis=0)


def _extent(*strokes: Stroke) -> float:
    return float(np.ptp(_box(strokes), axis=0).max())


def _without_specks(strokes: list[Stroke]) -> list[Stroke]:
    """The strokes without those that are mere dots; a drawing of dots alone is kept."""
    least = SPECK_SHARE * _extent(*strokes)
    return [stroke for stroke in strokes if _extent(stroke) >= least] or strokes


def _are_several_digits(strokes: list[Stroke]) -> bool:
    """Whether the strokes form two large drawings with a gap between them, side by side or one
    above the other.

    This holds for 5 of the 7,494 pen digits, and for 999 of 1,000 pairs of them that stand a
    quarter of their height apart.
    """
    gap = APART * max(map(_extent, strokes))
    least = _extent(*strokes) / 4  # short straight strokes are the dashes of one digit
    for axis in (0, 1):
        groups: list[list[Stroke]] = []
        reach = -np.inf
        for stroke in sorted(strokes, key=lambda stroke: stroke[:, axis].min()):
            if stroke[:, axis].min() - reach > gap:
                groups.append([])
            groups[-1].append(stroke)
            reach = max(reach, stroke[:, axis].max())
        sides = [_extent(*group) for group in groups]
        large = [
            2 * side >= max(sides) and (side >= least or _is_bent(group))
            for side, group in zip(sides, groups, strict=True)
        ]
        if sum(large) > 1:
            return True
    return False


def _is_bent(strokes: Sequence[Stroke]) -> bool:
    """Whether strokes are much longer than their box is from corner to corner."""
    way = sum(np.hypot(*np.diff(stroke, axis=0).T).sum() for stroke in strokes)
    return bool(way > _BENT * np.hypot(*np.ptp(_box(strokes), axis=0)))


def _thinned(stroke: Stroke, apart: float = POINT_STEP) -> Stroke:
    """The two ends of a stroke, and between them points about `apart` from each other along it."""
    way = np.concatenate([[0], np.hypot(*np.diff(stroke, axis=0).T).cumsum()])
    keep = np.diff(np.floor(way / apart), prepend=-1) > 0
    keep[-1] = True
    return stroke[keep]


def _drawn(strokes: Sequence[Stroke], pen_width: float = PEN_WIDTH) -> Ink:
    """(20, 20) ink: how far each pixel's centre lies inside the track of a round pen."""
    starts = np.concatenate([line[:-1] if len(line) > 1 else line for line in strokes])
    ways = np.concatenate([line[1:] if len(line) > 1 else line for line in strokes]) - starts
    pixel = np.arange(INK_SIDE) + 0.5
    nearest = np.full((INK_SIDE, INK_SIDE), np.inf)  # squared distance to a segment
    for first in range(0, len(starts), _SEGMENTS_AT_ONCE):
        part = slice(first, first + _SEGMENTS_AT_ONCE)
        (x, y), (dx, dy) = (values[part].T[:, :, None, None] for values in (starts, ways))
        off_x, off_y = pixel - x, pixel[:, None] - y
        along = (off_x * dx + off_y * dy) / np.maximum(dx**2 + dy**2, 1e-12)
        along = np.clip(along, 0, 1)
        squared = (off_x - along * dx) ** 2 + (off_y - along * dy) ** 2
        nearest = np.minimum(nearest, squared.min(axis=0))
    return np.clip(pen_width / 2 + 0.5 - np.sqrt(nearest), 0, 1)


def _cropped_picture(
    strokes: Sequence[Stroke],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    brush: float,
) -> NDArray[np.uint8]:
    width, height = high - low + brush
    return _picture([stroke - low + brush / 2 for stroke in strokes], (width, height), brush)


def _picture(
    strokes: Sequence[Stroke], size: tuple[float, float], brush: float
) -> NDArray[np.uint8]:
    """Strokes on a canvas of this width and height as a small picture, for people to look at.

    Drawn twice as large and reduced, so that edges are smooth.
    """
    factor = 2 * _PICTURE_SIDE / max(size)
    width, height = (max(2, 2 * round(side * factor / 2)) for side in size)
    picture = Image.new("L", (width, height))
    draw = ImageDraw.Draw(picture)
    radius = max(brush * factor / 2, 1)
    apart = max(radius / 2, 2)
    for stroke in strokes:
        points: list[tuple[float, float]] = [
            (x, y) for x, y in _thinned(stroke * factor, apart).tolist()
        ]
        draw.line(points, fill=MAX_LEVEL, width=round(2 * radius), joint="curve")
        for x, y in (points[0], points[-1]):
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=MAX_LEVEL)
    return np.asarray(picture.reduce(2))
