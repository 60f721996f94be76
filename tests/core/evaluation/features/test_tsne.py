"""t-SNE in a process of its own, and digits placed on a map that stays."""

import io
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from mnist_core.evaluation import cached_predictions
from mnist_core.evaluation.features import projection, tsne
from mnist_core.evaluation.features.features import last_hidden_layer
from mnist_core.evaluation.features.tsne import EmbeddingError
from mnist_core.network.inference import Classifier
from mnist_core.predict.answer import Prediction
from mnist_core.predict.predictor import Predictor
from mnist_core.runs import store

# A seven as people draw it on the canvas: across, then down to the left.
SEVEN = [np.array([[80, 70], [200, 72], [170, 130], [140, 190], [125, 230]], float)]
ONE = [np.array([[140, 60], [141, 140], [139, 220]], float)]


def clusters(seed: int) -> np.ndarray:
    """(60, 5): 30 points round one centre, 30 round another."""
    centres = np.repeat([[0.0] * 5, [50.0] * 5], 30, axis=0)
    return (centres + np.random.default_rng(seed).normal(size=(60, 5))).astype(np.float32)


def test_progress_is_reported_clusters_stay_apart_and_new_points_join_theirs():
    shares: list[float] = []
    points = tsne.fit(clusters(2), shares.append)
    assert points.dtype == np.float32
    assert shares[-1] == 1
    assert len(shares) > 20
    assert shares == sorted(shares)
    first, second = points[:30], points[30:]
    between = np.linalg.norm(first.mean(0) - second.mean(0))
    assert between > 2 * max(first.std(), second.std())
    placed = tsne.place(points, clusters(2), clusters(3)[[0, 1, 58]])
    assert placed.shape == (3, 2)
    nearest = np.linalg.norm(placed[:, None] - points[None], axis=2).argmin(axis=1)
    assert (nearest < 30).tolist() == [True, True, False]


def test_one_map_is_fitted_at_a_time(monkeypatch):
    """Whoever has eleven maps made at once would stop the machine for all."""
    going, most = [], []

    class Process:
        returncode = 1

        def __init__(self, command, **options):
            self.stdin, self.stdout = io.BytesIO(), io.BytesIO(b"no share")

        def __enter__(self):
            going.append(self)
            most.append(len(going))
            time.sleep(0.01)
            return self

        def __exit__(self, *error):
            going.remove(self)

    monkeypatch.setattr(tsne.subprocess, "Popen", Process)

    def fit(seed):
        with pytest.raises(EmbeddingError):
            tsne.fit(clusters(seed))

    with ThreadPoolExecutor(4) as visitors:
        list(visitors.map(fit, range(4)))
    assert most == [1] * 4


FITTING = """
import numpy as np
from mnist_core.evaluation.features import tsne

tsne.fit(np.random.default_rng(1).normal(size=(4000, 20)).astype(np.float32),
         lambda share: print(share, flush=True))
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs Linux")
def test_an_app_that_is_killed_leaves_neither_a_process_nor_files(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", FITTING],
        stdout=subprocess.PIPE,
        env=os.environ | {"TMPDIR": str(tmp_path), "JOBLIB_TEMP_FOLDER": str(tmp_path)},
    ) as app:
        app.stdout.readline()  # under way
        own = Path(f"/proc/{app.pid}/task/{app.pid}/children").read_text("ascii").split()
        app.send_signal(signal.SIGKILL)
        app.wait()
        while any(Path(f"/proc/{pid}").exists() for pid in own):  # up to the suite's own patience
            time.sleep(0.05)
    assert own
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_the_same_features_give_the_same_map_and_each_point_has_its_own_place():
    points = tsne.fit(clusters(4))
    np.testing.assert_array_equal(tsne.fit(clusters(4)), points)
    together = tsne.place(points, clusters(4), clusters(5))
    np.testing.assert_allclose(tsne.place(points, clusters(4), clusters(5)[:1]), together[:1])


def test_a_failing_process_is_said():
    with pytest.raises(EmbeddingError, match=r"code 1: .*NaN"):
        tsne.fit(np.full((20, 3), np.nan, np.float32))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "strokes", "digit"), [("tsne", SEVEN, 7), ("pca", ONE, 1)], ids=["7", "1"]
)
def test_a_drawing_lands_among_digits_like_it(mnist, monkeypatch, method, strokes, digit):
    """On a map of 1,500 of MNIST's test digits most of its 15 nearest points have its label."""
    monkeypatch.setattr(projection, "MAX_POINTS", 1500)
    run = store.get("early-stopping")
    split = cached_predictions.split_of(mnist, "test", run.config)
    found = projection.project(run, split, method)
    drawing = Predictor.load(run).predict_strokes(strokes)
    assert isinstance(drawing, Prediction)
    features = last_hidden_layer(Classifier.load(run.weights_path), drawing.image[None])
    (place,) = found.place(features)
    nearest = np.linalg.norm(found.points - place, axis=1).argsort()[:15]
    labels = split.labels[projection.positions_of(split)][nearest]
    assert (labels == digit).sum() > 7, labels
