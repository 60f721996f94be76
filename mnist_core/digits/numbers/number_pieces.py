"""A number: a drawing or picture in pieces → its digits, each in MNIST's form.

`number_from_strokes` and `number_from_photo` make the pieces; `segmentation` finds out which of
them form which digit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mnist_core.digits.drawings.from_strokes import SPECK_SHARE
from mnist_core.digits.drawings.strokes import Stroke
from mnist_core.digits.mnist_format import DOT, Digit, NothingToClassify
from mnist_core.digits.segmentation import Box, Scorer, around, cut

MAX_PIECES = 60
"""How many strokes or pieces of ink are looked at: the largest. A phone number has about 20."""


MAY_BE_SEVERAL = 1.1
"""Width over height above which all that is drawn may be several digits even if it is surely one
to the network, as an 8 and a 6 that touch look like an 8. Of 1,080 single digits by people held out
of training 39 are wider, and none of these is cut."""
_SURELY_ONE = 0.375  # not rejected (0.5) and sure (0.75): such a digit is not cut


@dataclass(frozen=True, eq=False)
class Pieces:
    """A drawing or picture in pieces, each of which belongs to one digit.

    Attributes:
        boxes: The pieces' boxes, in pixels; at least one.
        digit_of: Makes a digit from the pieces with these numbers.
        whole: The digit that all of them make together, or why they make no single one.
        strokes: The strokes of each piece; () for each piece of a picture.
        left_out: How many further, smaller pieces were left out.
    """

    boxes: Sequence[Box]
    digit_of: Callable[[tuple[int, ...]], Digit | NothingToClassify]
    whole: Digit | NothingToClassify
    strokes: Sequence[tuple[Stroke, ...]]
    left_out: int = 0

    @classmethod
    def single(cls, digit: Digit, box: Box, strokes: tuple[Stroke, ...] = ()) -> Pieces:
        """A single piece that is the whole digit."""
        return cls([box], lambda pieces: digit, digit, [strokes])

    def image_of(self, pieces: tuple[int, ...]) -> NDArray[np.uint8] | None:
        """(28, 28) uint8: what the network sees of some pieces; None if they make no digit."""
        digit = self.digit_of(pieces)
        return digit.image if isinstance(digit, Digit) else None


@dataclass(frozen=True, eq=False)
class LocatedDigit:
    """A digit of a number, and where it is.

    Attributes:
        box: In pixels of the canvas or picture.
        digit: As if it had been drawn or photographed alone.
        strokes: The strokes that draw it; () on a picture.
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
        probability: The probability, 0 to 1, of this division into digits among all possible ones.
        left_out: How many of the smallest pieces were not looked at.
    """

    digits: tuple[LocatedDigit, ...]
    probability: float
    left_out: int


def find_number(pieces: Pieces, scorer: Scorer) -> CutNumber | NothingToClassify:
    """The digits that the pieces make: a single one of all pieces if that is likeliest.

    Args:
        scorer: How likely the network finds images to be digits.
    """
    whole = pieces.whole.image if isinstance(pieces.whole, Digit) else None
    found = cut(pieces.boxes, pieces.image_of, scorer, whole)
    digits = []
    for group in found.groups:
        members, digit = group.pieces, pieces.digit_of(group.pieces)
        if len(found.groups) == 1 and isinstance(pieces.whole, Digit):
            members, digit = tuple(range(len(pieces.boxes))), pieces.whole
        assert isinstance(digit, Digit)  # otherwise it would not be a candidate
        box = around([pieces.boxes[piece] for piece in members])
        strokes = sum((pieces.strokes[piece] for piece in sorted(members)), ())
        digits.append(LocatedDigit(box, digit, strokes, group.starts_word))
    if not digits:
        return DOT
    return CutNumber(tuple(digits), found.probability, pieces.left_out)


def is_surely_one(
    digit: Digit,
    box: Box,
    scorer: Scorer,
    probability: float = _SURELY_ONE,
    widest: float = MAY_BE_SEVERAL,
) -> bool:
    """Whether what is in a box is so likely to be one digit that it is not cut.

    Args:
        widest: How many times its height its width may be, at most.
    """
    likely = scorer(digit.image[np.newaxis]).sum() > np.log(probability)
    return bool(likely) and box[2] - box[0] <= widest * (box[3] - box[1])


def largest(boxes: Sequence[Box]) -> tuple[list[int], int]:
    """The numbers of the pieces that are looked at, and how many pieces are left out; specks count
    in neither."""
    least = SPECK_SHARE * max(map(side, boxes))
    pieces = [piece for piece, box in enumerate(boxes) if side(box) >= least]
    by_size = sorted(pieces, key=lambda piece: side(boxes[piece]), reverse=True)
    return sorted(by_size[:MAX_PIECES]), len(by_size[MAX_PIECES:])


def side(box: Box) -> float:
    """The longer side of a box."""
    return max(box[2] - box[0], box[3] - box[1])
