"""The pieces of ink on a picture: which ones belong to the digit, and whether they are several
digits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mnist_core.digits.mnist_format import Ink
from mnist_core.digits.photos.sheet import TOUCHING, Mask, blocks, cell_side
from mnist_core.digits.segmentation import Box, around

JOINING = 0.25  # Touching pixels with more ink than this (0 to 1) are one piece.
# A piece along the rim is the edge of something else if it is thinner than
_STRIP = 0.02  # this share of the picture's longer side,
_THIN = 1 / 18  # or this share of its own length.
_APART = 0.15  # A gap wider than this share of the largest piece's side parts two digits.
_SPECK = 0.02  # A piece smaller than this share of the largest piece's area is dirt.
_FAR = 0.3  # So is a small piece that is farther away than this share of the largest piece's side.
_SLIM = 5  # A line is at least this many times as long as thick.
_TILT = 0.25  # An underline rises by at most this share of its length.
_UNDERLINE = 0.5  # Its least length, as a share of the width of what it underlines.
_LONG_UNDERLINE = 1.2  # At this length it may touch what it underlines.
_STANDS_OUT = 0.1  # One that it stands on stands out by this share of its length on both sides,
_THICKEST_UNDERLINE = 0.12  # and is at most this thick, as a share of the height of both.
_BELOW = 0.05  # A shorter one is at least this far below, as a share of the height.
_MARGIN_LINE = 1.8  # A margin's line is more than this many times as high as what is beside it.
_LARGE = 0.4  # A piece smaller than this share of the largest one's side may be part of its digit.


@dataclass(frozen=True, eq=False)
class Part:
    """A connected piece of ink, in cells of a coarse grid.

    Attributes:
        top, bottom, left, right: Its box; bottom and right are exclusive.
        area: How many cells it has.
        labels: (h, w) integers, the label of the piece that each cell of the grid belongs to.
        label: Its own label.
    """

    top: int
    bottom: int
    left: int
    right: int
    area: int
    labels: NDArray[np.int32] = field(repr=False)
    label: int

    @property
    def cells(self) -> NDArray[np.bool_]:
        """(h, w): which cells of the grid belong to it."""
        return self.labels == self.label

    @property
    def box(self) -> Box:
        return self.left, self.top, self.right, self.bottom

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
        height, width = self.labels.shape
        return min(self.top, self.left, height - self.bottom, width - self.right)


def find_parts(ink: Ink, *, margin: int, on_line: bool = False) -> list[Part]:
    """The pieces of ink that are not tiny, largest first.

    Args:
        ink: The picture's ink.
        margin: Pixels of paper around the picture. With a margin, all ink may be the digit's,
            except strips along the rim. Without one, pieces at the rim are left out if others are
            large enough, as they may be the table, a thumb or a shadow.
        on_line: Whether to leave out a line that the digit stands on. By its shape alone it may be
            the foot of a 2.
    """
    cell = cell_side(ink.shape)
    coarse = blocks(ink > JOINING, cell).max(axis=1).max(axis=2)
    if on_line:
        coarse = _without_line_below(coarse)
    labels, _ = ndimage.label(coarse, TOUCHING)
    areas = np.bincount(labels.ravel())
    parts = [
        Part(rows.start, rows.stop, columns.start, columns.stop, int(areas[label]), labels, label)
        for label, (rows, columns) in enumerate(ndimage.find_objects(labels), 1)
    ]
    if margin:
        rim, thin = margin // cell + 1, _STRIP * max(coarse.shape)
        inside = [
            part
            for part in parts
            if part.from_edge > rim or part.thinness > max(thin, _THIN * part.side)
        ]
    else:
        inside = [part for part in parts if part.from_edge > 0]
    if any(part.side >= 0.1 * max(coarse.shape) for part in inside):
        parts = inside
    parts.sort(key=lambda part: part.area, reverse=True)
    parts = _without_specks([part for part in parts if part.area >= _SPECK * parts[0].area])
    # One of two underlines is judged by what stands above both.
    level = [part for part in parts if _is_straight(part) and part.right - part.left == part.side]
    written = [part for part in parts if part not in level]
    return [
        part
        for part in parts
        if not _is_underline(part, [part, *written] if part in level else parts)
    ]


def _without_line_below(inked: Mask) -> Mask:
    """The cells of ink without the line that the largest piece stands on, if it does: a straight
    one, from side to side of the piece, that stands out beyond the writing on both sides."""
    labels, count = ndimage.label(inked, TOUCHING)
    if not count:
        return inked
    largest = np.bincount(labels.ravel())[1:].argmax()
    place = ndimage.find_objects(labels)[largest]
    piece = labels[place] == largest + 1
    height, width = piece.shape
    out = round(_STANDS_OUT * width)
    if not out:
        return inked
    ends = [np.nonzero(piece[:, columns])[0] for columns in (np.s_[:out], np.s_[-out:])]
    thin, thick = sorted(int(np.ptp(rows)) + 1 for rows in ends)
    if thick > min(_THICKEST_UNDERLINE * height, 1.5 * thin + 1):
        return inked
    middles = [(rows.min() + rows.max()) / 2 for rows in ends]
    line = np.interp(np.arange(width), [out / 2, width - out / 2], middles)
    away = line - np.arange(height)[:, np.newaxis]
    near = abs(away) <= thick / 2 + 1
    unbroken = (piece & near).any(axis=0).all()
    if not unbroken or (piece & (away < 0) & ~near).any():
        return inked
    just_above = (away > thick / 2 + 1) & (away <= thick / 2 + 2)
    touched = (piece & just_above).any(axis=0)  # there a flat foot may lie on the line
    kept = inked.copy()
    kept[place] &= ~(piece & near & ((away <= thick / 2) | ~touched))
    return kept


def _without_specks(parts: list[Part]) -> list[Part]:
    """The pieces, without small ones that are far from the large ones."""
    side = max((part.side for part in parts), default=0)
    large = [part.box for part in parts if part.side >= _LARGE * side]
    return [part for part in parts if min(_gap(part.box, whole) for whole in large) <= _FAR * side]


def _is_straight(part: Part) -> bool:
    """Whether it is a slim, straight, nearly level or upright line."""
    slim = part.area <= part.side * part.side / _SLIM
    return slim and part.thinness <= _TILT * part.side


def _is_underline(part: Part, parts: Sequence[Part]) -> bool:
    """Whether it is a line of the paper or of the writer: a straight one below all other parts,
    farther away than a digit's foot; one above that covers them from side to side, farther away
    than a digit's bar; or one beside them that is far longer."""
    others = [other.box for other in parts if other is not part]
    if not others or not _is_straight(part):
        return False
    left, top, right, bottom = around(others)
    below, above = part.top - bottom, top - part.bottom
    if part.right - part.left == part.side:
        shared = min(right, part.right) - max(left, part.left)
        height, width = bottom - top, right - left
        covers = shared == width  # unlike a 5's bar
        if covers and part.side >= _LONG_UNDERLINE * width:
            return max(below, above) >= 0
        apart_below = below >= _BELOW * height and 2 * shared > width
        apart_above = above >= _APART * height and covers
        return part.side >= _UNDERLINE * width and (apart_below or apart_above)
    beside = max(part.left - right, left - part.right)
    return beside > 0 and part.side > _MARGIN_LINE * (bottom - top)


