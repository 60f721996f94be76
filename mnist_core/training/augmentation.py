"""Random distortions of digits: rotation, scale, shear, shift, elastic deformation, pen thickness;
and digits that are blended with others.

The same functions for arrays and for tensors: the compiled training step runs it in TensorFlow, a
preview in NumPy. Affine map and elastic displacement make one field of coordinates, at which the
digit is sampled once, bilinearly (after Simard, Steinkraus and Platt 2003), and sharpened where
that blurred it: a network that has met soft digits only errs on sharp ones.
"""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnist_core.config.config import MIXED, Augmentation
from mnist_core.config.sizes import INPUTS

_SIDE = 28
_SPACING = 4.0  # pixels between the nodes that are displaced at random
_SMOOTHNESS = 4.0  # sigma of the Gaussian that spreads a node's displacement, pixels
_NODES = np.arange(-_SPACING, _SIDE + _SPACING + 1, _SPACING)
_SHARPENING = 2.0  # see _sharpened
_ELASTIC = 7  # the first numbers are for the affine map and the pen
RANDOM_NUMBERS = _ELASTIC + 2 * len(_NODES) ** 2
"""How many random numbers the distortion of a digit takes."""


def distort(images: Any, numbers: Any, strengths: Augmentation, xp: ModuleType = np) -> Any:
    """Distort each digit by its own random numbers.

    Args:
        images: (n, 784) float32, 0 background to 1 ink.
        numbers: (n, RANDOM_NUMBERS) float32, uniform in -1…1.
        strengths: the largest distortion of each kind.
        xp: ``numpy``, or ``tensorflow.experimental.numpy`` for tensors.

    Returns:
        (n, 784) float32 in 0–1.
    """
    x, y = _coordinates(numbers, strengths, xp)
    moved = _sampled(images, x, y, xp)
    if not strengths.thickness:
        return moved
    return _thickened(moved, numbers[:, _ELASTIC - 1 : _ELASTIC] * strengths.thickness, xp)


def mixup_shares(numbers: Any, largest: float, xp: ModuleType = np) -> Any:
    """How much of another digit each one takes in: up to ``largest``, and none but ``MIXED`` do.

    ``numbers``: (n, 2) float32, uniform in 0…1; returns (n, 1).
    """
    return xp.where(numbers[:, :1] < MIXED, largest * numbers[:, 1:], 0.0)


def blended(rows: Any, shares: Any, xp: ModuleType = np) -> Any:
    """Each of the rows (n, …) with a share (n, 1) of the row before it, images or targets: mixup
    (Zhang et al. 2018). In a random order that is any other."""
    return (1.0 - shares) * rows + shares * xp.concatenate([rows[-1:], rows[:-1]], 0)


def preview(
    images: NDArray[np.uint8], strengths: Augmentation, mixup: float = 0.0, seed: int = 0
) -> NDArray[np.uint8]:
    """Digits as the network sees them in training, (n, 28, 28) uint8 → (n, 28, 28) uint8."""
    rng, count = np.random.default_rng(seed), len(images)
    numbers = rng.uniform(-1, 1, (count, RANDOM_NUMBERS)).astype(np.float32)
    flat = images.reshape(-1, INPUTS).astype(np.float32) / np.float32(255)
    seen = distort(flat, numbers, strengths)
    seen = blended(seen, mixup_shares(rng.uniform(size=(count, 2)), mixup))
    return np.rint(seen * 255).astype(np.uint8).reshape(images.shape)


@cache
def _basis() -> NDArray[np.float32]:
    """(3 + nodes, 784): coefficients (n, 3 + nodes) @ this are coordinates of all pixels.

    Its rows are x, y (0 in the middle), 1, and each node's share in the displacement of a pixel,
    scaled so that uniform numbers in -1…1 displace by 1 pixel, root mean square.
    """
    pixel = np.arange(_SIDE)
    y, x = (axis.ravel() - (_SIDE - 1) / 2 for axis in np.indices((_SIDE, _SIDE)))
    shares = np.exp(-((pixel[:, None] - _NODES) ** 2) / (2 * _SMOOTHNESS**2))
    shares *= 3**0.25 / np.sqrt((shares**2).sum(axis=1, keepdims=True))
    rows = [np.stack([x, y, np.ones(INPUTS)]), np.kron(shares, shares).T]
    return np.concatenate(rows).astype(np.float32)


