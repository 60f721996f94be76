"""Temperature scaling, against predictions whose best temperature is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax

from mnist_core.config.config import TrainingConfig
from mnist_core.evaluation import cached_predictions, temperature_scaling
from mnist_core.runs import cache, store
from mnist_core.runs.run import Run


def predicted(temperature: float, n: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    """Labels drawn with softmax(z), and logits temperature · z + a constant for each."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (n, 10))
    probabilities = softmax(logits, axis=1)
    labels = (probabilities.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1)
    return labels, (temperature * logits + rng.normal(0, 5, (n, 1))).astype(np.float32)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 1.8])
def test_the_best_temperature_is_found(temperature):
    assert temperature_scaling.fit_temperature(*predicted(temperature)) == pytest.approx(
        temperature, rel=0.03
    )


@pytest.mark.parametrize(("n", "errors"), [(29, 5), (500, 0)])
def test_from_few_images_or_without_an_error_no_temperature_is_fitted(n, errors):
    logits = 3 * np.eye(10, dtype=np.float32)[np.arange(n) % 10]
    labels = np.arange(n) % 10
    labels[:errors] = (labels[:errors] + 1) % 10
    assert temperature_scaling.fit_temperature(labels, logits) == 1.0
    if not errors:
        labels[0] = 1
        assert temperature_scaling.fit_temperature(labels, logits) != 1.0


def test_scaling_divides_the_logits():
    logits = np.random.default_rng(1).normal(0, 3, (50, 10))
    scaled = temperature_scaling.calibrated(softmax(logits, axis=1).astype(np.float32), 1.7)
    assert scaled == pytest.approx(softmax(logits / 1.7, axis=1), abs=1e-5)
    certain = np.eye(10, dtype=np.float32)[3]
    assert temperature_scaling.calibrated(certain, 2.0) == pytest.approx(certain)


@pytest.fixture
def run() -> Run:
    """A finished run on the sample that is strongly overconfident."""
    run = store.create(TrainingConfig(), "Overconfident")
    rng = np.random.default_rng(2)
    np.savez(
        run.weights_path, activations=np.array([], dtype=str),
        kernel_0=rng.normal(0, 2, (784, 10)).astype(np.float32), bias_0=np.zeros(10, np.float32),
    )  # fmt: skip
    run.set_status(state="done", dataset="sample")
    return run


def test_a_network_is_calibrated_once_and_again_when_its_weights_change(run, sample, monkeypatch):
    monkeypatch.setattr("mnist_core.digits.datasets.mnist.load", lambda **_: sample)
    monkeypatch.setattr(temperature_scaling, "UNSURE_BELOW", 0.25)
    assert temperature_scaling.load(run) is None
    found = temperature_scaling.calibrate(run)
    assert found.temperature > 1
    assert found.error_after < found.error_before
    assert temperature_scaling.load(run) == found
    validation = cached_predictions.evaluate(
        run, cached_predictions.split_of(sample, "validation", run.config), "sample"
    )
    logits = np.log(np.maximum(validation.probabilities, 1e-38))
    expected = temperature_scaling.fit_temperature(validation.labels, logits)
    assert found.temperature == pytest.approx(expected)
    test = cached_predictions.evaluate(
        run, cached_predictions.split_of(sample, "test", run.config), "sample"
    )
    shares = temperature_scaling.calibrated(test.probabilities, found.temperature)
    unsure = shares.max(axis=1) < 0.25
    assert 0.05 < found.unsure < 0.95
    assert found.unsure == pytest.approx(np.mean(unsure))
    wrong = shares.argmax(axis=1) != test.labels
    assert found.unsure_wrong == pytest.approx((wrong & unsure).sum() / unsure.sum())
    with np.load(run.weights_path) as arrays:
        np.savez(run.weights_path, **{**arrays, "bias_0": np.ones(10, np.float32)})
    assert temperature_scaling.load(run) is None


def test_without_its_training_data_a_network_is_not_calibrated(run, sample, monkeypatch):
    run.set_status(dataset="mnist")
    monkeypatch.setattr("mnist_core.digits.datasets.mnist.load", lambda **_: sample)
    assert temperature_scaling.calibrate(run) is None


@pytest.mark.parametrize("run", store.list_pretrained(), ids=lambda run: run.id)
def test_shipped_networks_are_calibrated(run):
    found = temperature_scaling.load(run)
    assert found is not None, f"python -m mnist_core calibrate {run.id}"
    assert found.error_after < max(found.error_before, 0.005)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"\xff", b'{"temperature": 2}', b'{"temperature": NaN, "weights": 1}']
)
def test_a_damaged_calibration_is_computed_anew(run, sample, monkeypatch, content):
    monkeypatch.setattr("mnist_core.digits.datasets.mnist.load", lambda **_: sample)
    found = temperature_scaling.calibrate(run)
    (cache.directory(run) / temperature_scaling.FILE_NAME).write_bytes(content)
    assert temperature_scaling.load(run) is None
    assert temperature_scaling.calibrate(run) == temperature_scaling.load(run) == found
