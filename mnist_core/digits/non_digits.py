"""Synthetic out-of-distribution images: they are not digits, and should be rejected.

Most kinds are drawn with strokes, then treated as digits are: by the Draw page's own preprocessing,
with pens of all widths, or by way of a picture (`synthetic_photos`). The others are made of pixels
and centred as MNIST is. So nothing but its shape tells an image from a digit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from mnist_core.config.pen import PEN_WIDTH
from mnist_core.config.sizes import IMAGE_SIDE, INK_SIDE, MAX_LEVEL
from mnist_core.digits import non_digit_strokes
from mnist_core.digits.drawings.from_strokes import image_from_strokes
from mnist_core.digits.drawings.strokes import Stroke, spline
from mnist_core.digits.mnist_format import Ink, centre_mass, crop, scale
from mnist_core.digits.photos import synthetic_photos

PENS = (1.2, 4.5)
"""The thinnest and the thickest pen besides MNIST's that strokes are drawn with, in pixels of the
image."""

Images = NDArray[np.uint8]
Strokes = list[Stroke]
StrokeMaker = Callable[[np.random.Generator], Strokes]
ImageMaker = Callable[[np.random.Generator, Images], Images | None]
"""Makes one image, (28, 28), for which it may use some of (n, 28, 28) digits; None if it failed."""

# The ink's length as a multiple of the longer side of its box; an 8 has about 3.
_LONGEST_DIGIT = 4.0
_PICTURED = replace(synthetic_photos.MIXED, pen=(0.2, 4.0))  # thicker pens would make blots


def make(maker: ImageMaker, count: int, seed: int, digits: Images) -> Images:
    """Images of one kind.

    Args:
        maker: Of `KINDS`, `TRAINING_KINDS` or `LOOKALIKES`.
        count: How many.
        seed: The same seed gives the same images.
        digits: (n, 28, 28) uint8, from which pairs are made.

    Returns:
        (count, 28, 28) uint8 in MNIST's form.
    """
    rng = np.random.default_rng(seed)
    images: list[Images] = []
    while len(images) < count:
        image = maker(rng, digits)
        if image is not None:
            images.append(image)
    return np.stack(images)


def image_of_strokes(strokes: Sequence[Stroke], rng: np.random.Generator) -> Images | None:
    """The image of a drawing, (28, 28) uint8, with a pen chosen at random or by way of a picture;
    None if it shows no single drawing."""
    chance = rng.random()
    if chance < 0.2:
        return synthetic_photos.read(synthetic_photos.picture_of_strokes(strokes, rng, _PICTURED))
    return image_from_strokes(strokes, PEN_WIDTH if chance < 0.6 else rng.uniform(*PENS))


# Each maker of strokes draws on a square of about 100 × 100.


def _scribble(rng: np.random.Generator) -> Strokes:
    """A pen that wanders: speed and turning rate change smoothly."""
    strokes: Strokes = []
    while _length(strokes) < _LONGEST_DIGIT:
        strokes = [_wandering(rng)]
    return strokes


def _wandering(rng: np.random.Generator) -> Stroke:
    steps = int(rng.integers(100, 240))
    turning = np.convolve(rng.normal(0, rng.uniform(0.3, 0.9), steps), np.ones(6) / 6, "same")
    direction = rng.uniform(0, 7) + turning.cumsum() + rng.uniform(-0.2, 0.2) * np.arange(steps)
    speed = 4 + 3 * np.sin(np.arange(steps) * rng.uniform(0.05, 0.3))
    way = np.stack([np.cos(direction), np.sin(direction)], axis=1) * speed[:, None]
    return way.cumsum(axis=0)


def _zigzag(rng: np.random.Generator) -> Strokes:
    """Back and forth, as when shading an area."""
    turns = int(rng.integers(6, 14))
    x = np.where(np.arange(turns) % 2, 0, 100) + rng.normal(0, 12, turns)
    y = np.linspace(0, rng.uniform(40, 140), turns) + rng.normal(0, 6, turns)
    return [_turned(_walked(np.stack([x, y], axis=1)), rng.uniform(0, 7))]


def _crossing_lines(rng: np.random.Generator) -> Strokes:
    """Strokes that cross each other, straight or slightly bent."""
    strokes: Strokes = []
    while len(strokes) < 4 or _length(strokes) < _LONGEST_DIGIT - 1:
        start, stop = rng.uniform(0, 100, (2, 2))
        strokes.append(_walked(np.stack([start, (start + stop) / 2 + rng.normal(0, 8, 2), stop])))
    return strokes


def _tangle(rng: np.random.Generator) -> Strokes:
    """Lines, arcs, polygons and loops anywhere, with more ink than any digit has."""
    strokes: Strokes = []
    while _length(strokes) < _LONGEST_DIGIT:
        middle, radius = rng.uniform(20, 80, 2), rng.uniform(8, 45)
        corners = int(rng.choice([2, 3, 4, 5, 24, 24]))
        angles = rng.uniform(0, 7) + np.linspace(0, rng.uniform(2, 6.3), corners)
        points = middle + _around(angles, radius, rng.uniform(0.4, 1))
        strokes.append(_walked(points + rng.normal(0, 2, points.shape)))
    return strokes


def _circles(rng: np.random.Generator) -> Strokes:
    """Circles within circles, or one with a dot or a cross in it."""
    strokes = [_circle(rng, np.full(2, 50.0), 50)]
    inner = rng.integers(1, 4)
    for i in range(inner):
        radius = 50 * (inner - i) / (inner + 1) * rng.uniform(0.6, 1.1)
        strokes.append(_circle(rng, 50 + rng.normal(0, 6, 2), min(radius, 38)))
    if rng.random() < 0.3:
        strokes = [strokes[0], *_lines([(0, 50, 100, 50), (50, 0, 50, 100)])]
    return strokes


def _grid(rng: np.random.Generator) -> Strokes:
    """Lines across and down, with a frame or without."""
    columns, rows = rng.integers(2, 5, 2)
    framed = rng.random() < 0.5
    across = np.linspace(0, 100, rows + 1)[0 if framed else 1 : None if framed else -1]
    down = np.linspace(0, 100, columns + 1)[0 if framed else 1 : None if framed else -1]
    lines = [(0, y, 100, y) for y in across] + [(x, 0, x, 100) for x in down]
    return _stretched(_lines(lines + rng.normal(0, 2, (len(lines), 4))), rng)


def _frame(rng: np.random.Generator) -> Strokes:
    """Nested rectangles, or one that is divided or crossed out."""
    strokes = [_rectangle(rng, 0, 100)]
    chance = rng.random()
    if chance < 0.3:
        inset = rng.uniform(15, 40)
        strokes.append(_rectangle(rng, inset, 100 - inset))
    elif chance < 0.5:
        strokes += _lines([(0, 0, 100, 100), (100, 0, 0, 100)][: rng.integers(1, 3)])
    elif chance < 0.7:
        at = rng.uniform(20, 80)
        strokes += _lines([(0, at, 100, at) if rng.random() < 0.5 else (at, 0, at, 100)])
    return _stretched(strokes, rng)


def _house(rng: np.random.Generator) -> Strokes:
    """Walls and a roof, some with an eave, a door or a window."""
    eave, ridge = rng.uniform(25, 60), rng.uniform(35, 65)
    outline = np.array([[0, 100], [0, eave], [ridge, 0], [100, eave], [100, 100], [0, 100]])
    strokes = [_walked(outline + rng.normal(0, 2.5, outline.shape))]
    if rng.random() < 0.4:
        strokes += _lines([(0, eave, 100, eave)])
    if rng.random() < 0.3:
        left, top = rng.uniform(20, 55), rng.uniform(60, 75)
        door = np.array([[left, 100], [left, top], [left + 22, top], [left + 22, 100]])
        strokes.append(_walked(door))
    elif rng.random() < 0.3:
        strokes.append(_rectangle(rng, 0, 24) + rng.uniform(20, 55, 2) + [0, 12])
    return _stretched(strokes, rng)


def _face(rng: np.random.Generator) -> Strokes:
    """A circle with eyes and a mouth, some with a nose."""
    bend, wide = rng.uniform(-14, 14), rng.uniform(14, 26)
    across = np.linspace(-1, 1, 9)
    mouth = np.stack([50 + wide * across, 72 + bend * (1 - across**2) - bend / 2], axis=1)
    strokes = [_circle(rng, np.full(2, 50.0), 50), mouth + rng.normal(0, 0.8, mouth.shape)]
    apart, height = rng.uniform(12, 22), rng.uniform(28, 42)
    size = rng.uniform(2, 7)
    strokes += [_circle(rng, np.array([50 + side * apart, height]), size) for side in (-1, 1)]
    if rng.random() < 0.4:
        strokes += _lines([(50, 44, rng.uniform(44, 56), 58)])
    return _stretched(strokes, rng)


def _invented_sign(rng: np.random.Generator) -> Strokes:
    """Three to five strokes, straight or bent, between the points of a grid, like a letter of an
    unknown alphabet."""
    strokes: Strokes = []
    here = rng.integers(0, 3, 2)
    for _ in range(int(rng.integers(3, 6))):
        if rng.random() < 0.5:  # the pen is lifted
            here = rng.integers(0, 3, 2)
        there = rng.integers(0, 3, 2)
        ends = np.array([here, there]) * 50.0 + rng.normal(0, 4, (2, 2))
        bulge = rng.normal(0, 18, 2) if rng.random() < 0.4 else 0
        strokes.append(_curved(np.stack([ends[0], ends.mean(axis=0) + bulge, ends[1]])))
        here = there
    return _stretched(strokes, rng)


def _doodle(rng: np.random.Generator, names: Sequence[str]) -> Strokes:
    """One of the drawings in `non_digit_strokes`: unsteady, stretched and slightly turned."""
    drawn = (non_digit_strokes.NON_DIGITS | non_digit_strokes.LOOKALIKES)[str(rng.choice(names))]
    lines = []
    for stroke in drawn:
        corners = np.array([[int(xy[-2]), int(xy[-1])] for xy in stroke.split()]) * 12.5
        corners += rng.normal(0, 2.2 if stroke.startswith("~") else 3.5, corners.shape)
        lines.append(_curved(corners) if stroke.startswith("~") else _walked(corners))
    return _stretched(lines, rng)


def _letters_in_a_row(rng: np.random.Generator, digits: Images) -> Images | None:
    """Two to five letters written side by side."""
    strokes: Strokes = []
    for number in range(int(rng.integers(2, 6))):
        step = np.array([number * rng.uniform(85, 105), rng.normal(0, 6)])
        strokes += [stroke + step for stroke in _doodle(rng, _LEARNED_LETTERS)]
    return image_from_strokes(strokes, PEN_WIDTH if rng.random() < 0.5 else rng.uniform(*PENS))


_CHARACTERS = "AEFHKLMNPRTVWXYadefhkmnprtuvwx&%@#+*"


def _printed(rng: np.random.Generator, digits: Images, most: int) -> Images | None:
    """Up to `most` printed letters or signs in Pillow's own font."""
    count = int(rng.integers(1 if most == 1 else 2, most + 1))
    text = "".join(rng.choice(list(_CHARACTERS), count))
    font = ImageFont.load_default(float(rng.integers(60, 100)))
    page = Image.new("L", (110 * count + 20, 150))
    bold = int(rng.integers(0, 6))
    ImageDraw.Draw(page).text((10, 10), text, fill=MAX_LEVEL, font=font, stroke_width=bold)
    slant = rng.uniform(-0.3, 0.3)
    page = page.transform(page.size, Image.Transform.AFFINE, (1, slant, -75 * slant, 0, 1, 0))
    ink = crop(np.asarray(page) / MAX_LEVEL)
    return (
        synthetic_photos.read(synthetic_photos.picture_of_ink(ink, rng))
        if most == 1
        else _centred(ink)
    )


