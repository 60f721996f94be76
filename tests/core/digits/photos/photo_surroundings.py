"""Pictures of a digit with what people have round it: a frame, a table, the lines of their paper.

`KINDS` makes a picture of strokes for each; places, sizes, widths and shades are drawn at random.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from mnist_core.digits.drawings.strokes import Stroke

SIZE = (360, 480)  # width, height in pixels

Kind = Callable[[Sequence[Stroke], np.random.Generator], Image.Image]


def _arc(x: float, y: float, across: float, down: float, start: float, end: float) -> np.ndarray:
    """Part of an ellipse; angles in turns, from the right and clockwise."""
    angle = 2 * np.pi * np.linspace(start, end, 30)
    return np.stack([x + across * np.cos(angle), y + down * np.sin(angle)], axis=1)


def _joined(*parts: object) -> Stroke:
    return np.concatenate([np.asarray(part, float).reshape(-1, 2) for part in parts])


TEN: list[list[Stroke]] = [
    [_arc(50, 50, 32, 50, 0, 1)],
    [_joined([25, 25], [50, 0], [50, 100])],
    [_joined(_arc(50, 28, 30, 28, 0.5, 1.1), [[18, 98], [84, 98]])],
    [_joined(_arc(48, 25, 28, 25, 0.55, 1.25), _arc(46, 75, 32, 25, 0.75, 1.45))],
    [_joined([45, 0], [12, 62], [85, 62]), _joined([66, 35], [62, 100])],
    [_joined([75, 0], [28, 0], [24, 45], _arc(46, 68, 30, 32, 0.7, 1.4))],
    [_joined([62, 0], _arc(48, 68, 30, 32, 0.55, 1.55))],
    [_joined([15, 2], [82, 2], [40, 100])],
    [_joined(_arc(50, 24, 25, 24, 0.25, 1.25), _arc(50, 74, 31, 26, 0.75, 1.75))],
    [_joined(_arc(48, 30, 28, 30, 0, 1), [76, 30], [66, 100])],
]
"""The digits 0 to 9."""


class Sheet:
    """A sheet of paper with a digit on it, to draw more on."""

    def __init__(self, strokes: Sequence[Stroke], rng: np.random.Generator, share: float = 0.0):
        """
        Args:
            share: The digit's longer side beside the sheet's shorter one; 0 for a random one.
        """
        self.rng = rng
        self.paper, self.ink = int(rng.integers(190, 256)), int(rng.integers(0, 80))
        self.image = Image.new("L", SIZE, self.paper)
        self.draw = ImageDraw.Draw(self.image)
        self.side = (share or rng.uniform(0.2, 0.5)) * SIZE[0]
        points = np.concatenate(list(strokes))
        low, extent = points.min(axis=0), np.ptp(points, axis=0)
        factor = self.side / extent.max()
        self.size = extent * factor
        room = (np.array(SIZE) - self.size) / 2
        self.corner = room + rng.uniform(-0.3, 0.3, 2) * room
        self.pen = max(2, round(self.side * rng.uniform(0.05, 0.11)))
        self.strokes = [(stroke - low) * factor + self.corner for stroke in strokes]

    @property
    def middle(self) -> np.ndarray:
        return self.corner + self.size / 2

    def line(self, points: np.ndarray, shade: int, width: int) -> None:
        corners = [(float(x), float(y)) for x, y in points]
        self.draw.line(corners, shade, width, joint="curve")
        radius = width / 2 - 0.5
        if width > 3:
            for x, y in (corners[0], corners[-1]):
                self.draw.ellipse((x - radius, y - radius, x + radius, y + radius), shade)

    def write(self) -> Sheet:
        """Draw the digit."""
        for stroke in self.strokes:
            self.line(stroke, self.ink, self.pen)
        return self


def plain(strokes: Sequence[Stroke], rng: np.random.Generator) -> Image.Image:
    return Sheet(strokes, rng).write().image


def border(strokes: Sequence[Stroke], rng: np.random.Generator) -> Image.Image:
    """A line along all edges, as image editors draw it, or a few pixels inside them."""
    sheet = Sheet(strokes, rng).write()
    width, inset = int(rng.integers(1, 8)), int(rng.choice([0, 0, 0, 3, 10]))
    shade = int(rng.integers(0, 150))
    right, bottom = SIZE[0] - 1 - inset, SIZE[1] - 1 - inset
    sheet.draw.rectangle((inset, inset, right, bottom), outline=shade, width=width)
    return sheet.image


def edge(strokes: Sequence[Stroke], rng: np.random.Generator) -> Image.Image:
    """A dark strip along one or two edges: the end of the sheet, a shadow of the scanner's lid."""
    sheet = Sheet(strokes, rng, share=rng.uniform(0.2, 0.4)).write()
    shade, (right, bottom) = int(rng.integers(0, 120)), SIZE
    for side in rng.permutation(4)[: rng.integers(1, 3)]:
        wide = int(rng.integers(2, 40))
        boxes = [(0, 0, wide, bottom), (0, 0, right, wide), (right - wide, 0, right, bottom),
                 (0, bottom - wide, right, bottom)]  # fmt: skip
        sheet.draw.rectangle(boxes[side], shade)
    return sheet.image


