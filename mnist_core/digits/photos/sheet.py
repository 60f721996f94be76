"""Finds the sheet of paper on a picture: it may lie on a table, be held against a window, or be
enclosed by a frame or a circle drawn by hand.

A sheet is a nearly convex region, all light or all dark, with something written inside that does
not reach its edge. What surrounds it takes up much of the picture's rim, or is a line that closes
around it; a round line may touch what is written in it. The loop of a digit is not a sheet, as
nothing is written in it, nor is a thick digit, as it does not have four corners.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Shades = NDArray[np.float32]
"""(h, w) from 0 (black) to 1 (white)."""

Mask = NDArray[np.bool_]

TOUCHING = np.ones((3, 3))
"""Pixels that touch, even by a corner, belong to the same piece."""

_GRID_CELLS = 128  # Cells along the longer side of the coarse grid on which sheets are looked for.
_BESIDE = 2  # Pixels kept around everything that may be a frame.
_MIN_SIDE = 48  # Pixels. A smaller picture shows the digit alone, perhaps in a thin frame.
_THICKEST_FRAME = 2  # Pixels: of such a frame.
_TOUCHES_FRAME = 0.4  # What is drawn in it takes up less than this share of the pixels beside it.
_MIN_AREA = 0.1  # A sheet covers at least this share of the picture.
_MIN_IN_RING = 0.02  # The inside of a ring covers at least this share of the picture.
_MIN_CONTRAST = 0.1  # Least difference between a sheet and its writing; shades are 0 to 1.
# Shares of the picture's rim.
_WHOLE = 0.8  # A region that holds more of the rim is the picture's own paper, not a sheet on it.
_CUT = 0.4  # A sheet without four corners runs off the picture: it holds at least this much.
_CUT_RING = 0.1  # A ring and its inside hold at most this much, or the picture cuts the ring off.
# The shape of a sheet or ring.
_CONVEX = 0.94  # It fills at least this share of its convex hull.
_FOUR_CORNERS = (0.88, 1.08)  # Range of the area of its corners' quadrilateral, divided by its own.
_ROUND = 1.4  # A circle drawn by hand is at most this many times as long as wide.
_RING = 0.12  # A line around a sheet is at most this wide, as a share of the side inside it.
_SHARP = 0.6  # At least this share of the change to the surroundings lies within a few pixels.
# Writing on it: its least size, as a share of the shorter side of what it stands in.
_WRITTEN = 0.12
_WRITTEN_IN_RING = 0.35
_WRITTEN_TO_RING = 0.6  # where the writing touches the ring
_STRAIGHT = 0.2  # A single stroke spreads less than this share as much across as along.


@dataclass(frozen=True, eq=False)
class Sheet:
    """A sheet of paper on a picture.

    Attributes:
        top, left: Where `shades` begin on the picture, in pixels.
        shades: (h, w), the sheet's box; what lies in it outside the sheet is given the shade of the
            sheet's nearest edge.
    """

    top: int
    left: int
    shades: Shades = field(repr=False)


def find_sheet(shades: Shades) -> Sheet | None:
    """The sheet on a picture; None if the picture shows nothing around it."""
    if min(shades.shape) < _MIN_SIDE:
        return _inside_thin_frame(shades)
    threshold, _ = otsu(shades[::2, ::2])
    dark = shades <= threshold
    sheets = [sheet for wall in (dark, ~dark) for sheet in _sheets(shades, wall)]
    return min(sheets, key=lambda sheet: sheet.shades.size, default=None)


def _inside_thin_frame(shades: Shades) -> Sheet | None:
    """The inside of a frame of a pixel or two along the rim of a small picture; None if it has no
    frame, or nothing is drawn inside."""
    threshold, _ = otsu(shades)
    like_rim = (shades > threshold) == (shades[0, 0] > threshold)
    inside = like_rim
    for thick in range(1, _THICKEST_FRAME + 1):
        if min(inside.shape) < 2 * _THICKEST_FRAME or not rim(inside).all():
            return None
        inside = inside[1:-1, 1:-1]
        if rim(inside).mean() < _TOUCHES_FRAME:
            is_drawn = 0 < inside.mean() < 0.5
            return Sheet(thick, thick, shades[thick:-thick, thick:-thick]) if is_drawn else None
    return None


def _sheets(shades: Shades, wall: Mask) -> list[Sheet]:
    """The sheets among the regions into which walls divide a picture."""
    rows, columns = box(wall | rim(wall).any(), _BESIDE)
    shades = shades[rows, columns]
    cell = cell_side(shades.shape)
    # Thin walls survive: a cell is wall if any of its pixels is.
    walls = blocks(wall[rows, columns], cell).max(axis=1).max(axis=2)
    cells = blocks(shades, cell)
    darkest, lightest = cells.min(axis=1).min(axis=2), cells.max(axis=1).max(axis=2)
    regions, _ = ndimage.label(~walls)
    areas = np.bincount(regions.ravel())
    areas[0] = 0  # the walls
    found = []
    for region in np.flatnonzero(areas >= _MIN_IN_RING * walls.size):
        if (rim(regions) == region).mean() >= _WHOLE:
            continue
        sheet = filled(regions == region)
        written = _least_writing(sheet, walls)
        if written is None or not _has_sharp_edge(sheet, walls, darkest + lightest):
            continue
        inside = ndimage.binary_erosion(sheet, TOUCHING, border_value=1)
        if any(_is_written_on(sheet, inside, of, written) for of in (darkest, lightest)):
            found.append(_cut_out(shades, inside, walls, cell, rows.start, columns.start))
    if not found:
        inside = _inside_touched_ring(walls)
        if inside is not None:
            found.append(_cut_out(shades, inside, walls, cell, rows.start, columns.start))
    return found


def _inside_touched_ring(wall: Mask) -> Mask | None:
    """The inside of a round line that is touched by the writing in it; None if there is no such
    line. A single stroke inside does not count as writing, as it may be that of a slashed 0."""
    ring = filled(wall)
    if not ring.any() or rim(ring).mean() > _CUT_RING:
        return None
    convex, _, round_ = _shape(ring)
    if not (convex and round_):
        return None
    depth = ndimage.distance_transform_edt(ring)
    most = int(_RING * np.sqrt(np.count_nonzero(ring)))
    shares = [wall[(depth > level) & (depth <= level + 1)].mean() for level in range(most + 1)]
    thin = np.flatnonzero(np.array(shares) < 0.5)
    if not len(thin):
        return None
    inside = depth > thin[0] + 1
    pieces, count = ndimage.label(wall & inside, TOUCHING)
    if not count:
        return None
    largest = pieces == np.bincount(pieces.ravel())[1:].argmax() + 1
    side = min(part.stop - part.start for part in box(inside))
    if max(part.stop - part.start for part in box(largest)) < _WRITTEN_TO_RING * side:
        return None
    low, high = np.sqrt(np.linalg.eigvalsh(np.cov(np.nonzero(largest))).clip(0))
    return inside if low > _STRAIGHT * high else None


def _least_writing(sheet: Mask, wall: Mask) -> float | None:
    """The least side of writing on a sheet, as a share of the sheet's; None if this does not have
    the shape of a sheet."""
    at_rim = rim(sheet).mean()
    if at_rim >= _WHOLE:
        return None
    convex, four_cornered, round_ = _shape(sheet)
    if not convex:
        return None
    if sheet.mean() >= _MIN_AREA and (four_cornered or at_rim >= _CUT):
        return _WRITTEN
    like_a_ring = four_cornered or round_
    if like_a_ring and at_rim <= _CUT_RING and _in_thin_ring(sheet, wall):
        return _WRITTEN_IN_RING
    return None


def _shape(sheet: Mask) -> tuple[bool, bool, bool]:
    """Whether it is nearly convex, whether it has four corners, and whether it is about as wide as
    it is long, unlike most zeros."""
    rows = np.flatnonzero(sheet.any(axis=1))
    ends = [sheet[rows].argmax(axis=1), sheet.shape[1] - 1 - sheet[rows, ::-1].argmax(axis=1)]
    rows, columns = np.tile(rows, 2), np.concatenate(ends)
    angles = np.arange(16) * np.pi / 8
    reach = np.outer(np.cos(angles), columns) + np.outer(np.sin(angles), rows)
    widths = reach[:8].max(axis=1) - reach[:8].min(axis=1) + 1
    farthest = reach.argmax(axis=1)
    # A cell extends half a cell beyond its middle.
    x = columns[farthest] + 0.5 * np.sign(np.round(np.cos(angles), 6))
    y = rows[farthest] + 0.5 * np.sign(np.round(np.sin(angles), 6))
    area = np.count_nonzero(sheet)
    hull = _polygon_area(x, y)
    corners = max(_polygon_area(x[start::4], y[start::4]) for start in (0, 2))
    four_cornered = bool(_FOUR_CORNERS[0] <= corners / area <= _FOUR_CORNERS[1])
    return bool(area >= _CONVEX * hull), four_cornered, bool(widths.max() <= _ROUND * widths.min())


def _polygon_area(x: NDArray, y: NDArray) -> float:
    return float(abs(x @ np.roll(y, 1) - y @ np.roll(x, 1)) / 2)


def _in_thin_ring(sheet: Mask, wall: Mask) -> bool:
    """Whether it is enclosed by something as thin as a line."""
    pieces, _ = ndimage.label(wall & ~sheet, TOUCHING)
    round_it = ndimage.binary_dilation(sheet, TOUCHING) & ~sheet
    ring = np.isin(pieces, np.unique(pieces[round_it & wall]))
    side = np.sqrt(np.count_nonzero(sheet))
    return bool(rim(ring).mean() <= _CUT_RING and np.count_nonzero(ring) <= 4 * side * _RING * side)


def _has_sharp_edge(sheet: Mask, wall: Mask, cells: Shades) -> bool:
    """Whether the shade changes abruptly at its edge, unlike at the edge of a shadow."""
    outside = wall & ~sheet
    edge_in = sheet & ndimage.binary_dilation(~sheet, TOUCHING, 2)
    edge_out = outside & ndimage.binary_dilation(sheet, TOUCHING, 2)
    at_edge = abs(cells[edge_in].mean() - cells[edge_out].mean())
    return bool(at_edge >= _SHARP * abs(cells[sheet].mean() - cells[outside].mean()))


def _is_written_on(sheet: Mask, inside: Mask, cells: Shades, least: float) -> bool:
    """Whether there is something on the sheet that does not reach its edge.

    Args:
        least: The writing's least side, as a share of the sheet's.
    """
    shades = cells[inside]
    if not shades.size:
        return False
    threshold, _ = otsu(shades)
    light = cells > threshold
    share = light[inside].mean()
    if (
        not 0 < share < 1
        or shades[shades > threshold].mean() - shades[shades <= threshold].mean() < _MIN_CONTRAST
    ):
        return False
    ink = inside & (light if share < 0.5 else ~light)
    pieces, _ = ndimage.label(ink, TOUCHING)
    side = least * min(part.stop - part.start for part in box(sheet))
    edge = ndimage.binary_dilation(~inside, TOUCHING)
    at_edge = set(np.unique(pieces[edge & ink]))
    return any(
        max(part.stop - part.start for part in around) >= side and label not in at_edge
        for label, around in enumerate(ndimage.find_objects(pieces), 1)
    )


def _cut_out(shades: Shades, inside: Mask, wall: Mask, cell: int, top: int, left: int) -> Sheet:
    """Cut the sheet in these cells out of the picture.

    Args:
        wall: Cells that are not paper.
        top, left: Where `shades` begin on the picture, in pixels.
    """
    rows, columns = box(inside)
    at = [slice(part.start * cell, part.stop * cell) for part in (rows, columns)]
    kept = shades[at[0], at[1]].copy()
    beside = ~inside[rows, columns]
    if beside.any():
        means = blocks(kept, cell).mean(axis=(1, 3))
        nearest = ndimage.distance_transform_edt(
            (beside | wall[rows, columns]), return_distances=False, return_indices=True
        )
        means = means[tuple(nearest)]
        fine = (means.repeat(cell, 0).repeat(cell, 1), beside.repeat(cell, 0).repeat(cell, 1))
        instead, where = (array[: kept.shape[0], : kept.shape[1]] for array in fine)
        kept[where] = instead[where]
    return Sheet(top + at[0].start, left + at[1].start, kept)


def cell_side(shape: tuple[int, ...]) -> int:
    """Side, in pixels, of a cell of the coarse grid over a picture of this shape."""
    return -(-max(shape) // _GRID_CELLS)


def blocks(pixels: NDArray, cell: int) -> NDArray:
    """(h, cell, w, cell): pixels in square cells; the last ones are padded with those at the
    rim."""
    padded = np.pad(pixels, [(0, -side % cell) for side in pixels.shape], "edge")
    return padded.reshape(len(padded) // cell, cell, -1, cell)


def filled(mask: Mask) -> Mask:
    """The mask with its holes filled."""
    outside, _ = ndimage.label(~mask, TOUCHING)
    return ~np.isin(outside, np.setdiff1d(np.unique(rim(outside)), 0))


def box(mask: Mask, beside: int = 0) -> tuple[slice, slice]:
    """The rows and columns of the box around all that is true, with a margin of `beside` pixels."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return slice(0, len(mask)), slice(0, mask.shape[1])
    return (
        slice(max(0, int(rows[0]) - beside), int(rows[-1]) + 1 + beside),
        slice(max(0, int(columns[0]) - beside), int(columns[-1]) + 1 + beside),
    )


def rim(pixels: NDArray) -> NDArray:
    """The pixels along the four edges."""
    return np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])


def otsu(values: NDArray) -> tuple[float, float]:
    """The threshold that best divides values from 0 to 1 into two classes (Otsu 1979), and the
    share of their variance that the classes explain, 0 to 1."""
    bins = 128
    counts = np.bincount((values.ravel() * (bins - 1e-3)).astype(np.uint8), minlength=bins)
    middles = (np.arange(bins) + 0.5) / bins
    below = counts.cumsum()
    above = below[-1] - below
    sums = (counts * middles).cumsum()
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = sums / below - (sums[-1] - sums) / above
    between = np.nan_to_num(below * above * gap**2, posinf=0, neginf=0)
    best = between.argmax()
    variance = below[-1] * (counts * middles**2).sum() - sums[-1] ** 2
    return float((best + 1) / bins), float(between[best] / max(variance, 1e-9))
