"""Strokes → 28×28 in MNIST's form, with every step on the way.

They are drawn anew at MNIST's pen width in a field of 20×20, which is placed in 28×28 by its centre
of mass. ``pixels`` does the same for images.

In the browser pages/components/draw/mnist_form.js does the same while the pen is down;
tests/javascript/golden.json holds both to the same images.
"""

from collections.abc import Collection, Sequence

import numpy as np
from PIL import Image, ImageDraw

from mnist_core.config.sizes import INK_SIDE
from mnist_core.digits.mnist_format import (
    BLANK,
    DOT,
    SEVERAL,
    Digit,
    NothingToClassify,
    Step,
    boxed,
    centre,
    grey_levels,
    shrunk,
)

# Of drawings by writers that it has not met, champion reads 99.1 % at this width, 98.8 % at 2.2 and
# 99.4 % at 3.2. Plainly trained networks like it thinner: early-stopping loses 0.6 points against
# 2.2, leaky-relu 1.9. From 18.6 to 19.4 the side makes half a point at most: MNIST's ink is 20 px
# only with its half-covered edges.
PEN_WIDTH = 2.8
DRAWN_SIDE = 19.0

BRUSH = 18.0  # canvas pixels

MIN_EXTENT = 8.0
"""Drawings of a smaller longer side, in canvas pixels, are dots."""

SPECK_SHARE = 0.05
"""Strokes of a smaller extent, as a fraction of the drawing's, are specks."""

POINT_STEP = 0.5
"""Distance between points along a line, in pixels of the image."""

_APART = 0.15
_SEGMENTS_AT_ONCE = 128


# Strokes


def digit_from_strokes(
    strokes: Sequence[np.ndarray], *, canvas: tuple[int, int] = (280, 280), brush: float = BRUSH
) -> Digit | NothingToClassify:
    """The digit that strokes draw; where, how large and with which brush makes no difference.

    Args:
        strokes: (n, 2) x, y in canvas pixels with y downwards. Specks beside a larger drawing are
            left out.
        canvas: its width and height, for the step "drawing" only.
        brush: its width in canvas pixels, for the steps "drawing" and "crop" only.
    """
    inked = _inked(strokes)
    if isinstance(inked, NothingToClassify):
        return inked
    strokes, low, high, ink = inked
    if _stand_apart(strokes):
        return SEVERAL

    def first_steps() -> tuple[Step, ...]:
        moved = [line - low + brush / 2 for line in strokes]
        return (
            Step("drawing", "As it was drawn.", _picture(strokes, canvas, brush)),
            Step("crop", "Cut to the ink.", _picture(moved, high - low + brush, brush)),
            Step(
                "20×20", "Drawn anew with MNIST's pen, the longer side 20 pixels.", grey_levels(ink)
            ),
        )

    return Digit(centre(ink), ink, first_steps)


def image_from_strokes(
    strokes: Sequence[np.ndarray], pen_width: float = PEN_WIDTH
) -> np.ndarray | None:
    """The image of `digit_from_strokes` without the steps on the way; None where there is none.

    Args:
        strokes: as there.
        pen_width: in pixels of the image, another one than MNIST's for training.
    """
    inked = _inked(strokes, pen_width)
    return None if isinstance(inked, NothingToClassify) else centre(inked[3])


def _inked(
    strokes: Sequence[np.ndarray], pen_width: float = PEN_WIDTH
) -> tuple[list[np.ndarray], np.ndarray, np.ndarray, np.ndarray] | NothingToClassify:
    """The strokes that count, their box (low, high), and (20, 20) ink from 0 to 1."""
    strokes = [np.asarray(stroke, float).reshape(-1, 2) for stroke in strokes if len(stroke)]
    if not strokes:
        return BLANK
    strokes = _without_specks(strokes)
    low, high = _box(strokes)
    extent = (high - low).max()
    if extent < MIN_EXTENT:
        return DOT
    scale = (DRAWN_SIDE - pen_width) / extent
    middle = (low + high) / 2
    placed = [_thinned((line - middle) * scale + INK_SIDE / 2) for line in strokes]
    return strokes, low, high, _drawn(placed, pen_width)


SKIPPABLE_STEPS = {
    "crop": "Size and place stay as drawn",
    "pen": "The brush stays as thick as drawn",
    "centre": "Centred by its box, not by its mass",
    "polarity": "Black ink on white paper",
}
"""What `with_steps_skipped` can leave out, with a name for the visitor."""


