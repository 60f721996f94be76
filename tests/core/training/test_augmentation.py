import numpy as np
import pytest
import tensorflow as tf
import tensorflow.experimental.numpy as tnp
from scipy import ndimage

from mnist_core.config.config import Augmentation
from mnist_core.config.presets import PRESETS
from mnist_core.training import augmentation
from mnist_core.training.augmentation import RANDOM_NUMBERS, augment

ALL = Augmentation(rotation=12, scale=0.1, shear=0.1, shift=1, elastic=0.6, thickness=0.4)


@pytest.fixture(scope="module")
def digits(sample):
    """(40, 784) float32 in 0–1."""
    return sample.x_train[:40].reshape(40, 784).astype(np.float32) / np.float32(255)


def random_numbers(count, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, (count, RANDOM_NUMBERS)).astype(np.float32)


def only(column, value, count):
    numbers = np.zeros((count, RANDOM_NUMBERS), np.float32)
    numbers[:, column] = value
    return numbers


def test_tensors_and_arrays_are_augmented_alike(digits):
    numbers = random_numbers(40)
    on_arrays = augment(digits, numbers, ALL)
    on_tensors = augment(tf.constant(digits), tf.constant(numbers), ALL, tnp)
    assert on_arrays.dtype == np.float32
    np.testing.assert_allclose(on_tensors.numpy(), on_arrays, atol=1e-4)
    assert np.abs(on_arrays - digits).max(axis=1).min() > 0.2  # each digit has changed


def test_augmented_digits_stay_between_paper_and_ink(digits):
    strongest = Augmentation(45, 0.5, 0.5, 8, 3, 1)
    augmented = augment(digits, np.sign(random_numbers(40)), strongest)
    assert augmented.min() >= 0
    assert augmented.max() <= 1


def test_numbers_of_zero_leave_a_digit_as_it_is(digits):
    same = augment(digits, np.zeros((40, RANDOM_NUMBERS), np.float32), ALL)
    np.testing.assert_allclose(same, digits, atol=1e-6)


def sharpened(bilinear, across, down):
    """Without the blur of samples so far past a pixel, (28, 28) each or for all alike."""
    blur = across * (1 - across) * ndimage.correlate1d(bilinear, [1, -2, 1], 1, mode="constant")
    blur += down * (1 - down) * ndimage.correlate1d(bilinear, [1, -2, 1], 0, mode="constant")
    return np.clip(bilinear - 2 * blur, 0, 1)


@pytest.mark.parametrize(("column", "shift"), [(4, (0, -2)), (5, (-2, 0))])
def test_shift_moves_by_pixels(digits, column, shift):
    moved = augment(digits, only(column, 1, 40), Augmentation(shift=2)).reshape(-1, 28, 28)
    expected = np.stack(
        [ndimage.shift(image, shift, order=1) for image in digits.reshape(-1, 28, 28)]
    )
    np.testing.assert_allclose(moved, expected, atol=1e-5)


def test_rotation_is_that_of_scipy(digits):
    turned = augment(digits, only(0, 1, 40), Augmentation(rotation=20)).reshape(-1, 28, 28)
    images = digits.reshape(-1, 28, 28)
    bilinear = ndimage.rotate(images, 20, axes=(2, 1), reshape=False, order=1)
    down, across = np.indices((28, 28)) - 13.5
    cos, sin = np.cos(np.deg2rad(20)), np.sin(np.deg2rad(20))
    x, y = 13.5 + cos * across - sin * down, 13.5 + sin * across + cos * down
    expected = np.stack([sharpened(image, x % 1, y % 1) for image in bilinear])
    np.testing.assert_allclose(turned, expected, atol=1e-4)


def test_half_a_pixel_blurs_most_and_is_sharpened_most(digits):
    moved = augment(digits, only(4, 1, 40), Augmentation(shift=0.5)).reshape(-1, 28, 28)
    for image, seen in zip(digits.reshape(-1, 28, 28), moved, strict=True):
        bilinear = ndimage.shift(image, (0, -0.5), order=1)
        np.testing.assert_allclose(seen, sharpened(bilinear, 0.5, 0.0), atol=1e-5)


