import numpy as np
import pytest

from mnist_core.digits.datasets import splits


@pytest.mark.parametrize("fraction", [0.1, 0.15, 0.5])
def test_validation_split_is_stratified(fraction):
    labels = np.repeat(np.arange(10), [100, 110, 97, 103, 95, 90, 99, 105, 98, 103])
    train, validation = splits.validation_split(labels, fraction, seed=3)
    assert sorted([*train, *validation]) == list(range(1000))
    assert len(validation) == round(1000 * fraction)
    shares = np.bincount(labels[validation]) / np.bincount(labels)
    assert abs(shares - fraction).max() < 0.011


def test_validation_split_depends_on_the_seed_alone():
    labels = np.tile(np.arange(10), 50)
    first, second, other = (splits.validation_split(labels, 0.1, seed)[1] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, second)
    assert set(first) != set(other)


def test_validation_split_of_nothing_leaves_all_for_training():
    train, validation = splits.validation_split(np.arange(10), 0.0, seed=0)
    assert train.tolist() == list(range(10))
    assert validation.size == 0


@pytest.mark.parametrize("fraction", [-0.1, 1.0, float("nan")])
def test_validation_split_refuses_a_bad_fraction(fraction):
    with pytest.raises(ValueError, match="fraction should be"):
        splits.validation_split(np.arange(10), fraction, seed=0)
