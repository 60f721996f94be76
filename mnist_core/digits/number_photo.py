"""A picture of several digits → its digits, each in MNIST's form.

The pieces are connected ink; `segmentation` finds out which of them make which digit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from mnist_core.digits import from_photo, parts
from mnist_core.digits.mnist_format import SEVERAL, Digit, NothingToClassify, Shade
from mnist_core.digits.number import CutNumber, LocatedDigit, largest
from mnist_core.digits.paper import TOUCHING
from mnist_core.digits.segmentation import Opinion, around, cut

_INK = 0.25  # joins pixels to a piece
_EDGE = 5  # pixels: fainter ink in a square of this side round a piece's is its, too


def number_from_image(
    image: Image.Image, opinion: Opinion, *, ink: Shade | None = None
) -> CutNumber | NothingToClassify:
    """The digits on an upright image or photo.

    Args:
        image: Of any mode and size.
        opinion: What the network thinks of images.
        ink: Whether the ink is darker or lighter than the paper; None to tell by the picture.
    """
    picture = from_photo.find_ink(image, ink=ink)
    if picture is None:
        return from_photo.BLANK
    several = parts.are_several_digits(picture.pieces)
    single = SEVERAL if several else from_photo.digit_from_ink(picture.ink, picture)
    labels, _ = ndimage.label(picture.ink > _INK, TOUCHING)
    boxes = [
        (columns.start, rows.start, columns.stop, rows.stop)
        for rows, columns in ndimage.find_objects(labels)
    ]
    kept, left_out = largest(boxes)
    labels = np.where(labels > 0, labels, ndimage.grey_dilation(labels, _EDGE))

    def digit_of(pieces: tuple[int, ...]) -> Digit | NothingToClassify:
        own = np.isin(labels, [kept[piece] + 1 for piece in pieces])
        return from_photo.digit_from_ink(picture.ink * own, picture)

    def image_of(pieces: tuple[int, ...]) -> NDArray[np.uint8] | None:
        found = digit_of(pieces)
        return found.image if isinstance(found, Digit) else None

    whole = single.image if isinstance(single, Digit) else None
    found = cut([boxes[i] for i in kept], image_of, opinion, whole)
    factor = max(image.size) / max(picture.shades.shape)
    digits = []
    for group in found.groups:
        alone = len(found.groups) == 1 and isinstance(single, Digit)
        own = kept if alone else [kept[piece] for piece in group.pieces]
        digit = single if alone else digit_of(group.pieces)
        assert isinstance(digit, Digit)  # or it would have been no candidate
        left, top, right, bottom = (
            (side - picture.found.margin) * factor for side in around([boxes[i] for i in own])
        )
        digits.append(LocatedDigit((left, top, right, bottom), digit, (), group.starts_word))
    if not digits:
        return single if isinstance(single, NothingToClassify) else from_photo.BLANK
    return CutNumber(tuple(digits), found.probability, left_out)
