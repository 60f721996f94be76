"""t-SNE with openTSNE: a map is fitted in a separate process; new points are placed in this one.

`python -m mnist_core.evaluation.features.tsne` is that process. It has a low priority, so that the
pages come first. It reads the features as .npy from its standard input. To its standard output it
writes the share done, a number from 0 to 1 on each line, then a line `points:` and the points as
.npy. If nobody reads these any more, because the app has ended, it ends, too, and leaves nothing
behind.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mnist_core.config.progress import Report, no_report
from mnist_core.errors import DigitLabError

Floats = NDArray[np.float32]

PERPLEXITY = 30
ITERATIONS = (250, 500)  # Iterations with early exaggeration, then without: openTSNE's defaults.
REPORT_EVERY = 10  # iterations
END = b"points:\n"  # comes after the last progress line, before the points
SEED = 0
importing = threading.Lock()
"""Held while parts of scikit-learn are imported: if two threads import them at once, either may see
a module that is only half loaded."""

_one_at_a_time = threading.Lock()
_ROOT = Path(__file__).resolve().parents[3]


class EmbeddingError(DigitLabError, RuntimeError):
    """The process that computes t-SNE failed. The message ends with its last output; PCA needs no
    process."""


def fit(features: Floats, report: Report = no_report) -> Floats:
    """Map features to the plane by t-SNE (van der Maaten & Hinton 2008), in another process. Only
    one map is computed at a time, as each uses all cores.

    Args:
        features: (n, units) float32, n at least 4; `units` should be few, such as principal
            components.
        report: Called with the share done, 0 to 1.

    Returns:
        (n, 2) float32, centred; the same features always give the same map.

    Raises:
        EmbeddingError: The process failed.
    """
    sent = io.BytesIO()
    np.save(sent, features)
    with _one_at_a_time:
        # Threads that spin while they wait would slow down other work on the machine.
        with subprocess.Popen(
            [sys.executable, "-m", "mnist_core.evaluation.features.tsne"],
            cwd=_ROOT,
            env=os.environ | {"OMP_WAIT_POLICY": "PASSIVE"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process:
            assert process.stdin
            assert process.stdout
            with suppress(BrokenPipeError), process.stdin:  # it has failed: its last output follows
                process.stdin.write(sent.getvalue())
            last_words = ""
            for line in process.stdout:
                if line == END:
                    return np.load(io.BytesIO(process.stdout.read()), allow_pickle=False)
                try:
                    report(float(line))
                except ValueError:  # a warning or a traceback instead of a share
                    last_words = line.decode("utf-8", "replace").strip() or last_words
        raise EmbeddingError(f"t-SNE ended with code {process.returncode}: {last_words}")


def place(points: Floats, features: Floats, new: Floats) -> Floats:
    """Place digits on an existing map, which does not change; each is placed as if it were the only
    one.

    Args:
        points: (n, 2) float32, the result of `fit`.
        features: (n, units) float32, the features given to `fit`.
        new: (k, units) float32, the same features of other digits.

    Returns:
        (k, 2) float32.
    """
    with importing:
        from openTSNE import TSNEEmbedding, affinity

    exact = features.astype(np.float64)
    affinities = affinity.PerplexityBasedNN(
        exact, perplexity=_perplexity(len(features)), method="exact", n_jobs=1, random_state=SEED
    )
    embedding = TSNEEmbedding(
        points.astype(np.float64),
        affinities,
        negative_gradient_method=_gradient(len(features)),
        n_jobs=1,
        random_state=SEED,
    )
    return np.asarray(embedding.transform(new.astype(np.float64)), np.float32)


def main() -> None:
    """Run the process: read features, write points."""
    from openTSNE import TSNE

    if hasattr(os, "nice"):
        os.nice(10)
    sent = io.BytesIO(sys.stdin.buffer.read())
    features = np.load(sent, allow_pickle=False).astype(np.float64)
    exaggerated, plain = ITERATIONS
    done = 0

    def progress(iteration: int, error: float, embedding: NDArray[np.float64]) -> None:
        nonlocal done
        done += REPORT_EVERY
        print(min(done / sum(ITERATIONS), 1.0), flush=True)

    machine = TSNE(
        perplexity=_perplexity(len(features)),
        initialization="pca",
        early_exaggeration_iter=exaggerated,
        n_iter=plain,
        neighbors="exact",
        negative_gradient_method=_gradient(len(features)),
        n_jobs=-1,
        callbacks=progress,
        callbacks_every_iters=REPORT_EVERY,
        random_state=SEED,
    )
    points = np.asarray(machine.fit(features))
    # Placing new points centres the map in this way; if it is centred already, it does not move.
    points -= (points.max(axis=0) + points.min(axis=0)) / 2
    found = io.BytesIO()
    np.save(found, points.astype(np.float32))
    sys.stdout.buffer.write(END + found.getvalue())


def _perplexity(n: int) -> float:
    """The perplexity for n points, at most (n - 1) / 3."""
    return min(PERPLEXITY, (n - 1) / 3)


def _gradient(n: int) -> str:
    """The faster approximation for n points: Barnes-Hut or interpolation on a grid."""
    return "bh" if n < 5000 else "fft"


if __name__ == "__main__":
    main()
