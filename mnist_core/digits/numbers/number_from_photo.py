"""A picture of several digits → its pieces of connected ink."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from mnist_core.digits.mnist_format import SEVERAL, Digit, Ink, NothingToClassify, Shade
from mnist_core.digits.numbers.number_pieces import MAY_BE_SEVERAL, Pieces, is_surely_one, largest
from mnist_core.digits.photos import from_photo, ink_parts
from mnist_core.digits.photos.sheet import TOUCHING
from mnist_core.digits.segmentation import WIDEST, Box, Scorer, around

Labels = NDArray[np.int32]
"""(h, w) integers: for each pixel the number of its piece, from 1; 0 where there is none."""

_EDGE = 5  # Pixels. Fainter ink within a window of this size around a piece belongs to it.
_AS_HIGH = (0.6, 1.7)  # A far piece may be a digit if it is this many usual heights high.
_NOT_CUT = 0.8  # A piece that is one digit with this probability is not cut.
_STROKE_COST = 0.5  # The cost of cutting through one stroke, in piece heights.
_DEAREST_CUT = 1.4  # A cut costs at most this many piece heights.
_CUTS_APART = 0.12  # Two cuts are at least this many piece heights apart.
_SLOPE_COST = 0.05  # The cost of each pixel that a cut moves sideways, in pixels of ink.
_MIN_SIDE = 0.05  # A cut leaves at least this share of a piece's ink on each side.


def pieces_of_picture(
    image: Image.Image, scorer: Scorer, *, ink: Shade | None = None
) -> Pieces | NothingToClassify:
    """The pieces of an upright image or photo; a single piece if it is surely one digit.

    Args:
        image: Of any mode and size.
        scorer: How likely the network finds images to be digits. Pieces that are not surely one
            digit are cut where a cut crosses little ink, as digits may touch there.
        ink: Whether the ink is darker or lighter than the paper; None to tell by the picture.
    """
    picture = from_photo.find_ink(image, ink=ink)
    if picture is None:
        return from_photo.BLANK
    several = ink_parts.are_several_digits(picture.pieces)
    whole = SEVERAL if several else from_photo.digit_from_ink(picture.ink, picture)
    picture = replace(picture, ink=_with_far_digits(picture))
    labels, _ = ndimage.label(picture.ink > ink_parts.JOINING, TOUCHING)
    factor, margin = max(image.size) / max(picture.shades.shape), picture.found.margin
    if isinstance(whole, Digit):
        box = around(_boxes(labels))
        if is_surely_one(whole, box, scorer):
            return Pieces.single(whole, _moved(box, factor, margin))
    labels = _with_touching_digits_cut(labels, picture, scorer)
    boxes = _boxes(labels)
    kept, left_out = largest(boxes)
    labels = _with_edges(labels)

    @cache
    def digit_of(pieces: tuple[int, ...]) -> Digit | NothingToClassify:
        own = np.isin(labels, [kept[piece] + 1 for piece in pieces])
        return from_photo.digit_from_ink(picture.ink * own, picture)

    in_picture = [_moved(boxes[number], factor, margin) for number in kept]
    return Pieces(in_picture, digit_of, whole, [()] * len(kept), left_out)


def _with_far_digits(picture: from_photo.InkedPicture) -> Ink:
    """The picture's ink together with far pieces that are about as high: when a single digit is
    read they pass for specks, but here they may be digits, too."""
    all_ink = picture.found.ink
    labels, _ = ndimage.label(all_ink > ink_parts.JOINING, TOUCHING)
    own = np.unique(labels[picture.ink > ink_parts.JOINING])
    boxes = _boxes(labels)
    usual = np.median([boxes[label - 1][3] - boxes[label - 1][1] for label in own if label])
    height, width = labels.shape
    far = [
        label
        for label, (left, top, right, bottom) in enumerate(boxes, start=1)
        if label not in own
        and _AS_HIGH[0] * usual <= bottom - top <= _AS_HIGH[1] * usual
        and min(left, top, width - right, height - bottom) > picture.found.margin
    ]
    if not far:
        return picture.ink
    return np.where(np.isin(_with_edges(labels), far), all_ink, picture.ink)


def _with_touching_digits_cut(
    labels: Labels, picture: from_photo.InkedPicture, scorer: Scorer
) -> Labels:
    """Cut the pieces that may be several digits: each further part gets a label of its own."""
    boxes = _boxes(labels)
    edged = _with_edges(labels)
    numbers = largest(boxes)[0]
    widest = MAY_BE_SEVERAL if len(numbers) == 1 else WIDEST
    for number in numbers:
        digit = from_photo.digit_from_ink(picture.ink * (edged == number + 1), picture)
        if not isinstance(digit, Digit):
            continue
        if is_surely_one(digit, boxes[number], scorer, _NOT_CUT, widest):
            continue
        left, top, right, bottom = map(int, boxes[number])
        place = np.s_[top:bottom, left:right]
        own = labels[place] == number + 1
        for cut in _cuts(picture.ink[place] * own):
            beyond = own & (np.arange(right - left) >= cut[:, np.newaxis])
            labels[place][beyond] = labels.max() + 1
    in_order = np.unique(labels, return_inverse=True)[1]  # a cut can leave nothing of a part
    return in_order.reshape(labels.shape).astype(np.int32)


def _cuts(ink: Ink) -> list[NDArray[np.intp]]:
    """Paths from the top to the bottom of a piece that cross few strokes and little ink, ordered
    from left to right: each an (h,) array of columns."""
    height, width = ink.shape
    stroke = _STROKE_COST * height
    from_top, from_bottom = _least_cost(ink, stroke), _least_cost(ink[::-1], stroke)[::-1]
    middle = height // 2
    through = from_top[middle] + from_bottom[middle] - (1 + stroke) * ink[middle]
    apart = max(1, round(_CUTS_APART * height))
    lowest = ndimage.minimum_filter1d(through, 2 * apart + 1, mode="nearest")
    cuts: list[NDArray[np.intp]] = []
    for column in np.flatnonzero((through == lowest) & (through <= _DEAREST_CUT * height)):
        if cuts and column - cuts[-1][middle] < apart:
            continue
        upper, lower = np.s_[middle::-1], np.s_[middle:]
        up = _way(from_top[upper], ink[upper], stroke, int(column))
        down = _way(from_bottom[lower], ink[lower], stroke, int(column))
        cut = np.concatenate([up[::-1], down[1:]])
        share = ink[np.arange(width) < cut[:, np.newaxis]].sum() / ink.sum()
        if _MIN_SIDE <= share <= 1 - _MIN_SIDE:
            cuts.append(cut)
    return cuts


def _least_cost(ink: Ink, stroke: float) -> NDArray[np.float64]:
    """(h, w): the least cost of a cut from the top to each pixel. It costs the ink that it crosses,
    that pixel's included, and `stroke` for each stroke."""
    above = np.pad((1 + stroke) * ink[0], 1, constant_values=np.inf)
    ink_above = np.pad(ink[0], 1)
    total = [above[1:-1]]
    for row in ink[1:]:
        ways = [
            above[at : at + len(row)]
            + stroke * np.maximum(row - ink_above[at : at + len(row)], 0)
            + _SLOPE_COST * (at != 1)
            for at in range(3)
        ]
        total.append(row + np.min(ways, axis=0))
        above, ink_above = np.pad(total[-1], 1, constant_values=np.inf), np.pad(row, 1)
    return np.array(total)


def _way(total: NDArray[np.float64], ink: Ink, stroke: float, column: int) -> NDArray[np.intp]:
    """Trace the cheapest cut back from a pixel of the first row to the edge where `_least_cost`
    started: (h,), its column in every row."""
    columns = [column]
    for row in range(1, len(total)):
        near = np.arange(max(column - 1, 0), min(column + 2, total.shape[1]))
        begun = stroke * np.maximum(ink[row - 1, column] - ink[row, near], 0)
        cost = total[row, near] + begun + _SLOPE_COST * (near != column)
        column = int(near[cost.argmin()])
        columns.append(column)
    return np.array(columns)


def _boxes(labels: Labels) -> list[Box]:
    return [
        (columns.start, rows.start, columns.stop, rows.stop)
        for rows, columns in ndimage.find_objects(labels)
    ]


def _with_edges(labels: Labels) -> Labels:
    """The pieces with the fainter ink around them."""
    return np.where(labels > 0, labels, ndimage.grey_dilation(labels, _EDGE))


def _moved(box: Box, factor: float, margin: int) -> Box:
    """A box in pixels of the picture, from one in pixels of the ink with its margin."""
    left, top, right, bottom = ((edge - margin) * factor for edge in box)
    return left, top, right, bottom
