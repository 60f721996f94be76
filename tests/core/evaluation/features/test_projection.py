import os

import numpy as np
import pytest

from mnist_core.config import progress
from mnist_core.config.config import Layer, TrainingConfig
from mnist_core.digits.datasets.dataset import Dataset
from mnist_core.evaluation import cached_predictions
from mnist_core.evaluation.features import projection, tsne
from mnist_core.evaluation.features.features import last_hidden_layer
from mnist_core.network.inference import Classifier
from mnist_core.runs import store
from tests import damage


@pytest.fixture
def run():
    run = store.create(TrainingConfig(layers=(Layer(units=8),)), "Test")
    rng = np.random.default_rng(0)
    np.savez(
        run.weights_path,
        activations=np.array(["relu"]),
        kernel_0=rng.normal(0, 0.1, (784, 8)).astype(np.float32),
        bias_0=np.zeros(8, np.float32),
        kernel_1=rng.normal(0, 1, (8, 10)).astype(np.float32),
        bias_1=np.zeros(10, np.float32),
    )
    return run


def test_inside_a_loop_is_by_the_even_odd_rule():
    """A five-pointed star drawn in one go: its middle is crossed twice, so outside."""
    angles = np.arange(5) * 4 * np.pi / 5
    star = np.column_stack([np.sin(angles), np.cos(angles)])
    points = np.array([[0, 0], [0, 0.7], [0.5, 0.2], [0, -0.5], [2, 0]], np.float32)
    assert projection.inside(points, [star]).tolist() == [False, True, True, False, False]
    square = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], float)
    assert projection.inside(points, [star, square]).tolist() == [True, True, True, True, False]
    assert not projection.inside(points, []).any()


def test_pca_keeps_the_distances_of_points_in_a_plane():
    rng = np.random.default_rng(1)
    plane = rng.normal(size=(40, 2)) * [5, 1]
    axes, _ = np.linalg.qr(rng.normal(size=(6, 2)))
    features = (plane @ axes.T + 3).astype(np.float32)
    mean, found, points = projection.principal_components(features, 2)
    assert points.dtype == np.float32

    def distances(p):
        return np.linalg.norm(p[:, None] - p[None], axis=2)

    np.testing.assert_allclose(distances(points), distances(plane), atol=1e-4)
    assert points[:, 0].var() > points[:, 1].var()
    np.testing.assert_allclose(points @ found.T + mean, features, atol=1e-4)


def test_pca_of_one_feature_still_has_two_dimensions():
    _, _, points = projection.principal_components(np.arange(5, dtype=np.float32)[:, None], 30)
    assert points.shape == (5, 2)
    assert points[:, 0].std() > 1
    assert not points[:, 1].any()


def test_points_of_tsne_are_kept_with_the_run_and_belong_to_its_digits(
    few_digits, run, monkeypatch
):
    calls = []

    def fit(features, report):
        calls.append(len(features))
        return features[:, :2]

    monkeypatch.setattr(tsne, "fit", fit)
    split = cached_predictions.split_of(few_digits, "test", run.config)
    first = projection.project(run, split, "tsne")
    again = projection.project(run, split, "tsne")
    for name in ("points", "mean", "axes", "components"):
        np.testing.assert_array_equal(getattr(again, name), getattr(first, name))
    assert calls == [100]
    with np.load(run.weights_path) as arrays:
        np.savez(run.weights_path, **{**arrays, "bias_0": arrays["bias_0"] + 1})
    os.utime(run.weights_path, (0, 0))  # older than the map, and yet others
    projection.project(run, split, "tsne")
    assert calls == [100] * 2
    other = Dataset("sample", few_digits.x_train, few_digits.y_train, few_digits.x_test[::-1],
                    few_digits.y_test[::-1], "turned round")  # fmt: skip
    projection.project(run, cached_predictions.split_of(other, "test", run.config), "tsne")
    assert len(calls) == 3
    file = run.directory / "map-test.npz"
    for kind in damage.KINDS:
        damage.damage(file, kind)
        calls.clear()
        for _ in range(2):  # computed anew, and kept
            projection.project(run, split, "tsne")
        assert calls == [100]


def test_of_many_digits_a_map_shows_a_choice_that_stays(few_digits, run, monkeypatch):
    split = cached_predictions.split_of(few_digits, "test", run.config)
    assert projection.positions_of(split).tolist() == list(range(100))
    monkeypatch.setattr(projection, "MAX_POINTS", 40)
    positions = projection.positions_of(split)
    assert np.unique(positions).size == 40
    np.testing.assert_array_equal(positions, projection.positions_of(split))
    assert projection.project(run, split, "pca").points.shape == (40, 2)


def test_on_a_map_by_pca_digits_are_placed_where_their_own_points_are(few_digits, run):
    split = cached_predictions.split_of(few_digits, "test", run.config)
    found = projection.project(run, split, "pca")
    features = last_hidden_layer(Classifier.load(run.weights_path), split.images(np.arange(5, 9)))
    np.testing.assert_allclose(found.place(features), found.points[5:9], atol=1e-4)


def test_progress_moves_from_the_first_features_on_and_is_whole_only_at_the_end(
    few_digits, run, monkeypatch
):
    def fit(features, report):
        for share in (0.0, 0.5, 1.0):
            report(share)
        return features[:, :2]

    monkeypatch.setattr(tsne, "fit", fit)
    monkeypatch.setattr(progress, "CHUNK", 25)
    split = cached_predictions.split_of(few_digits, "test", run.config)
    for method, last in (("pca", 0.6), ("tsne", 1.0)):
        shares: list[float] = []
        projection.project(run, split, method, shares.append)
        assert shares == sorted(shares)
        assert shares[0] > 0
        assert shares[-1] == last
        assert len(set(shares)) >= 4