def window(strokes: Sequence[Stroke], rng: np.random.Generator) -> Image.Image:
    """A light canvas in a dark window with a bar of buttons."""
    sheet = Sheet(strokes, rng, share=rng.uniform(0.3, 0.6)).write()
    dark = int(rng.integers(10, 90))
    left, right, bottom = (int(rng.integers(4, 50)) for _ in range(3))
    top = int(rng.integers(20, 90))
    whole = Image.new("L", (SIZE[0] + left + right, SIZE[1] + top + bottom), dark)
    whole.paste(sheet.image, (left, top))
    draw = ImageDraw.Draw(whole)
    for x in range(10, int(rng.integers(11, 200)), 24):
        draw.rectangle((x, top // 2 - 4, x + 12, top // 2 + 4), int(dark + 100))
    return whole


def _warped(sheet: Image.Image, corners: np.ndarray, table: np.ndarray) -> Image.Image:
    """A sheet laid onto a table, its corners at these places (4, 2: clockwise from top left)."""
    width, height = sheet.size
    places = np.array([[0, 0], [width, 0], [width, height], [0, height]], float)
    rows, sought = [], []
    for (x, y), (u, v) in zip(corners, places, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        sought += [u, v]
    coefficients = np.linalg.solve(np.array(rows), np.array(sought))
    size = (table.shape[1], table.shape[0])
    method, smooth = Image.Transform.PERSPECTIVE, Image.Resampling.BILINEAR
    laid = sheet.transform(size, method, coefficients, smooth)
    mask = Image.new("L", sheet.size, 255).transform(size, method, coefficients, smooth)
    whole = Image.fromarray(table.astype(np.uint8))
    whole.paste(laid, (0, 0), mask)
    return whole


def _table(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """Of one shade or with the grain of wood."""
    width, height = size
    shade, grain = rng.integers(20, 120), rng.choice([0, 0, 8, 15])
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    wave = np.sin(x / rng.uniform(4, 15) + 3 * np.sin(y / rng.uniform(60, 200)))
    return np.clip(shade + grain * wave, 0, 255)


def table(strokes: Sequence[Stroke], rng: np.random.Generator) -> Image.Image:
    """A sheet on a darker table, seen a little from the side."""
    sheet = Sheet(strokes, rng, share=rng.uniform(0.25, 0.5)).write().image
    (width, height), size = SIZE, (480, 640)
    room = (np.array(size) - SIZE) / 2
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], float) + room
    corners += rng.uniform(-0.6, 0.6, (4, 2)) * room
    return _rough(_warped(sheet, corners, _table(rng, size)), rng)


def table_beside(strokes: Sequence[Stroke], rng: np.random.Generator) -> Image.Image:
    """A table that is seen on one or two sides of the sheet alone."""
    sheet = Sheet(strokes, rng, share=rng.uniform(0.25, 0.5)).write().image
    width, height = SIZE
    corners = np.array(
        [[-9, -9], [width + 9, -9], [width + 9, height + 9], [-9, height + 9]], float
    )
    first = int(rng.integers(4))
    for side in (first, (first + 1) % 4)[: rng.integers(1, 3)]:
        inward = np.array([[0, 1], [-1, 0], [0, -1], [1, 0]])[side]
        for corner in (side, (side + 1) % 4):
            corners[corner] += inward * rng.uniform(15, 60)
    return _rough(_warped(sheet, corners, _table(rng, SIZE)), rng)


def circled(strokes: Sequence[Stroke], rng: np.random.Generator) -> Image.Image:
    """A closed line round the digit, not quite a circle."""
    sheet = Sheet(strokes, rng, share=rng.uniform(0.2, 0.45)).write()
    radius = np.hypot(*sheet.size) / 2 * rng.uniform(1.2, 1.6)
    angle = np.linspace(0, 2 * np.pi, 60)
    wobble = 1 + 0.04 * np.sin(2 * angle + rng.uniform(0, 6))
    ring = np.stack([np.cos(angle), np.sin(angle) * rng.uniform(0.9, 1.1)], axis=1)
    ring = sheet.middle + radius * wobble[:, None] * ring
    sheet.line(ring, sheet.ink, int(rng.integers(2, max(3, sheet.pen) + 1)))
    return sheet.image


def framed(strokes: Sequence[Stroke], rng: np.random.Generator) -> Image.Image:
    """A box round the digit, drawn by hand or printed."""
    sheet = Sheet(strokes, rng, share=rng.uniform(0.2, 0.45)).write()
    half = sheet.size.max() / 2 * rng.uniform(1.3, 1.8, 2)
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    corners = sheet.middle + corners + rng.uniform(-0.05, 0.05, (4, 2)) * half
    ring = np.concatenate([corners, corners[:1]])
    sheet.line(ring, int(rng.integers(0, 110)), int(rng.integers(1, max(2, sheet.pen) + 1)))
    return sheet.image


def _lines(sheet: Sheet, apart: float, shade: int, width: int, *, down: bool) -> None:
    """Parallel lines over the whole sheet, a little askew."""
    far, slope = max(SIZE), np.tan(np.radians(sheet.rng.normal(0, 0.7)))
    for at in np.arange(sheet.rng.uniform(0, apart), far, apart):
        ends = np.array([[-9, at - slope * far / 2], [far, at + slope * far / 2]])
        sheet.line(ends[:, ::-1] if down else ends, shade, width)


def ruled(strokes: Sequence[Stroke], rng: np.random.Generator) -> Image.Image:
    """Ruled paper, some of it with a margin line."""
    sheet = Sheet(strokes, rng, share=rng.uniform(0.15, 0.45))
    shade = sheet.paper - int(rng.integers(25, 120))
    apart = rng.uniform(22, 60)
    _lines(sheet, apart, shade, int(rng.integers(1, 4)), down=False)
    if rng.random() < 0.3:
        x = rng.uniform(0.05, 0.15) * SIZE[0]
        sheet.line(np.array([[x, -9], [x, 999]]), shade, 2)
    return _rough(sheet.write().image, rng)


def squared(strokes: Sequence[Stroke], rng: np.random.Generator) -> Image.Image:
    sheet = Sheet(strokes, rng, share=rng.uniform(0.1, 0.45))
    shade = sheet.paper - int(rng.integers(25, 100))
    apart, width = rng.uniform(14, 36), int(rng.integers(1, 3))
    _lines(sheet, apart, shade, width, down=False)
    _lines(sheet, apart, shade, width, down=True)
    return _rough(sheet.write().image, rng)


def underlined(strokes: Sequence[Stroke], rng: np.random.Generator) -> Image.Image:
    """A line below the digit, or above it, clearly apart."""
    sheet = Sheet(strokes, rng).write()
    length, away = (
        sheet.side * rng.uniform(0.8, 1.5),
        sheet.pen + sheet.side * rng.uniform(0.08, 0.3),
    )
    middle = sheet.middle[0] + rng.uniform(-0.15, 0.15) * length
    low = rng.random() < 0.8
    y = sheet.corner[1] + (sheet.size[1] + away if low else -away - sheet.side * 0.1)
    tilt = rng.uniform(-0.05, 0.05) * length
    ends = np.array([[middle - length / 2, y - tilt], [middle + length / 2, y + tilt]])
    sheet.line(ends, sheet.ink, int(rng.integers(2, sheet.pen + 1)))
    return sheet.image


def underlined_twice(strokes: Sequence[Stroke], rng: np.random.Generator) -> Image.Image:
    """Two lines close together below the digit."""
    sheet = Sheet(strokes, rng, share=rng.uniform(0.3, 0.5)).write()
    length, below = sheet.side * rng.uniform(0.9, 1.5), sheet.corner[1] + sheet.size[1]
    width = int(rng.integers(3, sheet.pen + 1))
    for line in range(2):
        y = below + sheet.pen + sheet.side * rng.uniform(0.08, 0.12) + line * 2.5 * width
        ends = sheet.middle[0] + np.array([-length, length]) / 2
        sheet.line(np.stack([ends, [y, y + 0.02 * length]], axis=1), sheet.ink, width)
    return sheet.image


def on_a_line(strokes: Sequence[Stroke], rng: np.random.Generator) -> Image.Image:
    """A longer line that the digit stands on: they touch."""
    sheet = Sheet(strokes, rng, share=rng.uniform(0.3, 0.5)).write()
    width = int(rng.integers(3, sheet.pen + 1))
    y = sheet.corner[1] + sheet.size[1] + (sheet.pen + width) / 2 - 1
    half = (sheet.size[0] + sheet.side * rng.uniform(0.5, 0.9)) / 2
    ends = sheet.middle[0] + half * np.array([-1, 1])
    tilt = rng.uniform(-0.01, 0.01) * half
    sheet.line(np.stack([ends, [y - tilt, y + tilt]], axis=1), sheet.ink, width)
    return sheet.image


def dithered(strokes: Sequence[Stroke], rng: np.random.Generator) -> Image.Image:
    """A scan in black and white alone, its greys as dots."""
    sheet = Sheet(strokes, rng, share=rng.uniform(0.25, 0.5))
    sheet.paper = int(rng.integers(200, 250))
    sheet.draw.rectangle((0, 0, *SIZE), sheet.paper)
    return sheet.write().image.convert("1").convert("L")


def _rough(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """As a camera takes it: uneven light, grain, a little blur."""
    if rng.random() < 0.3:
        return image
    shades = np.asarray(image, float)
    slopes = rng.uniform(-0.2, 0.2, 2)
    y, x = (np.linspace(-0.5, 0.5, side) for side in shades.shape)
    light = 0.9 + slopes[0] * x + slopes[1] * y[:, None]
    grain = rng.normal(0, rng.uniform(0, 5), shades.shape)
    taken = Image.fromarray(np.clip(shades * light + grain, 0, 255).astype(np.uint8))
    return taken.filter(ImageFilter.GaussianBlur(rng.uniform(0, 1.2)))


def photo(strokes: Sequence[Stroke], rng: np.random.Generator) -> Image.Image:
    return _rough(plain(strokes, rng), rng)


KINDS: dict[str, Kind] = {
    kind.__name__: kind
    for kind in (
        plain,
        photo,
        border,
        edge,
        window,
        table,
        table_beside,
        circled,
        framed,
        ruled,
        squared,
        underlined,
        underlined_twice,
        dithered,
    )
}
