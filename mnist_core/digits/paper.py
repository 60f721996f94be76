"""The sheet on a picture: a table, a window, a frame or a circle round it are told from it.

A sheet is a region without corners that point inward, all of one class of shades, with something
written inside that does not reach its edge. What surrounds it holds much of the picture's rim, or
is a line that closes round it. A loop of a digit is no sheet, as nothing is written in it, and
neither is a thick digit, as it is not four-cornered.
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
"""Pixels that touch, corners too, belong to the same piece."""

_GRID_CELLS = 128  # a side of the grid on which sheets are looked for
_LEAST_SIDE = 48  # pixels: smaller pictures show nothing but the digit
_LEAST_AREA = 0.1  # of a sheet, as a share of the picture
_LEAST_IN_RING = 0.02
_LEAST_CONTRAST = 0.1
_WHOLE = 0.8  # of the rim: a region that holds more is the picture's paper
_CUT = 0.4  # of the rim: a sheet that runs off the picture holds more, if it has lost a corner
_SHARP = 0.6  # of the difference between sheet and surroundings lies within a few pixels
_CONVEX = 0.94  # share of its hull that a sheet fills
_FOUR_CORNERS = (0.88, 1.08)  # area of the quadrilateral of its corners, as a share of its own
_WRITTEN = 0.12  # of the sheet's shorter side: what is smaller is no writing
_WRITTEN_IN_RING = 0.35
_RING = 0.12  # of its inside's side: a line that closes round a sheet is not wider


@dataclass(frozen=True, eq=False)
class Sheet:
    """A sheet of paper on a picture.

    Attributes:
        top, left: Where `shades` lie on the picture.
        shades: (h, w) of the sheet's box; what lies in it beside the sheet has the shade of the
            sheet's nearest edge.
    """

    top: int
    left: int
    shades: Shades = field(repr=False)


def find_sheet(shades: Shades) -> Sheet | None:
    """The sheet on a picture; None if the picture shows nothing round it."""
    if min(shades.shape) < _LEAST_SIDE:
        return None
    threshold, _ = otsu(shades)
    cell = -(-max(shades.shape) // _GRID_CELLS)
    darkest, lightest = _pooled(shades, cell)
    # Thin dark lines last where each cell is as dark as its darkest pixel, and light ones likewise.
    walls = [darkest <= threshold, lightest > threshold]
    sheets = [found for wall in walls for found in _sheets(wall, darkest, lightest)]
    if not sheets:
        return None
    inside = min(sheets, key=np.count_nonzero)
    return _cut_out(shades, inside, cell)


def _pooled(shades: Shades, cell: int) -> tuple[Shades, Shades]:
    """The darkest and the lightest pixel of each cell."""
    cells = blocks(shades, cell)
    return cells.min(axis=1).min(axis=2), cells.max(axis=1).max(axis=2)


def _sheets(wall: Mask, darkest: Shades, lightest: Shades) -> list[Mask]:
    """The cells inside each sheet among the regions that walls divide the picture into."""
    regions, _ = ndimage.label(~wall)
    areas = np.bincount(regions.ravel())
    areas[0] = 0  # the walls
    found = []
    for region in np.flatnonzero(areas >= _LEAST_IN_RING * wall.size):
        sheet = filled(regions == region)
        written = _least_writing(sheet, wall)
        if written is None or not _has_sharp_edge(
            sheet, wall, (darkest + lightest) / np.float32(2)
        ):
            continue
        inside = ndimage.binary_erosion(sheet, TOUCHING, border_value=1)
        if any(_is_written_on(sheet, inside, cells, written) for cells in (darkest, lightest)):
            found.append(inside)
    return found


def _least_writing(sheet: Mask, wall: Mask) -> float | None:
    """The least side of a digit on it, as a share of its own; None if it has no sheet's shape."""
    at_rim = rim(sheet).mean()
    convex, four_cornered = _shape(sheet)
    if at_rim >= _WHOLE or not convex:
        return None
    if sheet.mean() >= _LEAST_AREA and (four_cornered or at_rim >= _CUT):
        return _WRITTEN
    return _WRITTEN_IN_RING if at_rim == 0 and _in_thin_ring(sheet, wall) else None


