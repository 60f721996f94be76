"""A network's last hidden layer in two dimensions: PCA at once, t-SNE in a process of its own.

``python -m mnist_core.evaluation.projection FEATURES.npy POINTS.npy`` is that process.
scikit-learn's t-SNE has no callback, but prints its iterations, which the caller reads as progress.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mnist_core.errors import DigitLabError
from mnist_core.evaluation import neighbours, predictions
from mnist_core.evaluation.predictions import Split
from mnist_core.network.inference import Classifier
from mnist_core.runs.files import save_arrays
from mnist_core.runs.run import Run

Floats = NDArray[np.float32]
Method = Literal["pca", "tsne"]

MOST = 10_000  # points of a map
ITERATIONS = 1000
COMPONENTS = 30  # of the PCA that t-SNE starts from, for speed
SEED = 0
_ROOT = Path(__file__).resolve().parents[2]
_ITERATION = re.compile(r"\[t-SNE\] Iteration (\d+):")


class EmbeddingError(DigitLabError, RuntimeError):
    """The process that computes the projection failed, perhaps for want of memory. Try again."""


def positions_of(split: Split) -> NDArray[np.int64]:
    """Which digits a map shows: all, or of more than 10,000 a random choice, always the same."""
    n = split.labels.size
    if n <= MOST:
        return np.arange(n)
    return np.sort(np.random.default_rng(SEED).choice(n, MOST, replace=False))


def embed(
    run: Run,
    split: Split,
    method: Method,
    report: Callable[[float], None] = lambda share: None,
) -> Floats:
    """Points of the part's digits (those of `positions_of`) by the run's last hidden layer.

    t-SNE's are kept with the run and used again while they are no older than the weights.

    Args:
        run: Whose network.
        part: The digits.
        method: "pca" or "tsne".
        report: Told the share done, 0 to 1.

    Returns:
        (k, 2) float32.

    Raises:
        EmbeddingError: the process of t-SNE failed; the message has its last words.
    """
    images = split.images(positions_of(split))
    file = predictions.cache_directory(run) / f"map-{split.name}.npz"
    if method == "tsne" and (kept := _stored(file, run, images)) is not None:
        return kept
    features = neighbours.last_hidden_layer(Classifier.load(run.weights_path), images)
    if method == "pca":
        return pca(features, 2)
    points = tsne(features, report)
    with suppress(OSError):  # where nothing can be written, they are computed each time
        predictions.make_cache_directory(run)
        if file.parent.is_dir():  # not that of a run deleted in the meantime
            save_arrays(file, {"points": points, "check": _check(images)})
    return points


def inside(points: Floats, loops: list[NDArray[np.float64]]) -> NDArray[np.bool_]:
    """Which points lie inside one loop at least, by the even-odd rule.

    Args:
        points: (n, 2).
        loops: Each the (corners, 2) of a polygon.

    Returns:
        (n,) bool.
    """
    x, y = points.T
    found = np.zeros(len(points), bool)
    for loop in loops:
        within = np.zeros(len(points), bool)
        for (x0, y0), (x1, y1) in zip(loop, np.roll(loop, -1, axis=0), strict=True):
            if y0 != y1:  # a side is crossed on the way to the right, or not
                within ^= ((y0 > y) != (y1 > y)) & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
        found |= within
    return found


def pca(features: Floats, components: int) -> Floats:
    """Principal components: (n, units) to (n, components) float32, 0 where there are no more."""
    from sklearn.decomposition import PCA

    most = min(components, *features.shape)
    points = PCA(most, random_state=SEED).fit_transform(features)
    return np.pad(points, ((0, 0), (0, components - most))).astype(np.float32)


def tsne(features: Floats, report: Callable[[float], None] = lambda share: None) -> Floats:
    """t-SNE (van der Maaten & Hinton 2008) with scikit-learn's defaults, in another process.

    Args:
        features: (n, units) float32, n at least 4.
        report: Told the share done, 0 to 1.

    Returns:
        (n, 2) float32, the same for the same features.

    Raises:
        EmbeddingError: the process failed.
    """
    with tempfile.TemporaryDirectory(prefix="digit-lab-") as directory:
        source, target = Path(directory) / "features.npy", Path(directory) / "points.npy"
        np.save(source, features)
        command = [
            sys.executable,
            "-u",
            "-m",
            "mnist_core.evaluation.projection",
            str(source),
            str(target),
        ]
        # Threads that spin while they wait would slow a machine that does other work too.
        environment = os.environ | {"OMP_WAIT_POLICY": "PASSIVE"}
        with subprocess.Popen(
            command,
            cwd=_ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            last = ""
            for line in process.stdout:
                last = line.strip() or last
                if found := _ITERATION.match(line):
                    report(min(int(found[1]) / ITERATIONS, 1.0))
        if process.returncode:
            raise EmbeddingError(f"t-SNE ended with code {process.returncode}: {last}")
        return np.load(target, allow_pickle=False)


def main(source: str, target: str) -> None:
    """Read features, write points."""
    from sklearn.manifold import TSNE

    if hasattr(os, "nice"):
        os.nice(10)  # the pages come first
    features = np.load(source, allow_pickle=False)
    reduced = pca(features, min(COMPONENTS, *features.shape))
    machine = TSNE(
        max_iter=ITERATIONS,
        perplexity=min(30, (len(features) - 1) / 3),
        init="pca" if reduced.shape[1] > 1 else "random",
        random_state=SEED,
        verbose=2,
    )
    np.save(target, machine.fit_transform(reduced).astype(np.float32))


def _check(images: NDArray[np.uint8]) -> NDArray[np.int64]:
    """A number for each image by which to see whether points belong to these digits."""
    return images.sum(axis=(1, 2), dtype=np.int64)


def _stored(file: Path, run: Run, images: NDArray[np.uint8]) -> Floats | None:
    if not file.exists() or file.stat().st_mtime_ns < run.weights_path.stat().st_mtime_ns:
        return None
    try:
        with np.load(file, allow_pickle=False) as stored:
            points, check = stored["points"], stored["check"]
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile):
        return None  # damaged: computed and written anew
    fits = points.shape == (len(images), 2) and np.array_equal(check, _check(images))
    return points if fits else None


if __name__ == "__main__":
    main(*sys.argv[1:])
