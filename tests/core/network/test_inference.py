import itertools

import numpy as np
import pytest

from mnist_core.network.inference import Classifier, WeightsError


def save(path, widths=(784, 5, 10), activations=("relu",), **changes):
    rng = np.random.default_rng(0)
    arrays = {"activations": np.array(activations)}
    for i, shape in enumerate(itertools.pairwise(widths)):
        arrays[f"kernel_{i}"] = rng.normal(0, 0.05, shape).astype(np.float32)
        arrays[f"bias_{i}"] = rng.normal(0, 0.05, shape[1]).astype(np.float32)
    arrays |= changes
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    return arrays


def images(count):
    return np.random.default_rng(1).integers(0, 256, (count, 28, 28), dtype=np.uint8)


def test_probabilities_follow_the_formula(tmp_path):
    w = save(tmp_path / "w.npz")
    x = images(3)
    hidden = np.maximum(x.reshape(3, 784) / 255 @ w["kernel_0"] + w["bias_0"], 0)
    exponentials = np.exp(hidden @ w["kernel_1"] + w["bias_1"])
    expected = exponentials / exponentials.sum(axis=1, keepdims=True)
    classifier = Classifier.load(tmp_path / "w.npz")
    np.testing.assert_allclose(classifier.probabilities(x), expected, atol=1e-6)
    np.testing.assert_allclose(classifier.activations(x)[0], hidden, atol=1e-5)


def test_many_images_are_answered_like_each_alone(tmp_path):
    save(tmp_path / "w.npz")
    classifier = Classifier.load(tmp_path / "w.npz")
    x = images(5000)
    together = classifier.probabilities(x)
    assert together.dtype == np.float32
    np.testing.assert_allclose(together.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(together[4321], classifier.probabilities(x[4321:4322])[0], atol=1e-6)
    assert classifier.probabilities(x[:0]).shape == (0, 10)


@pytest.mark.parametrize(
    "bad",
    [
        {"widths": (784, 5, 9)},
        {"widths": (100, 5, 10)},
        {"activations": ("swish",)},
        {"activations": ("relu", "relu")},
        {"bias_0": np.zeros(4, np.float32)},
        {"kernel_1": None},
        {"activations": np.array([None], dtype=object)},
    ],
)
def test_files_that_hold_no_network_are_refused(tmp_path, bad):
    save(tmp_path / "w.npz", **bad)
    with pytest.raises(WeightsError, match=r"w\.npz"):
        Classifier.load(tmp_path / "w.npz")


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 half"])
def test_damaged_files_are_named(tmp_path, content):
    (tmp_path / "w.npz").write_bytes(content)
    with pytest.raises(WeightsError, match=r"w\.npz"):
        Classifier.load(tmp_path / "w.npz")


@pytest.mark.parametrize("wrong", [np.zeros((2, 784), np.uint8), np.zeros((1, 28, 28))])
def test_images_of_another_form_are_refused(tmp_path, wrong):
    save(tmp_path / "w.npz")
    with pytest.raises(ValueError, match="28, 28"):
        Classifier.load(tmp_path / "w.npz").probabilities(wrong)
