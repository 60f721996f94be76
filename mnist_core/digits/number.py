"""A drawing of several digits → its digits, each in MNIST's form.

The pieces are its strokes; `segmentation` finds out which of them make which digit. `number_photo`
does the same for pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mnist_core.config.pen import BRUSH
from mnist_core.digits.from_strokes import MIN_EXTENT, SPECK_SHARE, digit_from_strokes
from mnist_core.digits.mnist_format import BLANK, DOT, Digit, NothingToClassify
from mnist_core.digits.segmentation import Box, Opinion, around, cut
from mnist_core.digits.strokes import Stroke

MAX_PIECES = 60
"""Strokes, or pieces of ink, that are looked at: the largest. A phone number has about 20."""


@dataclass(frozen=True, eq=False)
class LocatedDigit:
    """A digit, and where it is.

    Attributes:
        box: In pixels of the canvas or picture.
        digit: As if it had been drawn or photographed alone.
        strokes: Those that draw it; () on a picture.
        starts_word: Whether it is the first of its line, or stands after a space.
    """

    box: Box
    digit: Digit = field(repr=False)
    strokes: tuple[Stroke, ...] = field(repr=False)
    starts_word: bool


@dataclass(frozen=True, eq=False)
class CutNumber:
    """The digits of a drawing or picture.

    Attributes:
        digits: In reading order; at least one.
        probability: Of this way to tell the digits apart, among all that were possible, 0 to 1.
        left_out: How many of the smallest pieces were not looked at.
    """

    digits: tuple[LocatedDigit, ...]
    probability: float
    left_out: int


def number_from_strokes(
    strokes: Sequence[Stroke], opinion: Opinion, *, brush: float = BRUSH
) -> CutNumber | NothingToClassify:
    """The digits that strokes draw.

    Args:
        strokes: In canvas pixels.
        opinion: What the network thinks of images.
        brush: Width in canvas pixels, for the pictures of each digit's steps only.
    """
    drawn = [np.asarray(stroke, float).reshape(-1, 2) for stroke in strokes if len(stroke)]
    if not drawn:
        return BLANK
    boxes = [_box(stroke) for stroke in drawn]
    kept, left_out = largest(boxes)
    if side(around([boxes[i] for i in kept])) < MIN_EXTENT:
        return DOT
    single = digit_from_strokes(drawn, brush=brush)

    def digit_of(pieces: tuple[int, ...]) -> Digit | NothingToClassify:
        return digit_from_strokes([drawn[kept[piece]] for piece in sorted(pieces)], brush=brush)

    def image_of(pieces: tuple[int, ...]) -> NDArray[np.uint8] | None:
        return _image(digit_of(pieces))

    found = cut([boxes[i] for i in kept], image_of, opinion, _image(single))
    digits = []
    for group in found.groups:
        alone = len(found.groups) == 1 and isinstance(single, Digit)
        own = range(len(drawn)) if alone else [kept[piece] for piece in sorted(group.pieces)]
        digit = single if alone else digit_of(group.pieces)
        assert isinstance(digit, Digit)  # or it would have been no candidate
        place = around([boxes[i] for i in own])
        digits.append(LocatedDigit(place, digit, tuple(drawn[i] for i in own), group.starts_word))
    if not digits:
        return DOT
    return CutNumber(tuple(digits), found.probability, left_out)


def _image(found: Digit | NothingToClassify) -> NDArray[np.uint8] | None:
    return found.image if isinstance(found, Digit) else None


def _box(stroke: Stroke) -> Box:
    (left, top), (right, bottom) = stroke.min(axis=0), stroke.max(axis=0)
    return float(left), float(top), float(right), float(bottom)


def largest(boxes: Sequence[Box]) -> tuple[list[int], int]:
    """The pieces that are looked at, and how many are left out. Specks count as neither."""
    least = SPECK_SHARE * max(map(side, boxes))
    pieces = [piece for piece, box in enumerate(boxes) if side(box) >= least]
    by_size = sorted(pieces, key=lambda piece: side(boxes[piece]), reverse=True)
    return sorted(by_size[:MAX_PIECES]), len(by_size[MAX_PIECES:])


def side(box: Box) -> float:
    """The longer side of a box."""
    return max(box[2] - box[0], box[3] - box[1])
