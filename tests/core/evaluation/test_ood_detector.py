"""Which images are rejected as not being digits."""

from __future__ import annotations

import numpy as np
import pytest

from mnist_core.digits import synthetic_ood
from mnist_core.evaluation import ood_detector
from mnist_core.evaluation.ood_detector import OODDetector


def test_what_was_saved_is_loaded(tmp_path):
    rng = np.random.default_rng(0)
    kernels = tuple(rng.normal(0, 0.1, shape).astype(np.float16).astype(np.float32)
                    for shape in ((784, 5), (5, 1)))  # fmt: skip
    biases = (np.zeros(5, np.float32), np.ones(1, np.float32))
    detector = OODDetector(kernels, biases, 0.6, {"threshold": 0.6})
    detector.save(tmp_path)
    images = rng.integers(0, 256, (7, 28, 28), dtype=np.uint8)
    loaded = OODDetector.load(tmp_path)
    assert loaded.scores(images) == pytest.approx(detector.scores(images))
    hidden = np.maximum(images.reshape(7, -1) / 255 @ kernels[0], 0)
    expected = 1 / (1 + np.exp(-(hidden @ kernels[1] + 1)))[:, 0]
    assert loaded.scores(images) == pytest.approx(expected, abs=1e-5)
    assert (loaded.is_out_of_distribution(images) == (expected > 0.6)).all()


def test_the_shipped_detector_rejects_what_its_report_says(mnist):
    """At most 1 % of MNIST's test digits, and at least 90 % of images that are not digits."""
    detector = OODDetector.load()
    report = ood_detector.measure(detector, mnist.x_test)
    assert report["digits_rejected"] <= 0.01
    assert report["non_digits_rejected"]["mean"] >= 0.9
    assert report["digits_rejected"] == pytest.approx(detector.report["digits_rejected"], abs=5e-4)
    reported = detector.report["non_digits_rejected"]
    assert report["non_digits_rejected"] == pytest.approx(reported, abs=5e-3)


def test_synthetic_drawings_are_rejected_without_mnist_too(few_digits):
    images = synthetic_ood.make("zigzags", 100, 9, few_digits.x_train)
    assert OODDetector.load().is_out_of_distribution(images).mean() > 0.9
