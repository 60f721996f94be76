"""Data augmentation, which rotates, scales, shears, shifts and elastically deforms digits and makes
them thicker or thinner at random; and mixup, which blends digits with others.

The functions work on both NumPy arrays and TensorFlow tensors: the compiled training step runs them
in TensorFlow, the preview in NumPy. The affine map and the elastic deformation together determine
for each pixel where in the digit its ink comes from; the digit is sampled there, once and
bilinearly (after Simard, Steinkraus and Platt 2003). Bilinear sampling blurs, so the result is
sharpened: a network that has only seen blurred digits makes more errors on sharp ones.
"""

from __future__ import annotations

from functools import cache
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from mnist_core.config.config import MIXED, Augmentation
from mnist_core.config.sizes import IMAGE_SIDE, INPUTS, MAX_LEVEL
from mnist_core.network.inference import inputs_of

_SIDE = IMAGE_SIDE
_SPACING = 4.0  # pixels between the nodes of a grid, each of which is displaced at random
_SMOOTHNESS = 4.0  # pixels, sigma of the Gaussian by which a node moves the pixels around it
_NODES = np.arange(-_SPACING, _SIDE + _SPACING + 1, _SPACING)
_SHARPENING = 2.0  # see _sharpened
_ELASTIC = 7  # index of the nodes' first random number, after those of affine map and thickness
RANDOM_NUMBERS = _ELASTIC + 2 * len(_NODES) ** 2
"""How many random numbers augmenting a digit takes."""

Floats = NDArray[np.floating]
"""An array of floats, or with `tensorflow.experimental.numpy` a tensor of the same form."""


def augment(
    images: Floats, numbers: Floats, strengths: Augmentation, xp: ModuleType = np
) -> Floats:
    """Augment each digit by its own random numbers.

    Args:
        images: (n, 784) float32, 0 background to 1 ink.
        numbers: (n, RANDOM_NUMBERS) float32, uniform in -1…1; zeros leave a digit as it is.
        strengths: The most that each kind of change does, at random numbers of 1 and -1.
        xp: `numpy`, or `tensorflow.experimental.numpy` for tensors.

    Returns:
        (n, 784) float32 in 0–1.
    """
    x, y = _coordinates(numbers, strengths, xp)
    moved = _sampled(images, x, y, xp)
    if not strengths.thickness:
        return moved
    return _thickened(moved, numbers[:, _ELASTIC - 1 : _ELASTIC] * strengths.thickness, xp)


def mixup_shares(numbers: Floats, largest: float, xp: ModuleType = np) -> Floats:
    """The share of another digit to blend into each one: 0 to `largest` for a random fraction
    `MIXED` of the digits, 0 for the others.

    Args:
        numbers: (n, 2) float32, uniform in 0…1.
        largest: The largest share, 0 to 1.
        xp: See `augment`.

    Returns:
        (n, 1) float32.
    """
    return xp.where(numbers[:, :1] < MIXED, largest * numbers[:, 1:], 0.0)


def blended(rows: Floats, shares: Floats, xp: ModuleType = np) -> Floats:
    """Mixup (Zhang et al. 2018): blend each row (n, …) of images or targets with a share (n, 1) of
    the row before it. As batches are in random order, that is a random other digit."""
    return (1.0 - shares) * rows + shares * xp.concatenate([rows[-1:], rows[:-1]], 0)


def preview(
    images: NDArray[np.uint8], strengths: Augmentation, mixup: float = 0.0, seed: int = 0
) -> NDArray[np.uint8]:
    """Digits as a network sees them during training.

    Args:
        images: (n, 28, 28) uint8.
        strengths: See `augment`.
        mixup: See `mixup_shares`, 0 to 1.
        seed: The seed of the random numbers.

    Returns:
        (n, 28, 28) uint8.
    """
    rng, count = np.random.default_rng(seed), len(images)
    numbers = rng.uniform(-1, 1, (count, RANDOM_NUMBERS)).astype(np.float32)
    seen = augment(inputs_of(images), numbers, strengths)
    seen = blended(seen, mixup_shares(rng.uniform(size=(count, 2)), mixup))
    return np.rint(seen * MAX_LEVEL).astype(np.uint8).reshape(images.shape)