def _pair(rng: np.random.Generator, digits: Images) -> Images:
    """Two digits side by side."""
    chosen = [crop(digits[i] / MAX_LEVEL) for i in rng.integers(0, len(digits), 2)]
    height = max(len(part) for part in chosen)
    gap = np.zeros((height, int(rng.integers(1, 6))))
    parts = []
    for part in chosen:
        above = (height - len(part)) // 2
        parts.append(np.pad(part, ((above, height - len(part) - above), (0, 0))))
    return _centred(np.hstack([parts[0], gap, parts[1]]))


def _noise(rng: np.random.Generator, digits: Images) -> Images:
    """Random greys, from single pixels to blobs."""
    field: Ink = rng.random((IMAGE_SIDE, IMAGE_SIDE))
    for _ in range(int(rng.integers(0, 4))):
        shifted = [np.roll(field, shift, axis) for axis in (0, 1) for shift in (-1, 0, 1)]
        field = np.sum(shifted, axis=0) / 6
    field = (field - field.min()) / np.ptp(field)
    ink = np.clip((field - rng.uniform(0.3, 0.7)) * rng.uniform(1, 4), 0, 1)[:INK_SIDE, :INK_SIDE]
    return centre_mass(ink)


def _drawn(maker: StrokeMaker) -> ImageMaker:
    return lambda rng, digits: image_of_strokes(maker(rng), rng)


