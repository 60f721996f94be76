"""Nearest neighbours of a digit among labelled ones, by a network's last hidden layer."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mnist_core.config.sizes import CLASSES
from mnist_core.evaluation import predictions
from mnist_core.network.inference import Classifier
from mnist_core.runs.files import save_arrays
from mnist_core.runs.run import Run

Floats = NDArray[np.float32]

COMPONENTS = 64  # principal components that are kept of each digit's features
SAMPLE = 5000  # digits that the components are computed from
FIRST = 64  # candidates whose distances are computed first; each further step doubles them
CHUNK = 1000  # images at a time: a matrix product holds up those of other threads


class Neighbours(NamedTuple):
    """Digits, nearest first."""

    indices: NDArray[np.int64]  # (k,)
    distances: Floats  # (k,) Euclidean


@dataclass(frozen=True, eq=False)
class NeighbourIndex:
    """Finds the digits that a network's last hidden layer represents most like an image.

    Of each digit's features the index keeps the principal components and the length of what they
    leave out: 16 MB for MNIST, whatever the network. Their distance is never more than that of the
    features, so digits that are farther than those found need not be looked at (Chakrabarti &
    Mehrotra 2000, "Local dimensionality reduction"). Distances are computed from the features.

    Attributes:
        classifier: The network.
        images: (n, 28, 28) uint8.
        labels: (n,) uint8, 0 to 9.
        mean: (units,) float32, of the features.
        axes: (units, k) float32, orthonormal; k is `COMPONENTS`, or less in a smaller layer.
        components: (n, k) float32.
        left_out: (n,) float32, at least 0.
    """

    classifier: Classifier
    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    mean: Floats
    axes: Floats
    components: Floats
    left_out: Floats

    @classmethod
    def build(
        cls,
        classifier: Classifier,
        images: NDArray[np.uint8],
        labels: NDArray[np.uint8],
        report: Callable[[float], None] = lambda share: None,
    ) -> NeighbourIndex:
        """Compute the features of all digits: 6 MFLOP each for the champion.

        Args:
            classifier, images, labels: As the attributes; n is at least 2.
            report: Called with the share done, 0 to 1.
        """
        sample = last_hidden_layer(classifier, images[:: max(len(images) // SAMPLE, 1)])
        mean, axes = _principal_axes(sample)
        components, left_out = [], []
        for start in range(0, len(images), CHUNK):
            features = last_hidden_layer(classifier, images[start : start + CHUNK])
            of_these, rest = _split(features, mean, axes)
            components.append(of_these)
            left_out.append(rest)
            report(min((start + CHUNK) / len(images), 1.0))
        arrays = np.concatenate(components), np.concatenate(left_out)
        return cls(classifier, images, labels, mean, axes, *arrays)

    def nearest(
        self, image: NDArray[np.uint8], most: int, digits: Iterable[int] = range(CLASSES)
    ) -> Neighbours:
        """The digits nearest to an image by Euclidean distance.

        Args:
            image: (28, 28) uint8.
            most: How many are wanted; fewer if there are no more.
            digits: Labels to search among.
        """
        query = last_hidden_layer(self.classifier, image[np.newaxis])
        components, left_out = _split(query, self.mean, self.axes)
        among = np.flatnonzero(np.isin(self.labels, list(digits)))
        least = np.square(self.components[among] - components).sum(axis=1)
        least += np.square(self.left_out[among] - left_out)
        order = np.argsort(least)
        among, least = among[order], np.sqrt(least[order])
        distances = np.empty(0, np.float32)
        while distances.size < among.size:
            start = distances.size
            chosen = among[start : max(2 * start, FIRST)]
            features = last_hidden_layer(self.classifier, self.images[chosen])
            found = np.linalg.norm(features - query, axis=1).astype(np.float32)
            distances = np.concatenate([distances, found])
            rest = least[distances.size :]
            if distances.size >= most and rest.size and np.sort(distances)[most - 1] < rest[0]:
                break
        among = among[: distances.size]
        nearest = np.lexsort((among, distances))[:most]
        return Neighbours(among[nearest], distances[nearest])


def index_of(
    run: Run,
    images: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    dataset_name: str,
    epoch: int | None = None,
    report: Callable[[float], None] = lambda share: None,
) -> NeighbourIndex:
    """The index of a network: that of the final weights is kept with the run, if the disk allows.

    Args:
        run: The run of the network.
        images, labels: As for `NeighbourIndex`.
        dataset_name: "mnist" or "sample".
        epoch: Use the weights after this epoch; None for the final ones.
        report: Called with the share done, 0 to 1.

    Raises:
        WeightsError, OSError: the weights can't be read.
    """
    classifier = Classifier.load(predictions.weights_path(run, epoch))
    if epoch is not None:
        return NeighbourIndex.build(classifier, images, labels, report)
    file = predictions.cache_directory(run) / f"neighbours-{dataset_name}.npz"
    written = run.weights_path.stat().st_mtime_ns  # the file has the same time while it is current
    if file.exists() and file.stat().st_mtime_ns == written:
        # A damaged file, or one of an earlier version, is computed and written anew.
        with (
            suppress(OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile),
            np.load(file, allow_pickle=False) as arrays,
        ):
            kept = [arrays[name] for name in ("mean", "axes", "components", "left_out")]
            if np.array_equal(arrays["labels"], labels) and _fit(classifier, labels, *kept):
                return NeighbourIndex(classifier, images, labels, *kept)
    index = NeighbourIndex.build(classifier, images, labels, report)
    with suppress(OSError):  # where nothing can be written, it is computed by each process
        predictions.make_cache_directory(run)
        if file.parent.is_dir():  # not that of a run deleted in the meantime
            names = ("labels", "mean", "axes", "components", "left_out")
            save_arrays(file, {name: getattr(index, name) for name in names})
            os.utime(file, ns=(written, written))
    return index


def last_hidden_layer(classifier: Classifier, images: NDArray[np.uint8]) -> Floats:
    """The features of images: outputs of the last hidden layer, after its activation function.

    Args:
        classifier: The network.
        images: (n, 28, 28) uint8.

    Returns:
        (n, units) float32; of a network without hidden layers the pixels, 0 to 1.
    """
    layers = classifier.activations(images)
    if layers:
        return layers[-1]
    return np.asarray(images.reshape(len(images), -1) / np.float32(255), np.float32)


def _principal_axes(features: Floats) -> tuple[Floats, Floats]:
    """Mean and directions of greatest variance, for digits of which (n, units) are a sample."""
    mean = features.mean(axis=0)
    centred = features - mean
    axes = np.linalg.eigh(centred.T @ centred)[1][:, ::-1][:, :COMPONENTS]
    return mean, np.asarray(axes, np.float32, order="C")


def _split(features: Floats, mean: Floats, axes: Floats) -> tuple[Floats, Floats]:
    """Principal components, (n, k), and the lengths of what they leave out, (n,)."""
    centred = features - mean
    components = np.asarray(centred @ axes, np.float32)
    rest = np.linalg.norm(centred - components @ axes.T, axis=1)
    return components, rest.astype(np.float32)


def _fit(
    classifier: Classifier,
    labels: NDArray[np.uint8],
    mean: Floats,
    axes: Floats,
    components: Floats,
    left_out: Floats,
) -> bool:
    """Whether arrays that were read from a file have the shapes of this network and these data."""
    units, n = len(classifier.kernels[-1]), len(labels)
    k = min(COMPONENTS, units)
    shapes = [(units,), (units, k), (n, k), (n,)]
    arrays = (mean, axes, components, left_out)
    return all(
        array.shape == shape and array.dtype == np.float32
        for array, shape in zip(arrays, shapes, strict=True)
    )
