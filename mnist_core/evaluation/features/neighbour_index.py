"""Nearest neighbours of a digit among labelled ones, by a network's last hidden layer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from mnist_core.config.progress import Report, in_chunks, no_report
from mnist_core.evaluation.features.features import last_hidden_layer, principal_axes
from mnist_core.network.inference import Classifier
from mnist_core.runs import cache, files
from mnist_core.runs.run import Run

Floats = NDArray[np.float32]

COMPONENTS = 64  # principal components stored for each digit's features
SUBSET = 5000  # digits that the components are computed from, and that are searched first
FIRST_CANDIDATES = 64  # digits measured at first; each further step doubles them
ARRAYS = ("mean", "axes", "components", "left_out")  # in the file, with the labels


class Neighbours(NamedTuple):
    """Digits, nearest first."""

    indices: NDArray[np.int64]  # (k,)
    distances: Floats  # (k,) Euclidean


@dataclass(frozen=True, eq=False)
class NeighbourIndex:
    """Finds the digits that a network's last hidden layer represents most like an image.

    For each digit's features the index stores the principal components and the length of what they
    leave out: 16 MB for MNIST, whatever the network. Distances between these are lower bounds of
    those between features, so digits whose bounds exceed the distances found need not be looked at
    (Chakrabarti & Mehrotra 2000, "Local dimensionality reduction"). The distances returned are
    those between features.

    Attributes:
        classifier: The network.
        images: (n, 28, 28) uint8.
        labels: (n,) uint8, 0 to 9.
        indices: (m,) int64, the indices of the digits that it can find, ascending.
        mean: (units,) float32, the mean of the features.
        axes: (units, k) float32, orthonormal directions of the components; k is `COMPONENTS`, or
            less for a smaller layer.
        components: (m, k) float32, the digits' principal components.
        left_out: (m,) float32, the length of what the components leave out, at least 0.
    """

    classifier: Classifier
    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    indices: NDArray[np.int64]
    mean: Floats
    axes: Floats
    components: Floats
    left_out: Floats

    @property
    def complete(self) -> bool:
        """Whether it can find all digits."""
        return self.indices.size == self.labels.size

    @classmethod
    def of_some(
        cls, classifier: Classifier, images: NDArray[np.uint8], labels: NDArray[np.uint8]
    ) -> NeighbourIndex:
        """An index of `SUBSET` evenly spaced digits, or of all if there are no more: for MNIST a
        twelfth of the work.

        Args:
            classifier, images, labels: See the attributes; n is at least 2.
        """
        indices = np.arange(0, len(images), max(len(images) // SUBSET, 1))
        features = last_hidden_layer(classifier, images[indices])
        mean, axes = principal_axes(features, COMPONENTS)
        return cls(classifier, images, labels, indices, mean, axes, *_split(features, mean, axes))

    def completed(self, report: Report = no_report) -> NeighbourIndex:
        """The index of all digits, which takes 6 million operations a digit for the champion.

        Args:
            report: Called with the share done, 0 to 1.
        """
        components, left_out, n = [], [], len(self.images)
        for chunk in in_chunks(n, report):
            features = last_hidden_layer(self.classifier, self.images[chunk])
            of_these, rest = _split(features, self.mean, self.axes)
            components.append(of_these)
            left_out.append(rest)
        return replace(
            self,
            indices=np.arange(n),
            components=np.concatenate(components),
            left_out=np.concatenate(left_out),
        )

    def nearest(
        self, image: NDArray[np.uint8], most: int, digits: Iterable[int] | None = None
    ) -> Neighbours:
        """The digits nearest to an image by Euclidean distance.

        Args:
            image: (28, 28) uint8.
            most: How many are returned, unless there are fewer.
            digits: Labels to search among; None for all.
        """
        query = last_hidden_layer(self.classifier, image[np.newaxis])
        components, left_out = _split(query, self.mean, self.axes)
        wanted = self.labels[self.indices]
        among = np.flatnonzero(np.isin(wanted, wanted if digits is None else list(digits)))
        least = np.square(self.components[among] - components).sum(axis=1)
        least += np.square(self.left_out[among] - left_out)
        order = np.argsort(least)
        among, least = self.indices[among[order]], np.sqrt(least[order])
        distances = np.empty(0, np.float32)
        while distances.size < among.size:
            start = distances.size
            chosen = among[start : max(2 * start, FIRST_CANDIDATES)]
            features = last_hidden_layer(self.classifier, self.images[chosen])
            found = np.linalg.norm(features - query, axis=1).astype(np.float32)
            distances = np.concatenate([distances, found])
            rest = least[distances.size :]
            if distances.size >= most and rest.size and np.sort(distances)[most - 1] < rest[0]:
                break
        among = among[: distances.size]
        nearest = np.lexsort((among, distances))[:most]
        return Neighbours(among[nearest], distances[nearest])


def load(
    run: Run,
    classifier: Classifier,
    images: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    dataset_name: str,
) -> NeighbourIndex | None:
    """The index that `save` stored for a run's final weights; None if there is none, or only one
    for other digits or weights.

    Args:
        run: The network's run.
        classifier, images, labels: See `NeighbourIndex`.
        dataset_name: "mnist" or "sample".
    """

    def read(arrays: NpzFile) -> NeighbourIndex | None:
        cached = [arrays[name] for name in ARRAYS]
        if not np.array_equal(arrays["labels"], labels) or not _fit(classifier, labels, *cached):
            return None
        return NeighbourIndex(classifier, images, labels, np.arange(len(labels)), *cached)

    return cache.load(run, _file_name(dataset_name), [files.checksum(run.weights_path)], read)


def save(run: Run, index: NeighbourIndex, dataset_name: str) -> None:
    """Cache a complete index of a run's final weights, if the disk allows."""
    arrays = {name: getattr(index, name) for name in ("labels", *ARRAYS)}
    cache.save(run, _file_name(dataset_name), [files.checksum(run.weights_path)], arrays)


def _file_name(dataset_name: str) -> str:
    return f"neighbours-{dataset_name}.npz"


def _split(features: Floats, mean: Floats, axes: Floats) -> tuple[Floats, Floats]:
    """The principal components, (n, k), and the lengths of what they leave out, (n,)."""
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
    """Whether arrays from a file have the shapes that this network and these data require."""
    units, n = len(classifier.kernels[-1]), len(labels)
    k = min(COMPONENTS, units)
    shapes = [(units,), (units, k), (n, k), (n,)]
    arrays = (mean, axes, components, left_out)
    return all(
        array.shape == shape and array.dtype == np.float32
        for array, shape in zip(arrays, shapes, strict=True)
    )