def _coordinates(numbers: Any, strengths: Augmentation, xp: ModuleType) -> tuple[Any, Any]:
    """Where each pixel's ink comes from: x and y, (n, 784) each, 0 to 27 within the field."""
    column = [numbers[:, i : i + 1] for i in range(_ELASTIC)]
    angle = column[0] * float(np.deg2rad(strengths.rotation))
    across, down = (1.0 + number * strengths.scale for number in column[1:3])
    shear = column[3] * strengths.shear
    cos, sin = xp.cos(angle), xp.sin(angle)
    middle = (_SIDE - 1) / 2
    nodes = len(_NODES) ** 2
    elastic_x = numbers[:, _ELASTIC : _ELASTIC + nodes] * strengths.elastic
    elastic_y = numbers[:, _ELASTIC + nodes :] * strengths.elastic
    shift_x, shift_y = (number * strengths.shift + middle for number in column[4:6])
    basis = xp.asarray(_basis())
    from_x = [cos * across, (shear - sin) * down, shift_x, elastic_x]
    from_y = [sin * across, cos * down, shift_y, elastic_y]
    return xp.concatenate(from_x, 1) @ basis, xp.concatenate(from_y, 1) @ basis


def _sampled(images: Any, x: Any, y: Any, xp: ModuleType) -> Any:
    """Each image at its own x and y, between its pixels; outside is what the border is."""
    # Below 27, so that every pixel has a neighbour to the right and below.
    x, y = xp.clip(x, 0.0, _SIDE - 1.001), xp.clip(y, 0.0, _SIDE - 1.001)
    left, top = xp.floor(x), xp.floor(y)
    right, low = x - left, y - top
    corner = xp.asarray(top * _SIDE + left, np.int32)
    first = xp.cumsum(xp.ones_like(corner[:, :1]), 0, np.int32) * INPUTS - INPUTS
    pixels, corner = xp.reshape(images, (-1,)), corner + first
    a, b, c, d = (xp.take(pixels, corner + step) for step in (0, 1, _SIDE, _SIDE + 1))
    upper = a + right * (b - a)
    samples = upper + low * (c + right * (d - c) - upper)
    return _sharpened(samples, right * (1.0 - right), low * (1.0 - low), xp)


def _sharpened(samples: Any, across: Any, down: Any, xp: ModuleType) -> Any:
    """Bilinear samples without their blur, which at a distance ``f`` past a pixel is that of a
    kernel with variance f (1 - f): ``across`` and ``down``, (n, 784) each.

    Half of the variance times the second difference would mend smooth images; edges of strokes, and
    strokes that are thickened later, take more until neighbours differ about as in plain digits.
    """
    # In one dimension it is quicker; the ink of a row's end next to another's start is rare.
    padded = xp.pad(samples, ((0, 0), (_SIDE, _SIDE)), "constant")
    beside = padded[:, _SIDE - 1 : -_SIDE - 1] + padded[:, _SIDE + 1 : 1 - _SIDE]
    above_and_below = padded[:, : -2 * _SIDE] + padded[:, 2 * _SIDE :]
    blur = across * (beside - 2.0 * samples) + down * (above_and_below - 2.0 * samples)
    return xp.clip(samples - _SHARPENING * blur, 0.0, 1.0)


def _thickened(images: Any, amount: Any, xp: ModuleType) -> Any:
    """Between the image and its grey dilation (amount 1) or erosion (-1) by a cross of 3×3."""
    rows = xp.reshape(images, (-1, _SIDE, _SIDE))
    padded = xp.pad(rows, ((0, 0), (1, 1), (1, 1)), "constant")
    largest = smallest = rows
    for down, across in ((0, 1), (2, 1), (1, 0), (1, 2)):
        neighbour = padded[:, down : down + _SIDE, across : across + _SIDE]
        largest, smallest = xp.maximum(largest, neighbour), xp.minimum(smallest, neighbour)
    largest, smallest = (xp.reshape(extreme, (-1, INPUTS)) for extreme in (largest, smallest))
    grown = xp.maximum(amount, 0.0) * (largest - images)
    return images + grown + xp.minimum(amount, 0.0) * (images - smallest)