@cache
def _basis() -> Floats:
    """A matrix (3 + nodes, 784) by which coefficients (n, 3 + nodes) are multiplied to get one
    coordinate of every pixel, (n, 784).

    Its rows are x, y (both 0 in the middle of the image), 1, and for each node by how much it moves
    each pixel. The latter are scaled so that random numbers, uniform in -1…1, move the pixels by a
    root mean square of 1 pixel.
    """
    pixel = np.arange(_SIDE)
    y, x = (axis.ravel() - (_SIDE - 1) / 2 for axis in np.indices((_SIDE, _SIDE)))
    shares = np.exp(-((pixel[:, None] - _NODES) ** 2) / (2 * _SMOOTHNESS**2))
    shares *= 3**0.25 / np.sqrt((shares**2).sum(axis=1, keepdims=True))
    rows = [np.stack([x, y, np.ones(INPUTS)]), np.kron(shares, shares).T]
    return np.concatenate(rows).astype(np.float32)


def _coordinates(numbers: Floats, strengths: Augmentation, xp: ModuleType) -> tuple[Floats, Floats]:
    """Where in the digit each pixel's ink comes from: x and y in pixels, (n, 784) each; 0 to 27
    within the image."""
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


def _sampled(images: Floats, x: Floats, y: Floats, xp: ModuleType) -> Floats:
    """The images' values at x and y, (n, 784) each, interpolated bilinearly and sharpened; beyond
    the border, those of the border."""
    # Just below 27, so that there is always a pixel to the right and one below it.
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


def _sharpened(samples: Floats, across: Floats, down: Floats, xp: ModuleType) -> Floats:
    """Undo the blur of bilinear sampling. A sample at a distance f past a pixel is blurred as by a
    kernel of variance f (1 - f); `across` and `down` are these variances, (n, 784) each.

    On smooth images, subtracting half the variance times the second difference would do. Edges of
    strokes, and strokes that are thickened afterwards, need more: by `_SHARPENING`, neighbouring
    pixels differ about as much as in the original digits.
    """
    # Treating the rows as one long line is faster: a row's last pixel is then next to the first of
    # the next row, but hardly any digit has ink there.
    padded = xp.pad(samples, ((0, 0), (_SIDE, _SIDE)), "constant")
    beside = padded[:, _SIDE - 1 : -_SIDE - 1] + padded[:, _SIDE + 1 : 1 - _SIDE]
    above_and_below = padded[:, : -2 * _SIDE] + padded[:, 2 * _SIDE :]
    blur = across * (beside - 2.0 * samples) + down * (above_and_below - 2.0 * samples)
    return xp.clip(samples - _SHARPENING * blur, 0.0, 1.0)


def _thickened(images: Floats, amount: Floats, xp: ModuleType) -> Floats:
    """The images (n, 784) with thicker or thinner strokes: between each image (amount 0) and its
    greyscale dilation (amount 1) or erosion (-1) by a 3×3 cross. Amounts are (n, 1)."""
    rows = xp.reshape(images, (-1, _SIDE, _SIDE))
    padded = xp.pad(rows, ((0, 0), (1, 1), (1, 1)), "constant")
    largest = smallest = rows
    for down, across in ((0, 1), (2, 1), (1, 0), (1, 2)):
        neighbour = padded[:, down : down + _SIDE, across : across + _SIDE]
        largest, smallest = xp.maximum(largest, neighbour), xp.minimum(smallest, neighbour)
    largest, smallest = (xp.reshape(extreme, (-1, INPUTS)) for extreme in (largest, smallest))
    grown = xp.maximum(amount, 0.0) * (largest - images)
    return images + grown + xp.minimum(amount, 0.0) * (images - smallest)
