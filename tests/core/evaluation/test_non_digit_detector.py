"""Which images are rejected as not being digits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import softmax

from mnist_core.digits import non_digits
from mnist_core.digits.drawings.from_strokes import image_from_strokes
from mnist_core.evaluation import non_digit_detector
from mnist_core.evaluation.non_digit_detector import DetectorError, OODDetector
from mnist_core.training import non_digit_detector_training


def gradients(image: np.ndarray) -> np.ndarray:
    """Of one image, pixel by pixel: the mean gradient in each of 8 directions and 7 × 7 cells."""
    ink = np.pad(image / 255, 1)
    found = np.zeros((8, 7, 7))
    for direction in range(8):
        towards = np.array([np.cos(direction * np.pi / 4), np.sin(direction * np.pi / 4)])
        for y in range(28):
            for x in range(28):
                right = ink[y + 1, x + 2] - ink[y + 1, x]
                down = ink[y + 2, x + 1] - ink[y, x + 1]
                found[direction, y // 4, x // 4] += max(towards @ [right, down], 0) / 16
    return found


def test_it_sees_pixels_and_gradients():
    images = np.random.default_rng(1).integers(0, 256, (3, 28, 28), dtype=np.uint8)
    seen = non_digit_detector.features(images)
    assert (seen.shape, seen.dtype) == ((3, 1176), np.float32)
    assert seen[:, :784] == pytest.approx(images.reshape(3, 784) / 255)
    for image, features in zip(images, seen, strict=True):
        expected = gradients(image)
        assert features[784:] == pytest.approx(0.5 * expected.ravel() / expected.std(), abs=1e-4)
    blank = non_digit_detector.features(np.zeros((1, 28, 28), np.uint8))
    assert (blank == 0).all()


def test_what_was_saved_is_loaded(tmp_path):
    rng = np.random.default_rng(0)
    kernels = tuple(rng.normal(0, 0.1, shape).astype(np.float16).astype(np.float32)
                    for shape in ((1176, 5), (5, 11)))  # fmt: skip
    biases = (np.zeros(5, np.float32), np.arange(11, dtype=np.float32) / 10)
    detector = OODDetector(kernels, biases, 0.2, {"threshold": 0.2})
    detector.save(tmp_path)
    loaded = OODDetector.load(tmp_path)
    images = rng.integers(0, 256, (7, 28, 28), dtype=np.uint8)
    hidden = np.maximum(non_digit_detector.features(images) @ kernels[0], 0)
    expected = softmax(hidden @ kernels[1] + biases[1], axis=1)[:, 10]
    assert loaded.scores(images) == pytest.approx(expected, abs=1e-5)
    assert loaded.scores(images[:1]) == pytest.approx(expected[:1], abs=1e-5)
    assert loaded.scores(images[:0]).shape == (0,)
    assert (loaded.is_out_of_distribution(images) == (expected > 0.2)).all()


@pytest.mark.slow
def test_the_shipped_detector_rejects_few_fresh_digits_and_most_else(mnist):
    """The limits are the report's figures, rounded up; these images are not the report's."""
    detector = OODDetector.load()
    rejected = detector.is_out_of_distribution
    digits = non_digit_detector_training.digits_by_kind(
        mnist.x_test, mnist.y_test, None, 400, seed=11
    )
    assert set(digits) >= {"usual pictures", "thin pictures", "thick pictures", "faint pictures"}
    for kind, images in digits.items():
        assert len(images) > 180, kind
        assert rejected(images).sum() <= 2, kind
    assert rejected(np.concatenate(list(digits.values()))).mean() <= 0.005
    assert rejected(mnist.x_test).mean() <= 0.003
    others = {
        kind: rejected(non_digits.make(maker, 60, 1000 + i, mnist.x_test)).mean()
        for i, (kind, maker) in enumerate(non_digits.KINDS.items())
    }
    assert np.mean(list(others.values())) >= 0.9
    assert min(others.values()) >= 0.65, others
    report = detector.report
    assert max(report["digits"].values()) <= 0.009
    assert np.mean(list(report["non_digits"].values())) >= 0.9
    assert set(others) == set(report["non_digits"])


def test_a_house_of_one_line_and_circles_in_circles_are_no_digits():
    """A pentagon is predicted as 0 with more than 99.9 % by networks that know digits alone."""
    house = np.array([[60, 220], [60, 110], [140, 40], [220, 110], [220, 220], [60, 220.0]])
    angles = np.linspace(0, 2 * np.pi, 40)[:, None]
    ring = np.hstack([np.cos(angles), np.sin(angles)])
    detector = OODDetector.load()
    images = [image_from_strokes(strokes) for strokes in ([house], [100 * ring, 45 * ring])]
    assert detector.is_out_of_distribution(np.stack(images)).all()
    zero = image_from_strokes([100 * ring * [0.7, 1]])
    assert not detector.is_out_of_distribution(zero[np.newaxis]).any()


def test_synthetic_drawings_are_rejected_without_mnist_too(few_digits):
    images = non_digits.make(non_digits.KINDS["zigzags"], 100, 9, few_digits.x_train)
    assert OODDetector.load().is_out_of_distribution(images).mean() > 0.9


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("report.json", b"{", "it is no JSON"),
        ("report.json", b"[]", "expected a threshold in 0 to 1, got None"),
        ("report.json", b'{"threshold": 2.5}', "expected a threshold in 0 to 1, got 2.5"),
        ("weights.npz", b"PK", "something other than arrays of numbers"),
        ("weights.npz", None, "No such file"),
    ],
)
def test_damaged_files_are_named_and_how_to_get_others(tmp_path, name, content, reason):
    detector = OODDetector.load()
    detector.save(tmp_path)
    assert OODDetector.load(tmp_path).threshold == detector.threshold
    (tmp_path / name).unlink()
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DetectorError, match="train-detector") as told:
        OODDetector.load(tmp_path)
    assert reason in str(told.value)


def test_weights_of_another_form_are_reported_by_their_shapes(tmp_path):
    detector = OODDetector.load()
    kernels = (detector.kernels[0][:784], detector.kernels[1])
    replace(detector, kernels=kernels).save(tmp_path)
    with pytest.raises(DetectorError, match=r"expected arrays of shapes .*1176.* got .*784"):
        OODDetector.load(tmp_path)
