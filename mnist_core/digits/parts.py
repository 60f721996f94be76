"""The pieces of ink on a picture: which belong to the digit, and whether there are several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mnist_core.digits.mnist_format import Ink
from mnist_core.digits.paper import TOUCHING

_INK = 0.25  # joins pixels to a piece
_GRID_CELLS = 128  # a side of the grid on which pieces are looked for
_STRIP = 0.02  # of the picture's side: thinner pieces along the rim are the edge of something
_APART = 0.15  # of the largest piece's side: a wider gap parts two digits
_LARGE = 0.4  # of the largest piece's side: what is smaller may be a part of its digit


@dataclass(frozen=True, eq=False)
class Part:
    """A connected piece of ink in cells of a coarse grid: its box (bottom and right exclusive), its
    area, and a mask of its cells."""

    top: int
    bottom: int
    left: int
    right: int
    area: int
    cells: NDArray[np.bool_]

    @property
    def side(self) -> int:
        return max(self.bottom - self.top, self.right - self.left)

    @property
    def thinness(self) -> int:
        """The shorter side of its box."""
        return min(self.bottom - self.top, self.right - self.left)

    @property
    def from_edge(self) -> int:
        """Cells between it and the edge of the grid."""
        height, width = self.cells.shape
        return min(self.top, self.left, height - self.bottom, width - self.right)


def find_parts(ink: Ink, *, margin: int) -> list[Part]:
    """The pieces of ink that are not tiny, largest first.

    Args:
        ink: The picture's.
        margin: Pixels of paper round the picture. If there are any, all ink may be the digit's, but
            for strips along the rim; if not, pieces at the rim are left out where others are large
            enough, as they are the table, a thumb, a shadow.
    """
    cell = _cell(ink.shape)
    padded = np.pad(ink, [(0, -side % cell) for side in ink.shape])
    coarse = padded.reshape(len(padded) // cell, cell, -1, cell).max(axis=(1, 3)) > _INK
    labels, _ = ndimage.label(coarse, TOUCHING)
    parts = []
    for label, (rows, columns) in enumerate(ndimage.find_objects(labels), 1):
        cells = labels == label
        box = (rows.start, rows.stop, columns.start, columns.stop)
        parts.append(Part(*box, int(cells.sum()), cells))
    if margin:
        rim, thin = margin // cell + 1, _STRIP * max(coarse.shape)
        inside = [part for part in parts if part.from_edge > rim or part.thinness > thin]
    else:
        inside = [part for part in parts if part.from_edge > 0]
    if any(part.side >= 0.1 * max(coarse.shape) for part in inside):
        parts = inside
    parts.sort(key=lambda part: part.area, reverse=True)
    return [part for part in parts if part.area >= 0.02 * parts[0].area]


def _cell(shape: tuple[int, ...]) -> int:
    """Pixels a side of a cell of the coarse grid."""
    return -(-max(shape) // _GRID_CELLS)


def are_several_digits(parts: Sequence[Part]) -> bool:
    """Whether two pieces are both large and clearly apart, as one digit's strokes never are. Pieces
    that are nearer than a stroke is wide count as one: its ink has paled there."""
    width = _stroke_width(parts[0])
    wholes: list[_Box] = []
    for part in parts:
        box = (part.top, part.bottom, part.left, part.right)
        near = [whole for whole in wholes if _gap(whole, box) < width]
        wholes = [whole for whole in wholes if whole not in near] + [_around([box, *near])]
    sides = [max(bottom - top, right - left) for top, bottom, left, right in wholes]
    large = [
        whole for whole, side in zip(wholes, sides, strict=True) if side >= _LARGE * max(sides)
    ]
    return any(
        _gap(one, other) >= _APART * max(sides)
        for index, one in enumerate(large)
        for other in large[index + 1 :]
    )


_Box = tuple[int, int, int, int]  # top, bottom, left, right


def _around(boxes: Sequence[_Box]) -> _Box:
    """The box round boxes."""
    tops, bottoms, lefts, rights = zip(*boxes, strict=True)
    return min(tops), max(bottoms), min(lefts), max(rights)


def _gap(one: _Box, other: _Box) -> int:
    """Cells between two boxes, the larger of across and down; 0 where they overlap."""
    across = max(one[2], other[2]) - min(one[3], other[3])
    down = max(one[0], other[0]) - min(one[1], other[1])
    return max(across, down, 0)


def _stroke_width(part: Part) -> float:
    """In cells, at the piece's thickest place."""
    return 2 * float(ndimage.distance_transform_edt(np.pad(part.cells, 1)).max())


def mask(parts: Sequence[Part], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """(h, w): the pieces with a margin of one cell, so that their soft edges are kept."""
    coarse = np.any([part.cells for part in parts], axis=0)
    margin = ndimage.binary_dilation(coarse, TOUCHING)
    cell = _cell(shape)
    return margin.repeat(cell, 0).repeat(cell, 1)[: shape[0], : shape[1]]
