"""Maps of digits: a network's last hidden layer in two dimensions, by PCA or t-SNE."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from mnist_core.config.progress import Report, in_chunks, no_report
from mnist_core.evaluation import cached_predictions
from mnist_core.evaluation.cached_predictions import Split
from mnist_core.evaluation.features import tsne
from mnist_core.evaluation.features.features import last_hidden_layer, principal_axes
from mnist_core.network.inference import Classifier
from mnist_core.runs import cache, files
from mnist_core.runs.run import Run

Floats = NDArray[np.float32]
Method = Literal["pca", "tsne"]

MAX_POINTS = 10_000  # points of a map
COMPONENTS = 30  # principal components that t-SNE is given, for speed
SEED = 0
ARRAYS = ("points", "mean", "axes", "components")  # in the file, beside a check of the digits
FEATURES: dict[Method, float] = {"pca": 0.6, "tsne": 0.1}  # the features' share of a map's time


@dataclass(frozen=True, eq=False)
class Projection:
    """A map of digits, on which others can be placed.

    Attributes:
        method: The method that computed `points`.
        points: (n, 2) float32, where the digits are on the map.
        mean: (units,) float32, the mean of the digits' features.
        axes: (units, k) float32, directions of the principal components, k at least 2.
        components: (n, k) float32, the principal components of the digits.
    """

    method: Method
    points: Floats
    mean: Floats
    axes: Floats
    components: Floats

    def place(self, features: Floats) -> Floats:
        """The places of other digits on the map, (m, 2) float32.

        Args:
            features: (m, units) float32 of the same network's last hidden layer.
        """
        components = np.asarray((features - self.mean) @ self.axes, np.float32)
        if self.method == "pca":
            return components[:, :2]
        return tsne.place(self.points, self.components, components)


def positions_of(split: Split) -> NDArray[np.int64]:
    """The positions, in the split, of the digits that a map shows: all, or if there are more than
    `MAX_POINTS`, a random choice that is always the same."""
    n = split.labels.size
    if n <= MAX_POINTS:
        return np.arange(n)
    return np.sort(np.random.default_rng(SEED).choice(n, MAX_POINTS, replace=False))


def project(
    run: Run,
    split: Split,
    method: Method,
    report: Report = no_report,
) -> Projection:
    """Map the split's digits (those of `positions_of`) by the network's last hidden layer.

    Maps by t-SNE are cached with the run, and used again until its weights change.

    Args:
        run: The run of the network.
        split: The digits.
        method: "pca" or "tsne".
        report: Called with the share done, 0 to 1.

    Raises:
        EmbeddingError: The process that computes t-SNE failed.
    """
    images = split.images(positions_of(split))
    name, made_of = f"map-{split.name}.npz", [files.checksum(run.weights_path)]
    if method == "tsne" and (cached := _load(run, name, made_of, images)) is not None:
        return cached
    classifier = cached_predictions.load_classifier(run)
    first = FEATURES[method]
    features = _features(classifier, images, lambda share: report(first * share))
    mean, axes, components = principal_components(features, 2 if method == "pca" else COMPONENTS)
    if method == "pca":
        return Projection("pca", components, mean, axes, components)
    points = tsne.fit(components, lambda share: report(first + (1 - first) * share))
    projection = Projection("tsne", points, mean, axes, components)
    arrays = {key: getattr(projection, key) for key in ARRAYS} | {"check": _check(images)}
    cache.save(run, name, made_of, arrays)
    return projection


def _features(classifier: Classifier, images: NDArray[np.uint8], report: Report) -> Floats:
    """Like `last_hidden_layer`, but some images at a time."""
    parts = [np.empty((0, len(classifier.kernels[-1])), np.float32)]
    for chunk in in_chunks(len(images), report):
        parts.append(last_hidden_layer(classifier, images[chunk]))
    return np.concatenate(parts)


def principal_components(features: Floats, most: int) -> tuple[Floats, Floats, Floats]:
    """Principal component analysis for a map.

    Args:
        features: (n, units) float32.
        most: How many components are wanted, at least 2.

    Returns:
        The features' mean, (units,); the directions of the components, (units, k), orthonormal;
        the components, (n, k). All float32. k is `most`, or less where there are fewer features
        or digits, but at least 2, with zeros where there is no second component.
    """
    mean, axes = principal_axes(features, min(most, len(features)))
    axes = np.pad(axes, ((0, 0), (0, max(2 - axes.shape[1], 0))))
    return mean, axes, np.asarray((features - mean) @ axes, np.float32)


def inside(points: Floats, loops: list[NDArray[np.float64]]) -> NDArray[np.bool_]:
    """Which points lie inside at least one loop, by the even-odd rule.

    Args:
        points: (n, 2).
        loops: Polygons, each a (corners, 2) array.

    Returns:
        (n,) bool.
    """
    x, y = points.T
    enclosed = np.zeros(len(points), bool)
    for loop in loops:
        within = np.zeros(len(points), bool)
        for (x0, y0), (x1, y1) in zip(loop, np.roll(loop, -1, axis=0), strict=True):
            if y0 != y1:  # whether a ray from the point to the right crosses this side
                within ^= ((y0 > y) != (y1 > y)) & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
        enclosed |= within
    return enclosed


def _check(images: NDArray[np.uint8]) -> NDArray[np.int64]:
    """A checksum of each image, to tell whether a map shows these digits."""
    return images.sum(axis=(1, 2), dtype=np.int64)


def _load(run: Run, name: str, made_of: list[int], images: NDArray[np.uint8]) -> Projection | None:
    def read(arrays: NpzFile) -> Projection | None:
        projection = Projection("tsne", *(arrays[key] for key in ARRAYS))
        fits = projection.points.shape == (len(images), 2)
        return projection if fits and np.array_equal(arrays["check"], _check(images)) else None

    return cache.load(run, name, made_of, read)