def are_several_digits(parts: Sequence[Part]) -> bool:
    """Whether two pieces are both large and clearly apart, as one digit's strokes never are. Pieces
    that are closer than a stroke is wide count as one: the ink between them has only faded."""
    width = _stroke_width(parts[0])
    wholes: list[Box] = []
    for part in parts:
        near = [whole for whole in wholes if _gap(whole, part.box) < width]
        wholes = [whole for whole in wholes if whole not in near] + [around([part.box, *near])]
    sides = [max(bottom - top, right - left) for left, top, right, bottom in wholes]
    large = [
        whole for whole, side in zip(wholes, sides, strict=True) if side >= _LARGE * max(sides)
    ]
    return any(
        _gap(one, other) >= _APART * max(sides)
        for index, one in enumerate(large)
        for other in large[index + 1 :]
    )


def _gap(one: Box, other: Box) -> float:
    """Cells between two boxes, across or down, whichever is more; 0 where they overlap."""
    across = max(one[0], other[0]) - min(one[2], other[2])
    down = max(one[1], other[1]) - min(one[3], other[3])
    return max(across, down, 0)


def _stroke_width(part: Part) -> float:
    """The stroke's width in cells, where the piece is thickest."""
    return 2 * float(ndimage.distance_transform_edt(np.pad(part.cells, 1)).max())


def mask(parts: Sequence[Part], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """(h, w): the pieces with a margin of one cell, so that their soft edges are kept."""
    coarse = np.isin(parts[0].labels, [part.label for part in parts])
    margin = ndimage.binary_dilation(coarse, TOUCHING)
    cell = cell_side(shape)
    return margin.repeat(cell, 0).repeat(cell, 1)[: shape[0], : shape[1]]
