"""Strokes → 28×28 in MNIST's form, with every step on the way.

They are drawn anew at MNIST's pen width in a field of 20×20, which is placed in 28×28 by its centre
of mass. ``pixels`` does the same for images.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from PIL import Image, ImageDraw

from mnist_core.digits.mnist import IMAGE_SIDE, INK_SIDE, centre

# Of drawings by writers that it has not met, champion reads 99.1 % at this width, 98.8 % at 2.2 and
# 99.4 % at 3.2. Plainly trained networks like it thinner: early-stopping loses 0.6 points against
# 2.2, leaky-relu 1.9. From 18.6 to 19.4 the side makes half a point at most: MNIST's ink is 20 px
# only with its half-covered edges.
PEN_WIDTH = 2.8
DRAWN_SIDE = 19.0

MIN_EXTENT = 8.0
"""Drawings of a smaller longer side, in canvas pixels, are dots."""

_SPECK = 0.05
_APART = 0.15
_POINT_STEP = 0.5
_SEGMENTS_AT_ONCE = 128


@dataclass(frozen=True, eq=False)
class Step:
    """One step from the drawing to the network's input.

    Attributes:
        name: "drawing", "crop", "20×20", "centre of mass" or "28×28".
        caption: what was done, in a sentence.
        image: (h, w) uint8, 0 is paper and 255 is ink.
    """

    name: str
    caption: str
    image: np.ndarray = field(repr=False)


@dataclass(frozen=True, eq=False)
class Digit:
    """What the network sees.

    Attributes:
        image: (28, 28) uint8 in MNIST's form.
        ink: (h, w) from 0 to 1, at most 20 a side: what `image` was before it was centred.
        first_steps: makes the steps up to `ink`.
    """

    image: np.ndarray = field(repr=False)
    ink: np.ndarray = field(repr=False)
    first_steps: Callable[[], tuple[Step, ...]] = field(repr=False)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """How it came about, made when asked for; the last step's image is `image`."""
        boxed = _boxed(grey_levels(self.ink))
        right, down = _middle_of_mass(boxed) - IMAGE_SIDE / 2
        where = f"{abs(right):.1f} px to the {'right' if right > 0 else 'left'} and "
        where += f"{abs(down):.1f} px {'below' if down > 0 else 'above'} the middle"
        by_box = f"In the middle by its box, its mass lies {where}."
        by_mass = "Moved by whole pixels: its mass is in the middle, as in MNIST."
        return (
            *self.first_steps(),
            Step("centre of mass", by_box, boxed),
            Step("28×28", by_mass, self.image),
        )


@dataclass(frozen=True)
class NothingToClassify:
    """There is no single digit to look at.

    Attributes:
        reason: a sentence for the visitor.
        kind: "blank", "dot", "several" or "unreadable".
        in_short: a few words, for where there is no room for a sentence.
    """

    reason: str
    kind: str
    in_short: str = ""


BLANK = NothingToClassify("There is nothing drawn.", "blank")
DOT = NothingToClassify("This is only a dot; draw a digit, larger.", "dot", "only a dot")
SEVERAL = NothingToClassify(
    "There are several digits here; show one at a time.", "several", "several digits"
)


# Strokes


def from_strokes(
    strokes: Sequence[np.ndarray], *, canvas: tuple[int, int] = (280, 280), brush: float = 18
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


def image_of(strokes: Sequence[np.ndarray], pen_width: float = PEN_WIDTH) -> np.ndarray | None:
    """The image of `from_strokes` without the steps on the way; None where there is none.

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


OMISSIONS = {
    "crop": "Size and place stay as drawn",
    "pen": "The brush stays as thick as drawn",
    "centre": "Centred by its box, not by its mass",
    "polarity": "Black ink on white paper",
}
"""What `spoilt` can leave out, with a name for the visitor."""


def spoilt(
    strokes: Sequence[np.ndarray],
    omitted: Collection[str],
    *,
    canvas: tuple[int, int] = (280, 280),
    brush: float = 18,
) -> np.ndarray:
    """What the network would see if steps were left out.

    Args:
        strokes: what `from_strokes` makes a digit of; also `canvas` and `brush` are as there.
        omitted: keys of `OMISSIONS`; with none of them the digit's own image comes.

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
    image = _boxed(grey_levels(ink)) if {"centre", "crop"} & set(omitted) else centre(ink)
    return 255 - image if "polarity" in omitted else image


def fitted(image: np.ndarray) -> np.ndarray:
    """A picture of any size shrunk or enlarged to fill the network's field.

    Args:
        image: (h, w) uint8.

    Returns:
        (28, 28) uint8, in the middle, its proportions kept.
    """
    return _boxed(grey_levels(np.clip(shrunk(image / 255, IMAGE_SIDE), 0, 1)))


def _boxed(image: np.ndarray) -> np.ndarray:
    """(28, 28): an image of at most 28 a side with its box in the middle."""
    boxed = np.zeros((IMAGE_SIDE, IMAGE_SIDE), np.uint8)
    height, width = image.shape
    top, left = (IMAGE_SIDE - height) // 2, (IMAGE_SIDE - width) // 2
    boxed[top : top + height, left : left + width] = image
    return boxed


def _box(strokes: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    points = np.concatenate(strokes)
    return points.min(axis=0), points.max(axis=0)


def _without_specks(strokes: list[np.ndarray]) -> list[np.ndarray]:
    """Leave out strokes that are dots beside the whole; a drawing all of dots stays."""
    least = _SPECK * np.ptp(_box(strokes), axis=0).max()
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


def _thinned(line: np.ndarray, apart: float = _POINT_STEP) -> np.ndarray:
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


# From ink to the network's input


def grey_levels(ink: np.ndarray) -> np.ndarray:
    """Ink from 0 to 1 as uint8 from 0 to 255."""
    return np.rint(ink * 255).astype(np.uint8)


def _middle_of_mass(image: np.ndarray) -> np.ndarray:
    """x and y of the centre of mass, pixel centres at +0.5."""
    mass = image.astype(float)
    columns, rows = mass.sum(axis=0), mass.sum(axis=1)
    pixel = np.arange(IMAGE_SIDE) + 0.5
    return np.array([columns @ pixel, rows @ pixel]) / mass.sum()


def shrunk(ink: np.ndarray, side: int) -> np.ndarray:
    """Area-resample (h, w) ink so that the longer side becomes `side`."""
    scale = side / max(ink.shape)
    height, width = (max(1, round(size * scale)) for size in ink.shape)
    return _area_means(_area_means(ink, height).T, width).T


def _area_means(ink: np.ndarray, size: int) -> np.ndarray:
    """Means over `size` equal parts of the rows, a row cut by a part's edge in proportion."""
    cells = len(ink)
    edges = np.arange(size + 1) * cells / size
    row = np.minimum(edges.astype(int), cells - 1)
    above = np.concatenate([np.zeros((1, ink.shape[1])), ink.cumsum(axis=0, dtype=float)])
    return np.diff(above[row] + (edges - row)[:, None] * ink[row], axis=0) * size / cells