def _shape(sheet: Mask) -> tuple[bool, bool]:
    """Whether it has no corners that point inward, and whether it has four corners."""
    rows, columns = np.nonzero(sheet)
    angles = np.arange(16) * np.pi / 8
    reach = np.outer(np.cos(angles), columns) + np.outer(np.sin(angles), rows)
    farthest = reach.argmax(axis=1)
    # A cell reaches half a cell farther than its middle.
    x = columns[farthest] + 0.5 * np.sign(np.round(np.cos(angles), 6))
    y = rows[farthest] + 0.5 * np.sign(np.round(np.sin(angles), 6))
    area = len(rows)
    hull = _polygon_area(x, y)
    corners = max(_polygon_area(x[start::4], y[start::4]) for start in (0, 2))
    return area >= _CONVEX * hull, _FOUR_CORNERS[0] <= corners / area <= _FOUR_CORNERS[1]


def _polygon_area(x: NDArray, y: NDArray) -> float:
    return float(abs(x @ np.roll(y, 1) - y @ np.roll(x, 1)) / 2)


def _in_thin_ring(sheet: Mask, wall: Mask) -> bool:
    """Whether what closes round it is no thicker than a line."""
    pieces, _ = ndimage.label(wall & ~sheet, TOUCHING)
    round_it = ndimage.binary_dilation(sheet, TOUCHING) & ~sheet
    ring = np.isin(pieces, np.unique(pieces[round_it & wall]))
    side = np.sqrt(np.count_nonzero(sheet))
    return bool(not rim(ring).any() and np.count_nonzero(ring) <= 4 * side * _RING * side)


def _has_sharp_edge(sheet: Mask, wall: Mask, cells: Shades) -> bool:
    """Whether the shade changes all at once, unlike that of paper on which a shadow falls."""
    outside = wall & ~sheet
    edge_in = sheet & ndimage.binary_dilation(~sheet, TOUCHING, 2)
    edge_out = outside & ndimage.binary_dilation(sheet, TOUCHING, 2)
    at_edge = abs(np.median(cells[edge_in]) - np.median(cells[edge_out]))
    return bool(at_edge >= _SHARP * abs(np.median(cells[sheet]) - np.median(cells[outside])))


def _is_written_on(sheet: Mask, inside: Mask, cells: Shades, least: float) -> bool:
    """Whether there is something on the sheet that does not reach its edge.

    Args:
        least: Its least side, as a share of the sheet's.
    """
    shades = cells[inside]
    if not shades.size:
        return False
    threshold, _ = otsu(shades)
    light = cells > threshold
    share = light[inside].mean()
    if (
        not 0 < share < 1
        or shades[shades > threshold].mean() - shades[shades <= threshold].mean() < _LEAST_CONTRAST
    ):
        return False
    ink = inside & (light if share < 0.5 else ~light)
    pieces, _ = ndimage.label(ink, TOUCHING)
    side = least * min(box_sides(sheet))
    edge = ndimage.binary_dilation(~inside, TOUCHING)
    at_edge = set(np.unique(pieces[edge & ink]))
    return any(
        max(part.stop - part.start for part in box) >= side and label not in at_edge
        for label, box in enumerate(ndimage.find_objects(pieces), 1)
    )


def _cut_out(shades: Shades, inside: Mask, cell: int) -> Sheet:
    rows, columns = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
    box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    top, left = rows[0] * cell, columns[0] * cell
    kept = shades[top : (rows[-1] + 1) * cell, left : (columns[-1] + 1) * cell].copy()
    beside = ~inside[box]
    if beside.any():
        means = blocks(kept, cell).mean(axis=(1, 3))
        nearest = ndimage.distance_transform_edt(
            beside, return_distances=False, return_indices=True
        )
        means = means[tuple(nearest)]
        fine = (means.repeat(cell, 0).repeat(cell, 1), beside.repeat(cell, 0).repeat(cell, 1))
        instead, where = (array[: kept.shape[0], : kept.shape[1]] for array in fine)
        kept[where] = instead[where]
    return Sheet(int(top), int(left), kept)


def blocks(pixels: NDArray, cell: int) -> NDArray:
    """(h, cell, w, cell): pixels in square cells; the last are filled up with those at the rim."""
    padded = np.pad(pixels, [(0, -side % cell) for side in pixels.shape], "edge")
    return padded.reshape(len(padded) // cell, cell, -1, cell)


def filled(mask: Mask) -> Mask:
    """With its holes."""
    outside, _ = ndimage.label(~mask, TOUCHING)
    return ~np.isin(outside, np.setdiff1d(np.unique(rim(outside)), 0))


def box_sides(mask: Mask) -> tuple[int, int]:
    """Height and width of the box round what is true."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return int(rows[-1] - rows[0] + 1), int(columns[-1] - columns[0] + 1)


def rim(pixels: NDArray) -> NDArray:
    """The pixels along the four edges."""
    return np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])


def otsu(values: NDArray) -> tuple[float, float]:
    """The threshold that divides values from 0 to 1 best into two classes (Otsu 1979), and the
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
