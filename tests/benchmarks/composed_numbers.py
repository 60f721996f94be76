"""Numbers composed of single digits by people, on the canvas and on pictures, to measure with."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from mnist_core.digits.drawings.from_strokes import CANVAS_SIDE
from mnist_core.digits.drawings.strokes import Stroke
from mnist_core.digits.mnist_format import Ink, crop
from mnist_core.digits.photos import from_photo, picture_file
from mnist_core.digits.segmentation import Box

HEIGHT = 64  # pixels of a usual digit on a picture
_STEP = 0.02  # of a digit's height: how far digits are moved at a time
_CLEAR = 0.06  # of a digit's height: ink that doesn't touch is this far apart, at least


@dataclass(frozen=True)
class Layout:
    """How digits stand beside each other. Lengths are in heights of a usual digit.

    Attributes:
        gaps: The least and the largest gap between two digits' boxes; negative where they overlap.
            Where ink would touch, digits move apart, unless `touching`.
        sizes: The smallest and the largest digit's height.
        jitter: How far a digit stands above or below the line, at most.
        slant: How far digits lean, at most, all to the same side.
        touching: Each digit is moved to the left until its ink touches that of the one before.
    """

    gaps: tuple[float, float]
    sizes: tuple[float, float] = (0.85, 1.15)
    jitter: float = 0.1
    slant: float = 0.0
    touching: bool = False


LAYOUTS = {
    "apart": Layout((0.15, 0.6)),
    "near": Layout((0.06, 0.15), (0.75, 1.25), 0.2),
    "overlapping": Layout((-0.25, 0.0), slant=0.35),
    "touching": Layout((0.0, 0.0), touching=True),
}


def on_canvas(
    digits: Sequence[Sequence[Stroke]], layout: Layout, rng: np.random.Generator
) -> tuple[list[Stroke], list[Box]]:
    """Drawings side by side, as large as the canvas allows, and the box of each."""
    lean = rng.uniform(-layout.slant, layout.slant)
    placed: list[Stroke] = []
    counts = []
    for strokes in digits:
        low, high = _corners(strokes)
        factor = rng.uniform(*layout.sizes) / max(high - low)
        shape = np.array([[1, 0], [-lean, 1]])
        own = [(stroke - low) * factor @ shape for stroke in strokes]
        down = rng.uniform(-layout.jitter, layout.jitter)
        if placed:
            right = _corners(placed)[1][0] + rng.uniform(*layout.gaps)
            own = _moved(own, right - _corners(own)[0][0], down)
            step, least = (-_STEP, _STEP) if layout.touching else (_STEP, _CLEAR)
            while (_distance(placed, own) < least) != layout.touching:
                own = _moved(own, step, 0)
        placed += own
        counts.append(len(own))
    low, high = _corners(placed)
    factor = 0.85 * CANVAS_SIDE / max(high - low)
    middle = (low + high) / 2
    strokes = [(stroke - middle) * factor + CANVAS_SIDE / 2 for stroke in placed]
    stops = np.cumsum(counts)
    corners = [
        _corners(strokes[stop - count : stop]) for count, stop in zip(counts, stops, strict=True)
    ]
    return strokes, [(*map(float, low), *map(float, high)) for low, high in corners]


def on_paper(
    digits: Sequence[Ink], layout: Layout, rng: np.random.Generator
) -> tuple[Ink, list[Box]]:
    """Digits side by side as ink, with a margin, and the box of each."""
    lean = rng.uniform(-layout.slant, layout.slant)
    shape = (3 * HEIGHT, (2 + 2 * len(digits)) * HEIGHT)
    ink, owners = np.zeros(shape), np.zeros(shape, np.int8)
    for number, digit in enumerate(digits, start=1):
        own = _sheared(_resized(digit, round(rng.uniform(*layout.sizes) * HEIGHT)), lean)
        top = (shape[0] - len(own)) // 2 + round(rng.uniform(-1, 1) * layout.jitter * HEIGHT)
        used = np.flatnonzero(owners.any(axis=0))
        left = round(used[-1] + rng.uniform(*layout.gaps) * HEIGHT) if len(used) else HEIGHT
        clear = 1 if layout.touching else 2 * round(_CLEAR * HEIGHT) + 1
        taken = ndimage.grey_dilation(owners > 0, clear)
        while len(used) and _meet(taken, own, top, left) != layout.touching:
            left += -1 if layout.touching else 1
        place = np.s_[top : top + own.shape[0], left : left + own.shape[1]]
        owners[place] = np.where(own > np.maximum(ink[place], 0.25), number, owners[place])
        ink[place] = np.maximum(ink[place], own)
    margin = round(rng.uniform(0.3, 1) * HEIGHT)
    rows, columns = (np.flatnonzero(owners.any(axis=axis)) for axis in (1, 0))
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    places = ndimage.find_objects(np.pad(owners[box], margin))
    boxes = [
        (float(across.start), float(down.start), float(across.stop), float(down.stop))
        for down, across in places
    ]
    return np.pad(ink[box], margin), boxes


def clean(ink: Ink, rng: np.random.Generator) -> Image.Image:
    """Dark ink on white paper."""
    return Image.fromarray(np.rint(255 - ink * rng.uniform(150, 255)).astype(np.uint8))


def photographed(ink: Ink, rng: np.random.Generator) -> Image.Image:
    """Dark ink on paper with a gradient, the edge of a shadow, blur and grain."""
    height, width = ink.shape
    down, across = np.mgrid[0:height, 0:width] / max(ink.shape)
    angle = rng.uniform(0, 2 * np.pi)
    way = np.cos(angle) * (across - 0.5) + np.sin(angle) * (down - 0.5 * height / width)
    light = 0.75 + 0.2 * way - rng.uniform(0.05, 0.2) / (1 + np.exp(-way * 40))
    shades = 255 * light * (1 - rng.uniform(0.5, 0.8) * ink)
    blurred = ndimage.gaussian_filter(shades, rng.uniform(0.5, 1.2))
    grain = rng.normal(0, rng.uniform(1, 5), ink.shape)
    return Image.fromarray(np.clip(blurred + grain, 0, 255).astype(np.uint8))


PAPERS = {"clean": clean, "photo": photographed}


def external_pictures(archive: Path) -> list[tuple[int, Ink]]:
    """The digits of an archive's pictures, of those in which exactly one digit is found."""
    found = []
    with zipfile.ZipFile(archive) as files:
        for row in csv.DictReader(io.TextIOWrapper(files.open("manifest.csv"), "utf-8")):
            picture = from_photo.find_ink(picture_file.open_image(files.read(row["file"])))
            if picture is not None and (picture.ink > 0.5).any():
                found.append((int(row["label"]), crop(picture.ink, 0.25)))
    return found


