"""The stress test counts what a network gets right, and is kept until the network changes."""

import shutil

import numpy as np
import pytest

from mnist_core.config.config import Layer, TrainingConfig
from mnist_core.evaluation.robustness import stress_test
from mnist_core.evaluation.robustness.corruptions import CORRUPTIONS, corrupt
from mnist_core.evaluation.robustness.stress_test import StressTest
from mnist_core.network.inference import Classifier
from mnist_core.runs import store


@pytest.fixture
def run(few_digits):
    """A network of the digits' own means: right more often than by chance, and by no training."""
    run = store.create(TrainingConfig(layers=(Layer(units=1),)), "Means")
    x, y = few_digits.x_train / 255, few_digits.y_train
    means = np.stack([x[y == digit].mean(axis=0).ravel() for digit in range(10)])
    write(run, means.T.astype(np.float32), -0.5 * (means**2).sum(axis=1))
    run.set_status(state="done")
    return run


def write(run, kernel, bias):
    np.savez(
        run.weights_path,
        activations=np.array([], dtype=str),
        kernel_0=kernel,
        bias_0=bias.astype(np.float32),
    )


def test_what_is_asked_for_is_known_until_it_is_measured(run, few_digits):
    assert not stress_test.is_requested(run)
    stress_test.mark_requested(run)
    assert stress_test.is_requested(run)
    stress_test.measure(run, few_digits)
    assert not stress_test.is_requested(run)
    stress_test.mark_requested(run)
    stress_test.mark_requested(run, False)
    assert not stress_test.is_requested(run)


def test_it_is_the_share_of_corrupted_digits_that_are_right(run, few_digits):
    shares = []
    found = stress_test.measure(run, few_digits, shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert (found.digits, found.dataset) == (100, "sample")
    images = corrupt(few_digits.x_test, "blur", 4)
    right = Classifier.load(run.weights_path).probabilities(images).argmax(axis=1)
    assert found.accuracy_by_severity("blur")[4] == np.mean(right == few_digits.y_test)
    assert (found.accuracy[:, 0] == found.accuracy_by_severity("fog")[0]).all()
    assert found.error() == pytest.approx(1 - found.accuracy[:, 1:].mean())
    assert found.mnist_c_error != found.error()


def test_it_is_kept_until_the_weights_change_or_the_file_is_damaged(
    run, few_digits, monkeypatch, full_disk
):
    first = stress_test.measure(run, few_digits)
    monkeypatch.setattr(stress_test, "accuracies", lambda *_: StressTest(np.zeros((22, 6)), 1, "x"))
    assert np.array_equal(stress_test.measure(run, few_digits).accuracy, first.accuracy)
    assert stress_test.load(run, "mnist") is None
    kept = run.directory / stress_test.FILE_NAME
    whole = kept.read_bytes()
    kept.write_bytes(whole[:-200])
    assert stress_test.load(run, "sample") is None
    kept.write_bytes(whole)
    assert stress_test.load(run, "sample") is not None
    write(run, np.zeros((784, 10), np.float32), np.zeros(10))
    assert stress_test.load(run, "sample") is None
    with full_disk():
        assert stress_test.measure(run, few_digits).digits == 1


def test_the_error_is_the_mean_over_severities_and_corruptions():
    accuracy = np.ones((len(CORRUPTIONS), 6))
    accuracy[0, 1:] = (1, 0.9, 0.8, 0.7, 0.6)
    test = StressTest(accuracy, 100, "mnist")
    assert test.error("shift") == pytest.approx(0.2)
    assert test.error() == pytest.approx(0.2 / 22)
    assert test.mnist_c_error == pytest.approx(0.2 / 15)


def test_the_directory_of_a_run_that_is_deleted_meanwhile_does_not_come_back(run, few_digits):
    def delete(share: float) -> None:
        shutil.rmtree(run.directory, ignore_errors=True)

    assert stress_test.measure(run, few_digits, delete).digits == 100
    assert not run.directory.exists()
