"""Mean, spread and extremes of each digit, against NumPy over the whole set."""

import numpy as np

from mnist_core.digits.datasets.class_images import class_images


def test_they_are_those_of_numpy(sample):
    shares = []
    found = class_images(sample.x_train, sample.y_train, shares.append)
    assert list(found) == list(range(10))
    assert shares[-1] == 1
    indices = np.flatnonzero(sample.y_train == 7)
    sevens = sample.x_train[indices].astype(float)
    np.testing.assert_allclose(found[7].mean, sevens.mean(axis=0), atol=0.51)
    np.testing.assert_allclose(found[7].spread, 2 * sevens.std(axis=0), atol=0.51)
    distances = np.linalg.norm((sevens - sevens.mean(axis=0)).reshape(len(sevens), -1), axis=1)
    order = np.argsort(distances)
    np.testing.assert_array_equal(found[7].typical, indices[order[:6]])
    np.testing.assert_array_equal(found[7].atypical, indices[order[::-1][:6]])


def test_the_largest_spread_fits_and_a_digit_that_does_not_occur_is_left_out():
    images = np.zeros((4, 28, 28), np.uint8)
    images[::2] = 255
    found = class_images(images, np.array([3, 3, 3, 3], np.uint8))
    assert list(found) == [3]
    assert (found[3].spread == 255).all()
    assert len(found[3].typical) == 4