def _corners(strokes: Sequence[Stroke]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    points = np.concatenate(list(strokes))
    return points.min(axis=0), points.max(axis=0)


def _moved(strokes: Sequence[Stroke], right: float, down: float) -> list[Stroke]:
    return [stroke + np.array([right, down]) for stroke in strokes]


def _distance(some: Sequence[Stroke], others: Sequence[Stroke]) -> float:
    """The least distance between the points of two drawings."""
    one, other = (np.concatenate([_dense(stroke) for stroke in each]) for each in (some, others))
    near = one[one[:, 0] > other[:, 0].min() - 1]
    if not len(near):
        return np.inf
    return float(np.hypot(*(near[:, None] - other[None]).T).min())


def _dense(stroke: Stroke) -> Stroke:
    way = np.concatenate([[0], np.hypot(*np.diff(stroke, axis=0).T).cumsum()])
    at = np.linspace(0, way[-1], max(2, int(way[-1] / _STEP)))
    return np.column_stack([np.interp(at, way, stroke[:, axis]) for axis in (0, 1)])


def _resized(ink: Ink, height: int) -> Ink:
    """The ink at this size: its height, or its width if it is wider than high."""
    picture = Image.fromarray(ink.astype(np.float32))
    factor = height / max(ink.shape)
    size = (max(1, round(picture.width * factor)), max(1, round(picture.height * factor)))
    return np.clip(np.asarray(picture.resize(size, Image.Resampling.BICUBIC)), 0, 1)


def _sheared(ink: Ink, lean: float) -> Ink:
    side = round(abs(lean) * len(ink)) + 1
    padded = np.pad(ink, ((0, 0), (side, side)))
    middle = len(ink) / 2
    matrix = np.array([[1, 0], [lean, 1]])
    return crop(ndimage.affine_transform(padded, matrix, (0, -lean * middle), order=1), 0.05)


def _meet(taken: NDArray[np.bool_], own: Ink, top: int, left: int) -> bool:
    height, width = own.shape
    return bool((taken[top : top + height, left : left + width] & (own > 0.25)).any())
