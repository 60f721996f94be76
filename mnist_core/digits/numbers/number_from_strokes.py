"""A drawing of several digits → its pieces: its strokes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from mnist_core.config.pen import BRUSH
from mnist_core.digits.drawings.from_strokes import MIN_EXTENT, digit_from_strokes
from mnist_core.digits.drawings.strokes import Stroke
from mnist_core.digits.mnist_format import BLANK, DOT, Digit, NothingToClassify
from mnist_core.digits.numbers.number_pieces import Pieces, is_surely_one, largest, side
from mnist_core.digits.segmentation import Box, Scorer, around


def pieces_of_drawing(
    strokes: Sequence[Stroke], scorer: Scorer, *, brush: float = BRUSH
) -> Pieces | NothingToClassify:
    """The pieces of a drawing: its strokes, or the whole if it is surely one digit.

    Args:
        strokes: In canvas pixels. Specks beside larger strokes are ignored.
        scorer: How likely the network finds images to be digits.
        brush: Width in canvas pixels, for the pictures of each digit's steps only.
    """
    drawn = [np.asarray(stroke, float).reshape(-1, 2) for stroke in strokes if len(stroke)]
    if not drawn:
        return BLANK
    boxes = [_box(stroke) for stroke in drawn]
    if side(around(boxes)) < MIN_EXTENT:
        return DOT
    whole = digit_from_strokes(drawn, brush=brush)
    if isinstance(whole, Digit) and is_surely_one(whole, around(boxes), scorer):
        return Pieces.single(whole, around(boxes), tuple(drawn))
    numbers, left_out = largest(boxes)
    kept = [drawn[number] for number in numbers]

    @cache
    def digit_of(pieces: tuple[int, ...]) -> Digit | NothingToClassify:
        return digit_from_strokes([kept[piece] for piece in sorted(pieces)], brush=brush)

    own = [(stroke,) for stroke in kept]
    return Pieces([boxes[number] for number in numbers], digit_of, whole, own, left_out)


def _box(stroke: Stroke) -> Box:
    (left, top), (right, bottom) = stroke.min(axis=0), stroke.max(axis=0)
    return float(left), float(top), float(right), float(bottom)
