import numpy as np

from mnist_core.digits.datasets.sample import load_sample


def test_sample_has_mnists_form():
    sample = load_sample()
    assert sample.x_train.shape == (1438, 28, 28)
    assert sample.x_test.shape == (359, 28, 28)
    assert sample.x_train.dtype == sample.y_train.dtype == np.uint8
    assert not sample.x_train.flags.writeable
    images = np.concatenate([sample.x_train, sample.x_test]).astype(float)
    middle = np.arange(28) + 0.5
    mass = images.sum(axis=(1, 2))
    for centre in (images.sum(axis=2) @ middle / mass, images.sum(axis=1) @ middle / mass):
        assert centre.min() > 13.9
        assert centre.max() < 15.1
    assert 25 < images.mean() < 45  # MNIST's mean is 33.3
    assert images.max() == 255


def test_sample_split_is_stratified_and_fixed():
    sample, again = load_sample(), load_sample()
    counts = np.bincount(sample.y_test, minlength=10)
    assert counts.min() >= 34
    assert counts.max() <= 38
    np.testing.assert_array_equal(sample.x_test, again.x_test)
    together = np.concatenate([sample.y_train, sample.y_test])
    assert np.bincount(together).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
