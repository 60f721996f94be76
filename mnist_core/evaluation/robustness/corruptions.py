"""Corruptions that make digits harder to read, each in five severities, for the stress test.

`MNIST_C` are the fifteen corruptions of MNIST-C (Mu & Gilmer 2019, arXiv:1906.02337), most of which
are ImageNet-C's (Hendrycks & Dietterich 2019, arXiv:1903.12261), computed here by the same
formulas. MNIST-C has one severity of each; here each has five, the authors' own where they name
five. Fog is smoothed noise instead of their fractal, and motion blur is a plain mean along a line.

A corruption takes (n, 28, 28) float32 images, from 0 (paper) to 1 (ink), the number that stands for
a severity, and a random number generator. It returns images of the same shape, which are then
clipped to 0–1.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mnist_core.config.sizes import IMAGE_SIDE, MAX_LEVEL

Images = NDArray[np.floating]
Floats = NDArray[np.float64]
Random = np.random.Generator
Change = Callable[[Images, float, Random], Images]

SEVERITIES = 5
_MIDDLE = (IMAGE_SIDE - 1) / 2
_ROWS, _COLUMNS = np.indices((IMAGE_SIDE, IMAGE_SIDE)).astype(np.float32)


@dataclass(frozen=True)
class Corruption:
    """A way to make digits harder to read.

    Attributes:
        title: Its name on screen.
        unit: What a number means, a text with `{}` in place of the number.
        numbers: One for each severity, from the mildest to the most severe.
        change: The function that changes images, see the module's docstring.
    """

    title: str
    unit: str
    numbers: tuple[float, float, float, float, float]
    change: Change

    def in_words(self, severity: int) -> str:
        """A severity, 1 to 5, in words."""
        return self.unit.format(f"{self.numbers[severity - 1]:g}")

    @property
    def range_in_words(self) -> str:
        """The mildest and the most severe, in words."""
        return self.unit.format(f"{self.numbers[0]:g} … {self.numbers[-1]:g}")


def corrupt(images: NDArray[np.uint8], name: str, severity: int) -> NDArray[np.uint8]:
    """Make images harder to read, always in the same way.

    Args:
        images: (n, 28, 28) uint8.
        name: One of `CORRUPTIONS`.
        severity: 1 to 5; 0 leaves them as they are.

    Returns:
        (n, 28, 28) uint8.
    """
    if severity == 0:
        return images
    kind = CORRUPTIONS[name]
    random = np.random.default_rng(zlib.crc32(name.encode()))
    ink = images.astype(np.float32) / np.float32(MAX_LEVEL)
    changed = kind.change(ink, kind.numbers[severity - 1], random)
    return np.rint(changed.clip(0, 1) * MAX_LEVEL).astype(np.uint8)


def _sampled(images: Images, rows: Images, columns: Images) -> Images:
    """The images' ink at these rows and columns, (n, 28, 28) each, interpolated bilinearly; beyond
    the edge there is paper."""
    number = np.broadcast_to(np.arange(len(images))[:, None, None], rows.shape)
    return ndimage.map_coordinates(images, [number, rows, columns], order=1)


def _mapped(images: Images, a: Floats, b: Floats, c: Floats, d: Floats) -> Images:
    """The images under linear maps about the middle. They map (row, column) of the result to (a·row
    + b·column, c·row + d·column) of the image; a to d are (n,) each, one map per image."""
    a, b, c, d = (one[:, None, None] for one in (a, b, c, d))
    y, x = _ROWS - _MIDDLE, _COLUMNS - _MIDDLE
    return _sampled(images, a * y + b * x + _MIDDLE, c * y + d * x + _MIDDLE)


def _signs(images: Images, random: Random) -> Floats:
    return random.choice([-1.0, 1.0], len(images))


def _shift(images: Images, pixels: float, random: Random) -> Images:
    """Shift by this many pixels in a random direction."""
    angle = random.uniform(0, 2 * np.pi, len(images))[:, None, None]
    return _sampled(images, _ROWS + pixels * np.sin(angle), _COLUMNS + pixels * np.cos(angle))


def _rotation(images: Images, degrees: float, random: Random) -> Images:
    angle = np.deg2rad(degrees) * _signs(images, random)
    return _mapped(images, np.cos(angle), np.sin(angle), -np.sin(angle), np.cos(angle))


def _scale(images: Images, factor: float, random: Random) -> Images:
    one, zero = np.full(len(images), 1 / factor), np.zeros(len(images))
    return _mapped(images, one, zero, zero, one)


def _shear(images: Images, share: float, random: Random) -> Images:
    one, zero = np.ones(len(images)), np.zeros(len(images))
    return _mapped(images, one, zero, share * _signs(images, random), one)


def _blur(images: Images, sigma: float, random: Random) -> Images:
    return ndimage.gaussian_filter(images, (0, sigma, sigma))


def _noise(images: Images, deviation: float, random: Random) -> Images:
    return images + random.normal(0, deviation, images.shape)


def _contrast(images: Images, factor: float, random: Random) -> Images:
    mean = images.mean(axis=(1, 2), keepdims=True)
    return mean + factor * (images - mean)


_CROSS = ndimage.generate_binary_structure(2, 1)[None]


def _thicker(images: Images, pixels: float, random: Random) -> Images:
    """Dilate by a cross in grey levels: once for each whole pixel, and partly for the rest."""
    while pixels > 0:
        grown = ndimage.grey_dilation(images, footprint=_CROSS)
        images, pixels = images + min(pixels, 1.0) * (grown - images), pixels - 1
    return images


def _thinner(images: Images, pixels: float, random: Random) -> Images:
    return 1 - _thicker(1 - images, pixels, random)


def _occlusion(images: Images, side: float, random: Random) -> Images:
    """Put a square of paper anywhere in the middle 20 pixels, which digits fill."""
    top, left = (random.integers(4, 24, (2, len(images), 1, 1)) - side / 2).round()
    inside = (top <= _ROWS) & (top + side > _ROWS) & (left <= _COLUMNS) & (left + side > _COLUMNS)
    return np.where(inside, 0, images)


def _pixelation(images: Images, side: float, random: Random) -> Images:
    """Average over squares; those at the right and lower border are smaller."""
    edges = np.arange(0, IMAGE_SIDE, int(side))
    sizes = np.diff([*edges, IMAGE_SIDE])
    means = np.add.reduceat(np.add.reduceat(images, edges, 1), edges, 2) / np.outer(sizes, sizes)
    return means.repeat(sizes, 1).repeat(sizes, 2)


def _shot_noise(images: Images, photons: float, random: Random) -> Images:
    return random.poisson(images * photons) / photons


def _impulse_noise(images: Images, share: float, random: Random) -> Images:
    """Salt and pepper: this share of the pixels becomes ink or paper."""
    hit, ink = random.random((2, *images.shape))
    return np.where(hit < share, ink < 0.5, images)


def _glass_blur(images: Images, sigma: float, random: Random) -> Images:
    """Blur, exchange pixels with ones nearby, and blur again."""
    reach, times = {0.7: (1, 2), 0.9: (2, 1), 1.0: (2, 3), 1.1: (3, 2), 1.5: (4, 2)}[sigma]
    images, numbers = _blur(images, sigma, random), np.arange(len(images))
    inside = range(IMAGE_SIDE - reach, reach, -1)
    for _ in range(times):
        swapped = random.random(images.shape) < 0.5
        steps = random.integers(-reach, reach, (2, *images.shape))
        for row in inside:
            for column in inside:
                here = numbers[swapped[:, row, column]]
                down, right = steps[:, here, row, column]
                swapped_ink = images[here, row + down, column + right]
                images[here, row + down, column + right] = images[here, row, column]
                images[here, row, column] = swapped_ink
    return _blur(images, sigma, random)


def _motion_blur(images: Images, pixels: float, random: Random) -> Images:
    """Average along a line of this length, at most 45° from the horizontal."""
    angle = np.deg2rad(random.uniform(-45, 45, len(images)))[:, None, None]
    steps = np.arange(pixels) - (pixels - 1) / 2
    moved = (
        _sampled(images, _ROWS + step * np.sin(angle), _COLUMNS + step * np.cos(angle))
        for step in steps
    )
    return sum(moved, np.zeros_like(images)) / len(steps)


def _brightness(images: Images, amount: float, random: Random) -> Images:
    return images + amount


def _stripe(images: Images, width: float, random: Random) -> Images:
    """A vertical stripe in the middle, in which ink and paper are swapped."""
    return np.where(abs(_COLUMNS - _MIDDLE) < width / 2, 1 - images, images)


def _fog(images: Images, amount: float, random: Random) -> Images:
    """Clouds of all sizes, each half as large and half as dense as the ones before."""
    clouds = sum(
        2.0**-octave * ndimage.gaussian_filter(random.normal(size=images.shape), (0, sigma, sigma))
        * sigma
        for octave, sigma in enumerate((8, 4, 2, 1))
    )  # fmt: skip
    clouds -= clouds.min(axis=(1, 2), keepdims=True)
    clouds /= clouds.max(axis=(1, 2), keepdims=True)
    return (images + amount * clouds) / (1 + amount)


def _spatter(images: Images, share: float, random: Random) -> Images:
    """Smooth drops with a quarter of full ink on this share of the image."""
    field = ndimage.gaussian_filter(random.normal(size=images.shape), (0, 1.5, 1.5))
    drops = field > np.quantile(field, 1 - share, axis=(1, 2), keepdims=True)
    mask = ndimage.gaussian_filter(drops.astype(np.float32), (0, 0.6, 0.6))
    return images * (1 - mask) + 63 / 255 * mask


def _line(x0: Floats, y0: Floats, x1: Floats, y1: Floats) -> Images:
    """Lines from (x0, y0) to (x1, y1), (n,) each; at a distance of d above or below, their ink is 1
    + log(1 − d/2.3), and none beyond 2.3 pixels."""
    x0, y0, x1, y1 = (one[:, None, None] for one in (x0, y0, x1, y1))
    height = y0 + (y1 - y0) / np.maximum(x1 - x0, 1e-6) * (_COLUMNS - x0)
    away = abs(_ROWS - height).clip(0, 2.29)
    ink = (1 + np.log(1 - away / 2.3)).clip(0, 1)
    return np.where((np.floor(x0) <= _COLUMNS) & (np.ceil(x1) > _COLUMNS), ink, 0)


def _ends(images: Images, random: Random) -> tuple[Floats, Floats, Floats, Floats]:
    """The ends of a line across each image, from its left part to its right part."""
    left, right = random.uniform(0, 3, (2, len(images)))
    y0, y1 = random.uniform(4, 24, (2, len(images)))
    return left, y0, IMAGE_SIDE - right, y1


def _dotted_line(images: Images, lines: float, random: Random) -> Images:
    """Lines across the image, alternately two pixels drawn and two left out."""
    for _ in range(int(lines)):
        drawn = _line(*_ends(images, random)) * (_COLUMNS % 4 < 2)
        images = np.maximum(images, drawn)
    return images


def _zigzag(images: Images, lines: float, random: Random) -> Images:
    """Lines across the image in six pieces, whose corners lie 2 pixels above and below."""
    pieces = 6
    for _ in range(int(lines)):
        x0, y0, x1, y1 = _ends(images, random)
        share = np.arange(pieces + 1)[:, None] / pieces
        corners = 2.0 * np.where(np.arange(pieces + 1) % 2, 1, -1)[:, None]
        x, y = x0 + share * (x1 - x0), y0 + share * (y1 - y0) + corners
        for piece in range(pieces):
            images = np.maximum(images, _line(x[piece], y[piece], x[piece + 1], y[piece + 1]))
    return images


def _canny_edges(images: Images, sigma: float, random: Random) -> Images:
    """The edges that Canny's detector (1986) finds after this blur: pixels whose gradient is the
    largest along its own direction and above 0.2, or above 0.1 if they are joined to such
    pixels."""
    smooth = _blur(images, sigma, random)
    down, right = (ndimage.sobel(smooth, axis) / 4 for axis in (1, 2))
    steep = np.hypot(down, right)
    length = np.maximum(steep, 1e-6)
    ahead, behind = (
        _sampled(steep, _ROWS + sign * down / length, _COLUMNS + sign * right / length)
        for sign in (1, -1)
    )
    edge = (steep >= ahead) & (steep >= behind) & (steep > 0.1)
    joined = np.zeros((3, 3, 3), bool)
    joined[1] = True  # joins pixels of the same image only
    return ndimage.binary_propagation(edge & (steep > 0.2), joined, edge).astype(np.float32)


CORRUPTIONS = {
    "shift": Corruption("Shift", "{} px", (1, 2, 3, 4, 5), _shift),
    "rotation": Corruption("Rotation", "{}°", (10, 20, 30, 40, 50), _rotation),
    "scale": Corruption("Smaller", "{} of its size", (0.9, 0.8, 0.7, 0.6, 0.5), _scale),
    "shear": Corruption("Shear", "{} of the height", (0.2, 0.4, 0.6, 0.8, 1.0), _shear),
    "blur": Corruption("Blur", "sigma {} px", (0.5, 1, 1.5, 2, 3), _blur),
    "noise": Corruption(
        "Noise", "standard deviation {} of full ink", (0.08, 0.12, 0.18, 0.26, 0.38), _noise
    ),
    "contrast": Corruption("Low contrast", "{} of it", (0.4, 0.3, 0.2, 0.1, 0.05), _contrast),
    "thicker": Corruption("Thicker", "{} px on each side", (0.5, 1, 1.5, 2, 2.5), _thicker),
    "thinner": Corruption("Thinner", "{} px on each side", (0.3, 0.5, 0.7, 0.9, 1.1), _thinner),
    "occlusion": Corruption("Covered", "square of {} px", (4, 6, 8, 10, 12), _occlusion),
    "pixelation": Corruption("Pixelated", "squares of {} px", (2, 3, 4, 5, 6), _pixelation),
    "shot_noise": Corruption(
        "Shot noise", "{} photons at full ink", (60, 25, 12, 5, 3), _shot_noise
    ),
    "impulse_noise": Corruption(
        "Impulse noise", "{} of the pixels", (0.03, 0.06, 0.09, 0.17, 0.27), _impulse_noise
    ),
    "glass_blur": Corruption("Glass blur", "sigma {} px", (0.7, 0.9, 1.0, 1.1, 1.5), _glass_blur),
    "motion_blur": Corruption("Motion blur", "over {} px", (3, 5, 7, 9, 11), _motion_blur),
    "brightness": Corruption(
        "Grey paper", "{} of full ink added", (0.1, 0.2, 0.3, 0.4, 0.5), _brightness
    ),
    "stripe": Corruption("Inverted stripe", "{} px wide", (2, 4, 6, 8, 10), _stripe),
    "fog": Corruption("Fog", "{} times full ink", (0.5, 1.0, 1.5, 2.0, 2.5), _fog),
    "spatter": Corruption("Spatter", "{} of the image", (0.05, 0.1, 0.2, 0.3, 0.4), _spatter),
    "dotted_line": Corruption("Dotted lines", "number of lines: {}", (1, 2, 3, 4, 5), _dotted_line),
    "zigzag": Corruption("Zigzag", "number of lines: {}", (1, 2, 3, 4, 5), _zigzag),
    "canny_edges": Corruption(
        "Only the edges", "found after a blur of {} px", (0.5, 0.75, 1.0, 1.25, 1.5), _canny_edges
    ),
}  # fmt: skip
"""The corruptions by name, in the order in which they are shown."""

MNIST_C = (
    "shot_noise", "impulse_noise", "glass_blur", "motion_blur", "shear", "scale", "rotation",
    "brightness", "shift", "stripe", "fog", "spatter", "dotted_line", "zigzag", "canny_edges",
)  # fmt: skip