def _doodles(names: Sequence[str]) -> ImageMaker:
    return _drawn(partial(_doodle, names=names))


_LEARNED_LETTERS = [name for name in non_digit_strokes.LEARNED if name in non_digit_strokes.LETTERS]

KINDS: dict[str, ImageMaker] = {
    "scribbles": _drawn(_scribble),
    "zigzags": _drawn(_zigzag),
    "crossing lines": _drawn(_crossing_lines),
    "tangles": _drawn(_tangle),
    "circles in circles": _drawn(_circles),
    "grids": _drawn(_grid),
    "frames": _drawn(_frame),
    "houses": _drawn(_house),
    "faces": _drawn(_face),
    "letters": _doodles(_LEARNED_LETTERS),
    "letters held out": _doodles(
        [n for n in non_digit_strokes.HELD_OUT if n in non_digit_strokes.LETTERS]
    ),
    "signs and shapes": _doodles(
        [n for n in non_digit_strokes.LEARNED if n not in non_digit_strokes.LETTERS]
    ),
    "signs and shapes held out": _doodles(
        [n for n in non_digit_strokes.HELD_OUT if n not in non_digit_strokes.LETTERS]
    ),
    "words": _letters_in_a_row,
    "printed letters": partial(_printed, most=1),
    "printed words": partial(_printed, most=5),
    "digit pairs": _pair,
    "noise": _noise,
}
"""A maker for each kind; kinds with "held out" in their names are for measuring only."""
TRAINING_KINDS: dict[str, ImageMaker] = {
    kind: maker for kind, maker in KINDS.items() if "held out" not in kind
} | {"invented signs": _drawn(_invented_sign)}
"""Kinds to train on. Some of the invented signs happen to look like digits, so they are not used
for measuring."""
LOOKALIKES: dict[str, ImageMaker] = {
    name: _doodles([name]) for name in non_digit_strokes.LOOKALIKES
}
"""Drawings that look like digits by design."""


