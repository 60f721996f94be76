"""The loss around a network's final weights, in the plane in which training moved it most.

The plane goes through the final weights. Its directions are the first two principal components of
the weights stored after the epochs, as in section 7 of Li et al. 2018 (Visualizing the Loss
Landscape of Neural Nets, arXiv:1712.09913). The loss on some validation digits is measured on a
grid of 9 × 9 points, then at the points between them, 17 × 17 in all, and cached beside the run in
`loss-landscape.npz`.

Weights are those that inference reads, with batch normalization folded into them. Each epoch's
moving statistics are thus part of its weights: they change along the plane as weights do, and are
not estimated again at each point.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray
from scipy.special import log_softmax

from mnist_core.config.progress import Report, no_report
from mnist_core.digits.datasets.dataset import Dataset
from mnist_core.evaluation.cached_predictions import load_classifier, split_of
from mnist_core.network.inference import ACTIVATION_FUNCTIONS, Classifier, inputs_of
from mnist_core.runs import cache, files
from mnist_core.runs.run import Run

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

MIN_EPOCHS = 3  # least number of stored epochs
MAX_EPOCHS = 24  # epochs on the path, spread over all stored ones
MAX_NUMBERS = 24_000_000  # weights of these epochs in all: 96 MB
DIGITS = (500, 2000)  # least and most on which the loss is measured: fewer for larger networks
MAX_OPERATIONS = 600_000_000  # digits times parameters
FIRST_SIDE, SIDE = 9, 17  # points on a side of the coarse grid, and of the fine one
PATH_MARGIN = 0.3  # margin on each side of the path, as a share of its extent
FILE_NAME = "loss-landscape.npz"
_VERSION = 1  # Raise it when something is computed differently: stored results are made anew.


@dataclass(frozen=True, eq=False)
class LossLandscape:
    """The loss around a network's final weights. Losses are mean cross-entropies in nats, before
    calibration.

    Attributes:
        epochs: (k,) int64, the epochs on the path, ascending.
        path: (k + 1, 2) float64, the weights after these epochs and lastly the final ones, (0, 0),
            each projected onto the plane at a right angle; in units of the weights.
        path_losses: (k + 1,) float64, the losses with these weights themselves, not with their
            projections.
        explained: (2,) float64, 0 to 1: the share of the variance between the weights along each
            direction.
        across, up: (s,) float64, ascending: the grid's coordinates.
        losses: (s, s) float64, the loss at each point of the grid, a row for each of `up`.
        digits: The number of validation digits on which the losses are measured.
    """

    epochs: NDArray[np.int64]
    path: Doubles
    path_losses: Doubles
    explained: Doubles
    across: Doubles
    up: Doubles
    losses: Doubles
    digits: int


def measure(
    run: Run, dataset: Dataset, side: int = SIDE, report: Report = no_report
) -> LossLandscape:
    """The cached loss landscape of a run, or a new one, which is cached if the disk allows it.

    Args:
        run: A run with weights, also after at least `MIN_EPOCHS` epochs.
        dataset: The data on whose validation digits the loss is measured.
        side: The least number of points on a side of the grid: `FIRST_SIDE`, which takes little
            time, or `SIDE`, which builds on the coarse grid.
        report: Called with the share done, 0 to 1.

    Raises:
        FileNotFoundError: The run has no weights.
        WeightsError: Some weights are damaged.
    """
    made_of = [files.checksum(run.weights_path), _VERSION, *run.epochs()]
    cached = _load(run, dataset, made_of)
    if cached and len(cached.losses) >= side:
        return cached
    final = load_classifier(run)
    parameters = sum(map(np.size, (*final.kernels, *final.biases)))
    epochs = chosen_epochs(run.epochs(), parameters)
    split = split_of(dataset, "validation", run.config)
    size = split.labels.size
    digits = min(size, int(np.clip(MAX_OPERATIONS // parameters, *DIGITS)))
    indices = np.linspace(0, size - 1, digits).round().astype(np.int64)
    networks = [*(load_classifier(run, epoch) for epoch in epochs), final]
    landscape = LossLandscape(
        np.array(epochs),
        *around(
            networks,
            split.images(indices),
            split.labels[indices],
            side,
            cached.losses if cached else None,
            report,
        ),
        digits=digits,
    )
    arrays = {field.name: np.array(getattr(landscape, field.name)) for field in fields(landscape)}
    cache.save(run, FILE_NAME, made_of, arrays | {"dataset": np.array(dataset.name)})
    return landscape


def chosen_epochs(stored: list[int], parameters: int) -> list[int]:
    """The epochs on the path: the first, the last and as many between them as `MAX_EPOCHS` and
    `MAX_NUMBERS` allow, but at least `MIN_EPOCHS`.

    Args:
        stored: The epochs whose weights are stored, ascending, at least `MIN_EPOCHS`.
        parameters: How many parameters the network has.
    """
    most = min(len(stored), max(MIN_EPOCHS, min(MAX_EPOCHS, MAX_NUMBERS // parameters)))
    return [stored[round(index)] for index in np.linspace(0, len(stored) - 1, most)]


def around(
    networks: Sequence[Classifier],
    images: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    side: int = SIDE,
    known: Doubles | None = None,
    report: Report = no_report,
) -> tuple[Doubles, Doubles, Doubles, Doubles, Doubles, Doubles]:
    """Measure the loss around the last of several networks, in the plane in which they differ most.

    Args:
        networks: The same network at several points of its training, at least three; the final one
            last.
        images: (n, 28, 28) uint8, at least one.
        labels: (n,) uint8.
        side: Points on a side of the grid.
        known: The losses on a coarser grid over the same plane, all of whose points belong to this
            grid.
        report: Called with the share done, 0 to 1.

    Returns:
        path, path_losses, explained, across, up and losses of a `LossLandscape`.
    """
    final = networks[-1]
    path, explained, (first, second) = _plane(networks)
    path_losses = np.array([_loss(network.logits(images), labels) for network in networks])
    across, up = (_ticks(coordinates, side) for coordinates in path.T)
    # The first layer's sums are linear in its weights: they are computed for three networks only.
    inputs = inputs_of(images)
    start, along, over = (inputs @ n.kernels[0] + n.biases[0] for n in (final, first, second))
    losses, wanted = np.empty((side, side)), np.ones((side, side), bool)
    if known is not None:
        shared = (slice(None, None, (side - 1) // (len(known) - 1)),) * 2
        losses[shared], wanted[shared] = known, False
    for done, (row, column) in enumerate(rest := np.argwhere(wanted), 1):
        x, y = np.float32(across[column]), np.float32(up[row])
        sums = start + x * along + y * over
        for name, *parts in zip(
            final.activation_names,
            *(n.kernels[1:] for n in (final, first, second)),
            *(n.biases[1:] for n in (final, first, second)),
            strict=True,
        ):
            kernel, bias = (a + x * b + y * c for a, b, c in (parts[:3], parts[3:]))
            sums = ACTIVATION_FUNCTIONS[name](sums) @ kernel + bias
        losses[row, column] = _loss(sums, labels)
        report(done / len(rest))
    return path, path_losses, explained, across, up, losses


def _plane(networks: Sequence[Classifier]) -> tuple[Doubles, Doubles, list[Classifier]]:
    """The plane through the last network in which the networks differ most: their coordinates, (k,
    2); the share of their variance along each direction, (2,); and the directions, of length 1, as
    weights of a network. A direction in which they don't differ is 0. The first network has no
    coordinate above 0.
    """
    moved = np.stack([_flat(network) for network in networks])
    moved -= moved[-1].copy()
    # There are far fewer networks than weights, so the small Gram matrix is decomposed instead of
    # the covariance matrix: the components are the same.
    centred = moved - moved.mean(axis=0)
    gram = (centred @ centred.T).astype(np.float64)
    variances, vectors = np.linalg.eigh(gram)
    variances, vectors = variances[:-3:-1], vectors[:, :-3:-1]
    differs = variances > 1e-9 * max(float(np.trace(gram)), 1e-30)
    lengths = np.sqrt(np.where(differs, variances, 1))
    axes = (vectors * differs / lengths).T.astype(np.float32) @ centred
    path = (moved @ axes.T).astype(np.float64)
    signs = np.where(path[0] > 0, -1, 1)
    shares = np.where(differs, variances, 0) / max(float(np.trace(gram)), 1e-30)
    directions = [
        _shaped(axis, networks[-1]) for axis in axes * signs[:, np.newaxis].astype(np.float32)
    ]
    return path * signs, shares, directions


def _flat(network: Classifier) -> Floats:
    return np.concatenate([array.ravel() for array in (*network.kernels, *network.biases)])


def _shaped(numbers: Floats, like: Classifier) -> Classifier:
    """The inverse of `_flat`."""
    arrays, start = [], 0
    for array in (*like.kernels, *like.biases):
        arrays.append(numbers[start : start + array.size].reshape(array.shape))
        start += array.size
    layers = len(like.kernels)
    return Classifier(tuple(arrays[:layers]), tuple(arrays[layers:]), like.activation_names)


def _ticks(coordinates: Doubles, side: int) -> Doubles:
    low, high = float(coordinates.min()), float(coordinates.max())
    margin = PATH_MARGIN * (high - low) or 1.0
    return np.linspace(low - margin, high + margin, side)


def _loss(logits: Floats, labels: NDArray[np.uint8]) -> float:
    """The mean cross-entropy."""
    of_labels = log_softmax(logits, axis=1)[np.arange(labels.size), labels]
    return -float(of_labels.mean(dtype=np.float64))


def _load(run: Run, dataset: Dataset, made_of: list[int]) -> LossLandscape | None:
    """The cached loss landscape; None if there is none for the present weights, epochs and data."""

    def read(arrays: NpzFile) -> LossLandscape | None:
        *measured, digits = (arrays[field.name] for field in fields(LossLandscape))
        found = LossLandscape(*measured, int(digits))  # type: ignore[arg-type, call-arg]
        squares = [(side, side) for side in (FIRST_SIDE, SIDE)]
        same = arrays["dataset"] == dataset.name
        return found if same and found.losses.shape in squares else None

    return cache.load(run, FILE_NAME, made_of, read)
