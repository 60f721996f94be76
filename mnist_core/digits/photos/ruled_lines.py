"""The lines of ruled and squared paper: they are found by their length and removed, but not the
digit's strokes that cross them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mnist_core.digits.mnist_format import Ink
from mnist_core.digits.photos.sheet import TOUCHING, rim

_MIN_SIDE = 128  # Pixels. A smaller picture shows no ruled paper.
_BLOCK = 16  # Pixels averaged along a line, so that grain and strokes count for little.
_THICKEST = 0.025  # A line is at most this thick, as a share of the picture's longer side.
_FAINTEST = 0.02  # A line has at least this much ink (0 to 1).
_LENGTH = 0.7  # A line is at least this share of the paper long.
_FEW = 3  # Fewer lines than this may be strokes of a digit:
_LENGTH_ALONE = 0.95  # they count only if they are at least this share of the paper long.
_STEEPEST = 0.09  # The largest slope of a line against the picture's edge, about 5 degrees.
_NEAR = 3  # Pixels by which a line may bend.
_EDGE = 0.2  # A pixel with less than this share of a line's ink lies beside the line.
_DARKER = 1.5  # A pixel with this many times a line's ink belongs to a stroke.
_REMAINS = 0.5  # Where a line bends, up to this share of its ink may remain.
_SOLID = 0.3  # A pixel with this share of the darkest ink belongs to a stroke.


@dataclass(frozen=True, eq=False)
class _Lines:
    """Horizontal or nearly horizontal lines.

    Attributes:
        rows: (n, w), the row of each line's middle in each column.
        ink: (n,), the ink of each line, 0 to 1.
        reach: Rows on each side of a line's middle that have some of its ink.
    """

    rows: NDArray[np.intp] = field(repr=False)
    ink: Ink
    reach: int


def without_lines(ink: Ink, noise: float) -> Ink:
    """Remove the lines of the paper; returns the same array if there are none.

    Args:
        ink: (h, w) of paper alone, without a margin, 0 to 1.
        noise: Standard deviation of the paper's ink.
    """
    if min(ink.shape) < _MIN_SIDE:
        return ink
    across, down = _lines(ink, noise), _lines(ink.T, noise)
    count = len(across.ink) + len(down.ink)
    if not count:
        return ink
    # Where lines cross each other, neither is a stroke.
    nothing = np.zeros_like(ink)
    remains = _REMAINS * max(*across.ink, *down.ink, 0)
    without_down = _above(remains, _erased(ink.T, down, nothing.T).T)
    without_across = _above(remains, _erased(ink, across, nothing))
    rest = np.minimum(_erased(ink, across, without_down), _erased(ink.T, down, without_across.T).T)
    rest = np.maximum(rest - remains, 0)
    pieces, found = ndimage.label(rest > _SOLID * ink.max(), TOUCHING)
    if not found:
        return rest if count > 2 else ink
    # If the largest piece reaches the rim, the lines are strokes of a digit that fills its picture.
    largest = np.bincount(pieces[pieces > 0]).argmax()
    return ink if (rim(pieces) == largest).any() else rest


def _above(least: float, ink: Ink) -> Ink:
    return np.where(ink > least, ink, 0)


def _lines(ink: Ink, noise: float) -> _Lines:
    """Find the lines that run from left to right."""
    height, width = ink.shape
    blocks = width // _BLOCK
    means = ink[:, : blocks * _BLOCK].reshape(height, blocks, _BLOCK).mean(axis=2)
    thickest = max(3, round(_THICKEST * max(ink.shape)))
    means = means - ndimage.grey_opening(means, (2 * thickest + 1, 1))
    inked = means > max(_FAINTEST, 3 * noise / np.sqrt(_BLOCK))
    places, lengths = _long_runs(inked, thickest)
    rows, line_ink, reach = _traced(means, places)
    thin = 2 * reach + 1 <= thickest
    if np.count_nonzero(thin) < _FEW:
        thin &= lengths >= _LENGTH_ALONE
    block, part = np.divmod((np.arange(width) + 0.5) / _BLOCK - 0.5, 1)
    outside = block - block.clip(0, blocks - 2)
    block, part = (block - outside).astype(int), part + outside
    along = rows[:, block] * (1 - part) + rows[:, block + 1] * part
    return _Lines(
        np.rint(along[thin]).astype(int), line_ink[thin], int(max(reach[thin], default=0))
    )


def _long_runs(inked: NDArray[np.bool_], apart: int) -> tuple[NDArray[np.intp], Ink]:
    """Where long straight lines run.

    Args:
        inked: (h, blocks), whether each row has ink in each block.
        apart: Least distance between lines, in rows.

    Returns:
        (n, blocks), the row of each line in each block; and (n,), the share of the blocks in which
        it has ink.
    """
    height, blocks = inked.shape
    places, lengths = [], []
    if inked.any(axis=0).mean() >= _LENGTH:
        near = ndimage.maximum_filter1d(inked, 3, axis=0)
        steps = int(_STEEPEST * blocks * _BLOCK / 4)  # slopes a row apart at either end
        drops = np.rint(
            np.outer(np.linspace(-1, 1, 2 * steps + 1), np.arange(blocks) - (blocks - 1) / 2)
            * _STEEPEST * _BLOCK
        ).astype(int)  # fmt: skip
        rows = np.arange(height)[:, None] + drops[:, None, :]
        on_paper = (rows >= 0) & (rows < height)
        hit = near[rows.clip(0, height - 1), np.arange(blocks)] & on_paper
        covered = hit.sum(axis=2) / np.maximum(on_paper.sum(axis=2), blocks / 2)
        while covered.max() >= _LENGTH:
            slope, row = np.unravel_index(covered.argmax(), covered.shape)
            places.append(rows[slope, row])
            lengths.append(covered[slope, row])
            covered[:, max(0, row - apart) : row + apart + 1] = 0
    return np.array(places, int).reshape(-1, blocks), np.array(lengths)


def _traced(means: Ink, places: NDArray[np.intp]) -> tuple[NDArray[np.intp], Ink, NDArray[np.intp]]:
    """Follow the slight bends of lines near given places: their rows in each block (n, blocks),
    their ink (n,) and their reach (n,)."""
    height, blocks = means.shape

    def around(rows: NDArray[np.intp], reach: int) -> Ink:
        near = rows[..., None] + np.arange(-reach, reach + 1)
        return means[near.clip(0, height - 1), np.arange(blocks)[:, None]]

    rows = places + around(places, _NEAR).argmax(axis=2) - _NEAR
    far = height // 32
    profiles = np.median(around(rows, far), axis=1)
    ink = profiles[:, far]
    inked = profiles > _EDGE * ink[:, None]
    sides = (inked[:, far::-1], inked[:, far:])  # from the middle up and down
    reach = np.max([np.logical_and.accumulate(side, 1).sum(axis=1) for side in sides], axis=0) - 1
    return ndimage.median_filter(rows, (1, 5), mode="nearest"), ink, reach


def _erased(ink: Ink, lines: _Lines, strokes: Ink) -> Ink:
    """Erase lines, except where strokes cross them or where they are much darker."""
    height, width = ink.shape
    columns, reach = np.arange(width), lines.reach + 1

    def beside(way: int) -> Ink:
        rows = lines.rows + way * (reach + np.array([1, 2]))[:, None, None]
        found = strokes[rows.clip(0, height - 1), columns] * ((rows >= 0) & (rows < height))
        return ndimage.maximum_filter1d(found.max(axis=0), 2 * reach + 1, axis=1)

    rows = (lines.rows + np.arange(-reach, reach + 1)[:, None, None]).clip(0, height - 1)
    old = ink[rows, columns]
    darker = np.where(old > _DARKER * lines.ink[:, None], old, 0)
    erased = ink.copy()
    erased[rows, columns] = np.minimum(old, np.maximum(darker, np.minimum(beside(-1), beside(1))))
    return erased