def _centred(ink: Ink) -> Images:
    return centre_mass(np.clip(scale(ink), 0, 1))


def _around(angles: NDArray[np.float64], radius: float, flatness: float) -> Stroke:
    return radius * np.stack([np.cos(angles), flatness * np.sin(angles)], axis=1)


def _circle(rng: np.random.Generator, middle: NDArray[np.float64], radius: float) -> Stroke:
    """A circle as drawn by hand: not quite round, and not quite closed."""
    angles = rng.uniform(0, 7) + np.linspace(0, 6.28 + rng.normal(0, 0.15), 25)
    wobble = 1 + 0.05 * np.sin(angles * 2 + rng.uniform(0, 7))[:, None]
    return middle + _around(angles, radius, rng.uniform(0.85, 1)) * wobble


def _rectangle(rng: np.random.Generator, low: float, high: float) -> Stroke:
    corners = np.array([[low, low], [high, low], [high, high], [low, high], [low, low]])
    return _walked(corners + rng.normal(0, 0.025 * (high - low), corners.shape))


def _lines(ends: Sequence[Sequence[float]] | NDArray[np.float64]) -> Strokes:
    """A straight line for each (x, y, x, y)."""
    return [_walked(np.reshape(np.asarray(line, float), (2, 2))) for line in ends]


def _length(strokes: Strokes) -> float:
    """The total length of the strokes, as a multiple of the longer side of their box."""
    if not strokes:
        return 0.0
    side = np.ptp(np.concatenate(strokes), axis=0).max()
    return sum(float(np.hypot(*np.diff(stroke, axis=0).T).sum()) for stroke in strokes) / side


def _stretched(strokes: Strokes, rng: np.random.Generator) -> Strokes:
    """Stretch, slant and slightly turn strokes at random."""
    shape = np.array([[rng.uniform(0.6, 1.15), 0], [rng.normal(0, 0.12), 1]])
    angle = rng.normal(0, 0.1)
    return [_turned(stroke @ shape, angle) for stroke in strokes]


def _walked(corners: NDArray[np.float64]) -> Stroke:
    """Straight lines between the corners, with eight points along each."""
    t = np.linspace(0, len(corners) - 1, 8 * (len(corners) - 1) + 1)
    places = np.arange(len(corners))
    return np.stack([np.interp(t, places, axis) for axis in corners.T], axis=1)


def _curved(corners: NDArray[np.float64]) -> Stroke:
    """A smooth curve through the corners, with eight points from each to the next."""
    closed = bool(np.linalg.norm(corners[0] - corners[-1]) < 15)
    return spline(corners, 8, closed=closed)


def _turned(points: Stroke, angle: float) -> Stroke:
    """Rotate points about the origin by `angle` radians."""
    cos, sin = np.cos(angle), np.sin(angle)
    return points @ np.array([[cos, sin], [-sin, cos]])
