"""A drawing or a photo → 28×28 in MNIST's form, with every step on the way.

Strokes are drawn anew at MNIST's pen width; pixels are cropped and shrunk by area. Both end in a
field of 20×20, which is placed in 28×28 by its centre of mass.
"""

import io
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from mnist_core.datasets import IMAGE_SIDE, INK_SIDE, centre

MAX_IMAGE_BYTES = 20_000_000
MAX_IMAGE_PIXELS = 25_000_000
FORMATS = ("PNG", "JPEG", "WEBP")

# Measured with plainly trained networks on 2,498 pen digits: 92.4 %. From 2.0 to 2.4 and from 18.6
# to 19.4 it stays within half a point. MNIST's ink is 20 px only with its half-covered edges.
PEN_WIDTH = 2.2
DRAWN_SIDE = 19.0

MIN_EXTENT = 8.0
"""Drawings of a smaller longer side, in canvas pixels, are dots."""

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
_SPECK = 0.05
_APART = 0.15
_POINT_STEP = 0.5
_SEGMENTS_AT_ONCE = 128


class ImageError(ValueError):
    """An image cannot be taken; the message says why and what can."""


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
        boxed = _boxed(_grey(self.ink))
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
        kind: "blank", "dot" or "several".
    """

    reason: str
    kind: str


BLANK = NothingToClassify("There is nothing drawn.", "blank")
DOT = NothingToClassify("This is only a dot; draw a digit, larger.", "dot")
SEVERAL = NothingToClassify("There are several digits here; show one at a time.", "several")


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
            Step("20×20", "Drawn anew with MNIST's pen, the longer side 20 pixels.", _grey(ink)),
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
    image = _boxed(_grey(ink)) if {"centre", "crop"} & set(omitted) else centre(ink)
    return 255 - image if "polarity" in omitted else image


def fitted(image: np.ndarray) -> np.ndarray:
    """A picture of any size shrunk or enlarged to fill the network's field.

    Args:
        image: (h, w) uint8.

    Returns:
        (28, 28) uint8, in the middle, its proportions kept.
    """
    return _boxed(_grey(np.clip(shrunk(image / 255, IMAGE_SIDE), 0, 1)))


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


# Pixels


def from_canvas(rgba: np.ndarray) -> Digit | NothingToClassify:
    """The digit on a canvas of one colour, as pixels.

    Args:
        rgba: (h, w, 4) uint8; what is transparent counts as black.

    Raises:
        ImageError: the array has another form.
    """
    if rgba.ndim != 3 or rgba.shape[2] != 4 or rgba.dtype != np.uint8 or 0 in rgba.shape:
        raise ImageError(f"A canvas should be (h, w, 4) uint8 and is {rgba.shape} {rgba.dtype}.")
    black = Image.new("RGBA", rgba.shape[1::-1], (0, 0, 0, 255))
    grey = np.asarray(Image.alpha_composite(black, Image.fromarray(rgba)).convert("L"))
    paper = np.bincount(grey.ravel()).argmax()
    ink = abs(grey.astype(np.float32) - paper)
    return _from_ink(ink / 255, grey)


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
    orientation = image.getexif()
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
    grey.getexif().update(orientation)
    return ImageOps.exif_transpose(grey)


def from_image(image: Image.Image) -> Digit | NothingToClassify:
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
    deviation = shades - (paper if even else _blurred(shades, max(shades.shape) / 16))
    if (deviation**3).sum() < 0:
        shades, paper = 1 - shades, 1 - paper
    if not even:
        paper = _opened(shades, max(3, max(shades.shape) // 8))
    ink = np.clip(shades - paper, 0, 1)
    return ink, float(1.4826 * np.median(abs(ink - np.median(ink))))


def _blurred(shades: np.ndarray, radius: float) -> np.ndarray:
    picture = Image.fromarray(_grey(shades)).filter(ImageFilter.BoxBlur(radius))
    return np.asarray(picture, dtype=np.float32) / 255


def _opened(shades: np.ndarray, radius: int) -> np.ndarray:
    """Grey-level opening with a square of side 2·radius + 1: light strokes vanish."""
    picture = Image.fromarray(_grey(shades))
    for extreme in (ImageFilter.MinFilter(3), ImageFilter.MaxFilter(3)):
        for _ in range(radius):
            picture = picture.filter(extreme)
    return np.asarray(picture, dtype=np.float32) / 255


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
    rows, columns = (-(-side // cell) for side in ink.shape)
    padded = np.zeros((rows * cell, columns * cell), np.float32)
    padded[: ink.shape[0], : ink.shape[1]] = ink
    coarse = padded.reshape(rows, cell, columns, cell).max(axis=(1, 3)) > _PART
    labels = _labelled(coarse)
    parts = []
    for label in range(1, labels.max() + 1):
        pixels = labels == label
        (y,), (x,) = pixels.any(axis=1).nonzero(), pixels.any(axis=0).nonzero()
        parts.append(_Part(y[0], y[-1] + 1, x[0], x[-1] + 1, int(pixels.sum()), pixels))
    inside = [part for part in parts if not _at_rim(part, coarse.shape)]
    if any(part.side >= 0.1 * max(coarse.shape) for part in inside):
        parts = inside  # what touches the rim is the table, a thumb, a shadow
    parts.sort(key=lambda part: part.area, reverse=True)
    return [part for part in parts if part.area >= 0.02 * parts[0].area]


def _at_rim(part: _Part, shape: tuple[int, int]) -> bool:
    return min(part.top, part.left, shape[0] - part.bottom, shape[1] - part.right) == 0


def _labelled(mask: np.ndarray) -> np.ndarray:
    """Number the 8-connected pieces of a mask from 1, row by row with merging of runs."""
    labels = np.zeros(mask.shape, int)
    parent = [0]

    def root(label: int) -> int:
        while parent[label] != label:
            label = parent[label]
        return label

    for row, line in enumerate(mask):
        flips = np.diff(np.concatenate([[0], line.astype(np.int8), [0]])).nonzero()[0]
        for start, stop in flips.reshape(-1, 2):
            above = labels[row - 1, max(start - 1, 0) : stop + 1] if row else np.zeros(0, int)
            roots = sorted({root(label) for label in above[above > 0]})
            if not roots:
                roots = [len(parent)]
                parent.append(len(parent))
            for other in roots[1:]:
                parent[other] = roots[0]
            labels[row, start:stop] = roots[0]
    final = np.array([root(label) for label in range(len(parent))])
    _, compact = np.unique(final, return_inverse=True)
    return compact[labels]


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
    margin = Image.fromarray(coarse.astype(np.uint8)).filter(ImageFilter.MaxFilter(3))
    cell = -(-max(shape) // 128)
    return np.asarray(margin, bool).repeat(cell, 0).repeat(cell, 1)[: shape[0], : shape[1]]


def _from_ink(ink: np.ndarray, drawing: np.ndarray) -> Digit | NothingToClassify:
    """From (h, w) ink, 0 to 1, that holds one digit."""
    if ink.max() < _LEAST_CONTRAST:
        return BLANK
    crop = _cropped(ink / ink.max())
    if max(crop.shape) < min(MIN_EXTENT, max(ink.shape) / 4) or _is_dot(crop, ink.shape):
        return DOT
    small = np.clip(shrunk(_pen_width_mended(crop), INK_SIDE), 0, 1)
    steps = (
        Step("drawing", "As it was given.", _thumbnail(drawing)),
        Step("crop", "Cut to the ink, white on black.", _thumbnail(_grey(crop))),
        Step("20×20", "Shrunk so that the longer side has 20 pixels.", _grey(small)),
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


def _pen_width_mended(crop: np.ndarray) -> np.ndarray:
    """Bring strokes much thinner or thicker than MNIST's to its usual width; leave others."""
    fine = shrunk(crop, INK_SIDE * _FINE)
    width = _stroke_width(fine) / _FINE
    if _WIDTHS[0] <= width <= _WIDTHS[1]:
        return crop
    change = round((np.clip(width, *_WIDTH_GOALS) - width) * _FINE / 2)
    picture = Image.fromarray(np.pad(_grey(np.clip(fine, 0, 1)), max(change, 0) + 1))
    grow = ImageFilter.MaxFilter(3) if change > 0 else ImageFilter.MinFilter(3)
    for _ in range(abs(change)):
        picture = picture.filter(grow)
    mended = np.asarray(picture, dtype=np.float32) / 255
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


# From ink to the network's input


def _grey(ink: np.ndarray) -> np.ndarray:
    return np.rint(ink * 255).astype(np.uint8)


def _middle_of_mass(image: np.ndarray) -> np.ndarray:
    """x and y of the centre of mass, pixel centres at +0.5."""
    mass = image.astype(float)
    columns, rows = mass.sum(axis=0), mass.sum(axis=1)
    pixel = np.arange(IMAGE_SIDE) + 0.5
    return np.array([columns @ pixel, rows @ pixel]) / mass.sum()
