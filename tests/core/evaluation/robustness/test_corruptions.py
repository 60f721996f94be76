"""Corruptions do what their names say, by values worked out by hand."""

from itertools import pairwise

import numpy as np
import pytest

from mnist_core.evaluation.robustness.corruptions import CORRUPTIONS, MNIST_C, SEVERITIES, corrupt


@pytest.fixture(scope="module")
def digits(sample) -> np.ndarray:
    return sample.x_test[:40]


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_each_is_the_same_every_time_and_moves_further_from_the_digit_with_its_severity(
    name, digits
):
    changed = [corrupt(digits, name, severity) for severity in range(SEVERITIES + 1)]
    assert np.array_equal(changed[0], digits)
    assert np.array_equal(changed[3], corrupt(digits, name, 3))
    assert all(images.dtype == np.uint8 and images.shape == digits.shape for images in changed)
    away = [np.abs(images.astype(float) - digits).mean() for images in changed]
    assert away[1] > 0
    slack = 0.3 if name == "canny_edges" else 0.02  # edges are far from any digit at once
    assert all(more > (1 - slack) * less for less, more in pairwise(away[1:]))
    if name != "canny_edges":
        assert away[5] > 1.2 * away[1]


def test_mnist_c_has_fifteen_of_them():
    assert len(set(MNIST_C)) == 15
    assert set(MNIST_C) <= CORRUPTIONS.keys()


def dot(row: int, column: int) -> np.ndarray:
    image = np.zeros((1, 28, 28), np.uint8)
    image[0, row, column] = 255
    return image


def centre(image: np.ndarray) -> np.ndarray:
    return np.array([(axis * image[0]).sum() / image[0].sum() for axis in np.indices((28, 28))])


def test_a_shift_is_as_long_as_it_says():
    assert np.hypot(*(centre(corrupt(dot(14, 14), "shift", 5)) - 14)) == pytest.approx(5, abs=0.3)


def test_a_rotation_keeps_the_distance_from_the_middle_and_turns_by_its_angle():
    y, x = centre(corrupt(dot(13, 23), "rotation", 3)) - 13.5
    assert np.hypot(y, x) == pytest.approx(9.5, abs=0.3)
    assert abs(np.degrees(np.arctan2(y, x))) == pytest.approx(30, abs=4)


def test_half_the_size_is_half_as_far_from_the_middle():
    disc = np.hypot(*(np.indices((28, 28)) - 13.5)) < 8
    image = (255 * disc).astype(np.uint8)[None]
    assert corrupt(image, "scale", 5).sum() / image.sum() == pytest.approx(0.25, abs=0.03)


def test_means_and_deviations_are_what_they_say():
    grey = np.full((20, 28, 28), 128, np.uint8)
    assert corrupt(grey, "noise", 2).std() == pytest.approx(0.12 * 255, rel=0.05)
    assert corrupt(grey, "brightness", 3).mean() == pytest.approx(128 + 0.3 * 255, abs=1)
    counts = corrupt(grey, "shot_noise", 2) / 255  # Poisson: the variance is mean / photons
    assert counts.var() == pytest.approx(128 / 255 / 25, rel=0.1)
    hit = corrupt(grey, "impulse_noise", 5) != 128
    assert hit.mean() == pytest.approx(0.27, abs=0.02)
    half = np.zeros((1, 28, 28), np.uint8)
    half[:, :14] = 200
    assert np.unique(corrupt(half, "contrast", 3)).tolist() == [80, 120]  # 100 ± 0.2 · 100


def test_strokes_grow_and_shrink_by_their_pixels():
    bar = np.zeros((1, 28, 28), np.uint8)
    bar[0, 12:16, 4:24] = 255
    middle = bar[0, :, 14] / 255
    assert middle.sum() == 4
    assert (corrupt(bar, "thicker", 2)[0, :, 14] / 255).sum() == pytest.approx(6)
    assert (corrupt(bar, "thinner", 4)[0, :, 14] / 255).sum() == pytest.approx(2.2, abs=0.02)


def test_squares_are_covered_averaged_or_turned_round():
    ink = np.full((1, 28, 28), 255, np.uint8)
    assert (corrupt(ink, "occlusion", 3) == 0).sum() == 64
    assert (corrupt(ink, "stripe", 2) == 0).sum() == 4 * 28
    squares = corrupt(dot(0, 0), "pixelation", 2)[0]
    assert np.unique(squares[:3, :3]).tolist() == [28]  # 255 / 9
    assert squares[3:].sum() == squares[:, 3:].sum() == 0
