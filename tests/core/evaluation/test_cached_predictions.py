import os
import shutil

import numpy as np
import pytest

from mnist_core.config import progress
from mnist_core.config.config import Layer, TrainingConfig
from mnist_core.evaluation import cached_predictions
from mnist_core.evaluation.metrics import Evaluation
from mnist_core.network.inference import Classifier
from mnist_core.runs import environment, store


def save_weights(path, seed: int, dtype=np.float32) -> None:
    rng = np.random.default_rng(seed)
    path.parent.mkdir(exist_ok=True)
    np.savez(
        path,
        activations=np.array(["relu"]),
        kernel_0=rng.normal(0, 0.1, (784, 8)).astype(dtype),
        bias_0=np.zeros(8, dtype),
        kernel_1=rng.normal(0, 1, (8, 10)).astype(dtype),
        bias_1=np.zeros(10, dtype),
    )


@pytest.fixture
def run():
    run = store.create(TrainingConfig(layers=(Layer(units=8),), validation_split=0.2), "Test")
    save_weights(run.weights_path, 0)
    for epoch in (1, 2):
        save_weights(run.epoch_path(epoch), epoch, np.float16)
    return run


def test_splits_are_those_the_run_was_trained_with(few_digits, run):
    train, validation = (
        cached_predictions.split_of(few_digits, n, run.config) for n in ("train", "validation")
    )
    assert sorted([*train.indices, *validation.indices]) == list(range(300))
    assert validation.labels.size == 60
    np.testing.assert_array_equal(validation.labels, few_digits.y_train[validation.indices])
    np.testing.assert_array_equal(validation.images()[3], few_digits.x_train[validation.indices[3]])
    index = int(validation.indices[5])
    assert (validation.position(index), train.position(index)) == (5, None)
    assert train.position(10**6) is None
    test = cached_predictions.split_of(few_digits, "test", run.config)
    assert test.images(np.array([7]))[0] is not few_digits.x_test[7]
    np.testing.assert_array_equal(test.images(np.array([7]))[0], few_digits.x_test[7])


def test_an_evaluation_is_computed_with_progress_and_cached(few_digits, run, monkeypatch):
    monkeypatch.setattr(progress, "CHUNK", 25)
    validation, shares = cached_predictions.split_of(few_digits, "validation", run.config), []
    first = cached_predictions.evaluate(run, validation, "sample", report=shares.append)
    assert shares == [pytest.approx(25 / 60), pytest.approx(50 / 60), 1]
    expected = Classifier.load(run.weights_path).probabilities(validation.images())
    np.testing.assert_allclose(first.probabilities, expected, atol=1e-6)
    assert (run.directory / "evaluation-validation.npz").exists()
    again = cached_predictions.evaluate(run, validation, "sample", report=pytest.fail)
    np.testing.assert_array_equal(again.probabilities, first.probabilities)


def test_each_epoch_has_an_evaluation_of_its_own(few_digits, run):
    test = cached_predictions.split_of(few_digits, "test", run.config)
    second = cached_predictions.evaluate(run, test, "sample", epoch=2)
    expected = Classifier.load(run.epoch_path(2)).probabilities(few_digits.x_test)
    np.testing.assert_allclose(second.probabilities, expected, atol=1e-6)
    assert cached_predictions.load_evaluation(run, test, "sample", epoch=1) is None
    assert cached_predictions.load_evaluation(run, test, "sample") is None


def test_a_cached_evaluation_that_is_damaged_or_of_other_digits_is_not_used(few_digits, run):
    split = cached_predictions.split_of(few_digits, "train", run.config)
    cached_predictions.evaluate(run, split, "sample")
    assert cached_predictions.load_evaluation(run, split, "sample") is not None
    assert cached_predictions.load_evaluation(run, split, "mnist") is None
    file = cached_predictions.cache_path(run, "train")
    file.write_bytes(b"PK nonsense")
    assert cached_predictions.load_evaluation(run, split, "sample") is None
    assert cached_predictions.evaluate(run, split, "sample").labels.size == 240
    assert cached_predictions.load_evaluation(run, split, "sample") is not None


@pytest.mark.parametrize("epoch", [None, 2])
def test_an_evaluation_of_other_weights_is_not_used_however_old_these_are(few_digits, run, epoch):
    split = cached_predictions.split_of(few_digits, "train", run.config)
    weights = cached_predictions.weights_path(run, epoch)
    first = cached_predictions.evaluate(run, split, "sample", epoch)
    save_weights(weights, 7)
    os.utime(weights, (0, 0))
    assert cached_predictions.load_evaluation(run, split, "sample", epoch) is None
    again = cached_predictions.evaluate(run, split, "sample", epoch)
    expected = Classifier.load(weights).probabilities(split.images())
    np.testing.assert_allclose(again.probabilities, expected, atol=1e-6)
    assert not np.allclose(first.probabilities, expected, atol=0.01)


def test_an_evaluation_of_the_same_weights_is_used_whatever_their_date(few_digits, run):
    split = cached_predictions.split_of(few_digits, "train", run.config)
    cached_predictions.evaluate(run, split, "sample")
    os.utime(run.weights_path)
    os.utime(cached_predictions.cache_path(run, "train"), (0, 0))
    cached_predictions.evaluate(run, split, "sample", report=pytest.fail)


def test_an_evaluation_that_cannot_be_cached_is_still_returned(few_digits, run):
    cached_predictions.cache_path(run, "train").mkdir()  # in the way of the file
    split = cached_predictions.split_of(few_digits, "train", run.config)
    assert cached_predictions.evaluate(run, split, "sample").labels.size == 270 - 30
    assert cached_predictions.cache_path(run, "train").is_dir()


def test_the_directory_of_a_deleted_run_does_not_come_back(few_digits, run):
    split = cached_predictions.split_of(few_digits, "test", run.config)

    def delete(share: float) -> None:
        shutil.rmtree(run.directory, ignore_errors=True)

    assert cached_predictions.evaluate(run, split, "sample", report=delete).labels.size == 100
    assert not run.directory.exists()


def test_the_evaluation_that_training_wrote_is_used(few_digits, run):
    uniform = np.full((100, 10), 0.1)
    Evaluation(few_digits.y_test, uniform, "sample").save(run.evaluation_path)
    split = cached_predictions.split_of(few_digits, "test", run.config)
    assert cached_predictions.evaluate(run, split, "sample").probabilities[0, 0] == pytest.approx(
        0.1
    )
    cached_predictions.compute(run, split, "sample").save(run.evaluation_path)
    assert cached_predictions.load_evaluation(run, split, "sample") is not None
    save_weights(run.weights_path, 7)
    assert cached_predictions.load_evaluation(run, split, "sample") is None


def test_a_shipped_networks_evaluations_are_cached_among_the_users_runs(
    few_digits, tmp_path, monkeypatch, runs_directory
):
    monkeypatch.setattr(environment, "pretrained_directory", lambda: tmp_path / "pretrained")
    config = TrainingConfig(layers=(Layer(units=8),))
    run = store.create(config, "Shipped", tmp_path / "pretrained" / "shipped")
    save_weights(run.weights_path, 0)
    before = sorted(run.directory.iterdir())
    cached_predictions.evaluate(
        run, cached_predictions.split_of(few_digits, "test", config), "sample"
    )
    assert sorted(run.directory.iterdir()) == before
    assert (runs_directory / ".results" / "shipped" / "evaluation-test.npz").exists()
    assert store.list_runs() == []
