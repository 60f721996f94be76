import itertools
from contextlib import suppress

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
        {"activations": np.array("relu")},
        {"kernel_0": np.full((784, 5), "0.5")},
        {"kernel_0": np.float32(1)},
        {"bias_0": np.float32(1)},
        {"kernel_0": np.full((784, 5), 1j)},
        {"kernel_0": np.full((784, 5), np.nan)},
        {"bias_1": np.full(10, np.inf, np.float32)},
        {"kernel_1": np.full((5, 10), 1e300)},
        {"kernel_0": np.full((784, 5), 3e38, np.float32)},
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


def test_a_directory_and_a_single_array_are_no_weights(tmp_path):
    (tmp_path / "w.npz").mkdir()
    with (tmp_path / "v.npz").open("wb") as file:
        np.save(file, np.zeros(3))
    for name in ("w.npz", "v.npz"):
        with pytest.raises(WeightsError, match=name):
            Classifier.load(tmp_path / name)
    with pytest.raises(FileNotFoundError):
        Classifier.load(tmp_path / "missing.npz")


def test_flipped_bytes_are_found_or_harmless(tmp_path):
    save(tmp_path / "w.npz", widths=(784, 1, 10))
    whole = (tmp_path / "w.npz").read_bytes()
    rng = np.random.default_rng(0)
    edges = [*range(300), *range(len(whole) - 700, len(whole))]  # where the zip's records are
    for place in [*rng.choice(edges, 300), *rng.integers(0, len(whole), 100)]:
        damaged = bytearray(whole)
        damaged[place] ^= 1 << rng.integers(8)
        (tmp_path / "w.npz").write_bytes(damaged)
        with suppress(WeightsError):  # nothing else is raised
            Classifier.load(tmp_path / "w.npz")


@pytest.mark.parametrize("wrong", [np.zeros((2, 784), np.uint8), np.zeros((1, 28, 28))])
def test_images_of_another_form_are_refused(tmp_path, wrong):
    save(tmp_path / "w.npz")
    with pytest.raises(ValueError, match="28, 28"):
        Classifier.load(tmp_path / "w.npz").probabilities(wrong)


def test_accuracy_is_the_share_of_labels_that_are_predicted(tmp_path):
    save(tmp_path / "w.npz", bias_1=np.eye(10, dtype=np.float32)[3] * 100)
    classifier = Classifier.load(tmp_path / "w.npz")
    assert classifier.predicted(images(4)).tolist() == [3] * 4
    assert classifier.accuracy(images(4), np.array([3, 3, 5, 3], np.uint8)) == 0.75