def with_steps_skipped(
    strokes: Sequence[np.ndarray],
    omitted: Collection[str],
    *,
    canvas: tuple[int, int] = (280, 280),
    brush: float = BRUSH,
) -> np.ndarray:
    """What the network would see if steps were left out.

    Args:
        strokes: what `digit_from_strokes` makes a digit of; also `canvas` and `brush` are as there.
        omitted: keys of `SKIPPABLE_STEPS`; with none of them the digit's own image comes.

    Returns:
        (28, 28) uint8.
    """
    strokes = _without_specks([np.asarray(line, float) for line in strokes])
    low, high = _box(strokes)
    side = DRAWN_SIDE - PEN_WIDTH
    if "crop" in omitted:
        scale, middle = INK_SIDE / max(canvas), np.array(canvas) / 2
    else:
        scale, middle = side / (high - low).max(), (low + high) / 2
    if "pen" not in omitted:
        placed = [_thinned((line - middle) * scale + INK_SIDE / 2) for line in strokes]
        ink = _drawn(placed)
    else:
        if "crop" in omitted:
            thick = _picture(strokes, canvas, brush)
        else:
            moved = [line - low + brush / 2 for line in strokes]
            thick = _picture(moved, high - low + brush, brush)
        ink = shrunk(thick / 255, INK_SIDE)
    image = boxed(grey_levels(ink)) if {"centre", "crop"} & set(omitted) else centre(ink)
    return 255 - image if "polarity" in omitted else image


def _box(strokes: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    points = np.concatenate(strokes)
    return points.min(axis=0), points.max(axis=0)


def _without_specks(strokes: list[np.ndarray]) -> list[np.ndarray]:
    """Leave out strokes that are dots beside the whole; a drawing all of dots stays."""
    least = SPECK_SHARE * np.ptp(_box(strokes), axis=0).max()
    large = [line for line in strokes if np.ptp(line, axis=0).max() >= least]
    return large or strokes


def _stand_apart(strokes: list[np.ndarray]) -> bool:
    """Whether strokes form two drawings, both large, clearly beside or above each other.

    So do 5 of the 7,494 pen digits, and all but 1 in 1,000 pairs of them a quarter of their height
    apart.
    """
    gap = _APART * max(np.ptp(line, axis=0).max() for line in strokes)
    least = np.ptp(_box(strokes), axis=0).max() / 4  # a dashed digit is one
    for axis in (0, 1):
        groups: list[list[np.ndarray]] = []
        reach = -np.inf
        for line in sorted(strokes, key=lambda line: line[:, axis].min()):
            if line[:, axis].min() - reach > gap:
                groups.append([])
            groups[-1].append(line)
            reach = max(reach, line[:, axis].max())
        sides = [np.ptp(_box(group), axis=0).max() for group in groups]
        if sum(side >= max(least, max(sides) / 2) for side in sides) > 1:
            return True
    return False


def _thinned(line: np.ndarray, apart: float = POINT_STEP) -> np.ndarray:
    """Points of a line at least about `apart` of way from each other, with its two ends."""
    way = np.concatenate([[0], np.hypot(*np.diff(line, axis=0).T).cumsum()])
    keep = np.diff(np.floor(way / apart), prepend=-1) > 0
    keep[-1] = True
    return line[keep]


def _drawn(lines: Sequence[np.ndarray], pen_width: float = PEN_WIDTH) -> np.ndarray:
    """(20, 20) ink from 0 to 1: how far a pixel's middle lies inside of a round pen's track."""
    starts = np.concatenate([line[:-1] if len(line) > 1 else line for line in lines])
    ways = np.concatenate([line[1:] if len(line) > 1 else line for line in lines]) - starts
    pixel = np.arange(INK_SIDE) + 0.5
    nearest = np.full((INK_SIDE, INK_SIDE), np.inf)
    for first in range(0, len(starts), _SEGMENTS_AT_ONCE):
        part = slice(first, first + _SEGMENTS_AT_ONCE)
        (x, y), (dx, dy) = (values[part].T[:, :, None, None] for values in (starts, ways))
        off_x, off_y = pixel - x, pixel[:, None] - y
        along = (off_x * dx + off_y * dy) / np.maximum(dx**2 + dy**2, 1e-12)
        along = np.clip(along, 0, 1)
        squared = (off_x - along * dx) ** 2 + (off_y - along * dy) ** 2
        nearest = np.minimum(nearest, squared.min(axis=0))
    return np.clip(pen_width / 2 + 0.5 - np.sqrt(nearest), 0, 1)


def _picture(strokes: Sequence[np.ndarray], size: Sequence[float], brush: float) -> np.ndarray:
    """Strokes as a small picture of at most 140 pixels a side, drawn twice as large for smoothness.

    For looking at only: the network never sees it.
    """
    scale = 280 / max(size)
    width, height = (max(2, 2 * round(side * scale / 2)) for side in size)
    picture = Image.new("L", (width, height))
    draw = ImageDraw.Draw(picture)
    radius = max(brush * scale / 2, 1)
    apart = max(radius / 2, 2)
    for line in strokes:
        points = _thinned(line * scale, apart)
        flat = [tuple(point) for point in points.tolist()]
        draw.line(flat, fill=255, width=round(2 * radius), joint="curve")
        for x, y in (flat[0], flat[-1]):
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return np.asarray(picture.reduce(2))