@pytest.mark.parametrize(("column", "axis"), [(1, 2), (2, 1)])
def test_scale_shrinks_one_axis(digits, column, axis):
    ink = digits.reshape(-1, 28, 28)
    shrunk = augment(digits, only(column, 1, 40), Augmentation(scale=0.25)).reshape(-1, 28, 28)

    def extent(images):
        pixel = np.arange(28)
        mass = images.sum(axis=3 - axis)
        mean = mass @ pixel / mass.sum(axis=1)
        return np.sqrt((mass * (pixel - mean[:, None]) ** 2).sum(axis=1) / mass.sum(axis=1))

    np.testing.assert_allclose(extent(ink) / extent(shrunk), 1.25, atol=0.05)


def test_elastic_strength_is_the_root_mean_square_of_the_displacement():
    numbers = random_numbers(2000)
    moved = augmentation._coordinates(numbers, Augmentation(elastic=0.7), np)
    rest = augmentation._coordinates(np.zeros_like(numbers), Augmentation(), np)
    for axis, still in zip(moved, rest, strict=True):
        displacement = axis - still
        np.testing.assert_allclose(np.sqrt((displacement**2).mean(axis=0)), 0.7, rtol=0.1)
        neighbours = np.diff(displacement.reshape(-1, 28, 28), axis=2)
        assert np.sqrt((neighbours**2).mean()) < 0.7 / 4  # smooth


def test_thickness_is_grey_dilation_and_erosion(digits):
    cross = ndimage.generate_binary_structure(2, 1)
    images = digits.reshape(-1, 28, 28)
    for sign, extreme in ((1, ndimage.grey_dilation), (-1, ndimage.grey_erosion)):
        drawn = augment(digits, only(6, sign, 40), Augmentation(thickness=0.5))
        full = [extreme(image, footprint=cross, mode="constant") for image in images]
        np.testing.assert_allclose(drawn.reshape(-1, 28, 28), (images + full) / 2, atol=1e-6)


def test_augmented_digits_are_about_as_sharp_as_plain_ones(mnist):
    """Sampled bilinearly, neighbours differ by half as much: what errs on plain digits then."""

    def sharpness(images):
        images = images.reshape(-1, 28, 28)
        return sum((np.diff(images, axis=axis) ** 2).sum() for axis in (1, 2)) / len(images)

    plain = mnist.x_train[:2000].reshape(-1, 784).astype(np.float32) / np.float32(255)
    for name in ("champion", "compact"):
        augmented = augment(plain, random_numbers(2000), PRESETS[name].augmentation)
        assert 0.75 < sharpness(augmented) / sharpness(plain) < 1.15


def test_a_preview_shows_augmented_digits_and_repeats_with_its_seed(sample):
    digits = sample.x_train[:9]
    shown = augmentation.preview(digits, ALL, seed=3)
    assert shown.shape == (9, 28, 28)
    assert shown.dtype == np.uint8
    np.testing.assert_array_equal(shown, augmentation.preview(digits, ALL, seed=3))
    assert (shown != augmentation.preview(digits, ALL, seed=4)).any()
    np.testing.assert_array_equal(augmentation.preview(digits, Augmentation()), digits)


def test_a_preview_shows_about_half_of_the_digits_blended_with_the_one_before(sample):
    digits = sample.x_train[:200]
    shown = augmentation.preview(digits, Augmentation(), mixup=0.4).astype(float)
    before = np.roll(digits, 1, 0).astype(float)
    changed = (shown != digits).any(axis=(1, 2))
    assert 70 < changed.sum() < 130
    where = (digits == 0) & (before == 255)  # what is seen there is the other digit's share
    shares = [shown[i][where[i]].mean() / 255 for i in np.flatnonzero(changed) if where[i].any()]
    assert 0.3 < max(shares) <= 0.402
    assert np.mean(shares) == pytest.approx(0.2, abs=0.05)
