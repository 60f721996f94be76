import numpy as np
import pytest

from mnist_core.config.config import Layer, TrainingConfig
from mnist_core.digits.dataset import Dataset
from mnist_core.evaluation import predictions, projection
from mnist_core.runs import store


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
    points = projection.pca((plane @ axes.T).astype(np.float32), 2)
    assert points.dtype == np.float32

    def distances(p):
        return np.linalg.norm(p[:, None] - p[None], axis=2)

    np.testing.assert_allclose(distances(points), distances(plane), atol=1e-4)
    assert points[:, 0].var() > points[:, 1].var()


def test_pca_of_one_feature_still_has_two_dimensions():
    points = projection.pca(np.arange(5, dtype=np.float32)[:, None], 2)
    assert points.shape == (5, 2)
    assert not points[:, 1].any()


def test_tsne_reports_its_progress_and_keeps_clusters_apart():
    rng = np.random.default_rng(2)
    centres = np.repeat([[0.0] * 5, [50.0] * 5], 30, axis=0)
    features = (centres + rng.normal(size=(60, 5))).astype(np.float32)
    shares = []
    points = projection.tsne(features, shares.append)
    assert shares[-1] == 1
    assert shares == sorted(shares)
    first, second = points[:30], points[30:]
    between = np.linalg.norm(first.mean(0) - second.mean(0))
    assert between > 2 * max(first.std(), second.std())


def test_a_failing_process_is_said():
    with pytest.raises(projection.EmbeddingError, match=r"code 1: .*n_samples|code 1: "):
        projection.tsne(np.full((20, 3), np.nan, np.float32))


def test_points_of_tsne_are_kept_with_the_run_and_belong_to_its_digits(
    few_digits, run, monkeypatch
):
    calls = []

    def tsne(features, report):
        calls.append(len(features))
        return features[:, :2]

    monkeypatch.setattr(projection, "tsne", tsne)
    part = predictions.split_of(few_digits, "test", run.config)
    points = projection.embed(run, part, "tsne")
    np.testing.assert_array_equal(projection.embed(run, part, "tsne"), points)
    assert calls == [100]
    other = Dataset("sample", few_digits.x_train, few_digits.y_train, few_digits.x_test[::-1],
                    few_digits.y_test[::-1], "turned round")  # fmt: skip
    projection.embed(run, predictions.split_of(other, "test", run.config), "tsne")
    (run.directory / "map-test.npz").write_bytes(b"nonsense")
    projection.embed(run, part, "tsne")
    assert calls == [100, 100, 100]


def test_of_many_digits_a_map_shows_a_choice_that_stays(few_digits, run, monkeypatch):
    part = predictions.split_of(few_digits, "test", run.config)
    assert projection.positions_of(part).tolist() == list(range(100))
    monkeypatch.setattr(projection, "MOST", 40)
    positions = projection.positions_of(part)
    assert np.unique(positions).size == 40
    np.testing.assert_array_equal(positions, projection.positions_of(part))
    assert projection.embed(run, part, "pca").shape == (40, 2)
