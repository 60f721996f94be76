"""The loss landscape, against networks that are put together and evaluated one by one."""

import numpy as np
import pytest

from mnist_core.config.config import Layer, TrainingConfig
from mnist_core.evaluation.cached_predictions import split_of
from mnist_core.evaluation.internals import loss_landscape
from mnist_core.evaluation.internals.loss_landscape import around, chosen_epochs, measure
from mnist_core.network.inference import Classifier
from mnist_core.runs import store
from mnist_core.runs.files import save_arrays
from tests.core.evaluation.internals.random_network import network


def moved(of: Classifier, seed: int, far: float) -> Classifier:
    """The network with all of its numbers changed at random."""
    rng = np.random.default_rng(seed)

    def change(arrays):
        return tuple((a + far * rng.normal(0, 1, a.shape)).astype(np.float32) for a in arrays)

    return Classifier(change(of.kernels), change(of.biases), of.activation_names)


def flat(of: Classifier) -> np.ndarray:
    return np.concatenate([a.ravel() for a in (*of.kernels, *of.biases)]).astype(float)


def loss(of: Classifier, images, labels) -> float:
    return float(-np.log(of.probabilities(images)[np.arange(labels.size), labels]).mean())


def test_each_loss_is_that_of_the_network_at_its_place(few_digits):
    images, labels = few_digits.x_test[:40], few_digits.y_test[:40]
    final = network("gelu")
    path_of = [moved(final, 1, 0.1), moved(final, 2, 0.06), moved(final, 3, 0.03), final]
    shares = []
    path, path_losses, explained, across, up, losses = around(
        path_of, images, labels, report=shares.append
    )
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert path_losses == pytest.approx([loss(of, images, labels) for of in path_of], rel=1e-4)
    # The directions, from an independent PCA.
    points = np.stack([flat(of) for of in path_of])
    _, sizes, axes = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)
    assert explained == pytest.approx((sizes**2 / (sizes**2).sum())[:2], rel=1e-3)
    expected = (points - points[-1]) @ axes[:2].T
    np.testing.assert_allclose(path, -expected * np.sign(expected[0]), atol=1e-3)
    assert across[0] < path[:, 0].min() < path[:, 0].max() < across[-1]
    assert up[0] < path[:, 1].min() < path[:, 1].max() < up[-1]
    for row, column in ((0, 0), (3, 14), (16, 11)):
        steps = np.array([across[column], up[row]]) * -np.sign(expected[0])
        numbers, arrays, start = flat(final) + steps @ axes[:2], [], 0
        for array in (*final.kernels, *final.biases):
            arrays.append(numbers[start : start + array.size].reshape(array.shape))
            start += array.size
        there = Classifier(tuple(arrays[:3]), tuple(arrays[3:]), final.activation_names)
        assert losses[row, column] == pytest.approx(loss(there, images, labels), rel=1e-3)
    # A first look has every second point; refining it measures those between alone.
    *_, first_across, first_up, first = around(path_of, images, labels, 9)
    np.testing.assert_array_equal((first_across, first_up), (across[::2], up[::2]))
    np.testing.assert_allclose(first, losses[::2, ::2], rtol=1e-5)
    *_, refined = around(path_of, images, labels, 17, first - 1)
    losses[::2, ::2] -= 1
    np.testing.assert_allclose(refined, losses, rtol=1e-5)


def test_networks_that_differ_in_one_direction_or_none_leave_the_other_flat(few_digits):
    images, labels = few_digits.x_test[:20], few_digits.y_test[:20]
    final = network("relu")
    away = moved(final, 1, 0.05)
    kernels = tuple((a + b) / 2 for a, b in zip(final.kernels, away.kernels, strict=True))
    biases = tuple((a + b) / 2 for a, b in zip(final.biases, away.biases, strict=True))
    halfway = Classifier(kernels, biases, final.activation_names)
    path, _, explained, _, _, losses = around([away, halfway, final], images, labels)
    assert explained == pytest.approx([1, 0], abs=1e-6)
    assert path[1, 0] == pytest.approx(path[0, 0] / 2, rel=1e-3)
    np.testing.assert_allclose(losses, np.broadcast_to(losses[:1], losses.shape), rtol=1e-5)
    path, _, explained, _, _, losses = around([final] * 3, images, labels)
    assert not path.any()
    assert not explained.any()
    np.testing.assert_allclose(losses, loss(final, images, labels), rtol=1e-4)


def test_a_long_training_or_a_large_network_is_seen_at_fewer_epochs():
    assert chosen_epochs([1, 4, 9], 100_000) == [1, 4, 9]
    assert chosen_epochs(list(range(1, 501)), 100_000)[:: loss_landscape.MAX_EPOCHS - 1] == [1, 500]
    assert len(chosen_epochs(list(range(1, 501)), 3_000_000)) == 8
    assert chosen_epochs(list(range(1, 502)), 10**9) == [1, 251, 501]


@pytest.fixture
def run(few_digits):
    """A network without hidden layers and its weights after three epochs."""
    run = store.create(TrainingConfig(layers=(Layer(units=1),)), "Steps")
    rng = np.random.default_rng(0)
    for path in (*map(run.epoch_path, (1, 2, 3)), run.weights_path):
        kernel, bias = rng.normal(0, 0.05, (784, 10)), rng.normal(0, 0.05, 10)
        save_arrays(path, {"activations": np.array([], str), "kernel_0": kernel, "bias_0": bias})
    run.set_status(state="done")
    return run


def test_the_larger_a_network_the_fewer_digits_it_is_asked(run, mnist, monkeypatch):
    asked = []
    nothing = np.zeros(0)

    def count(networks, images, labels, *more):
        asked.append(labels.size)
        return (nothing,) * 6

    monkeypatch.setattr(loss_landscape, "around", count)
    for work in (1, 7850 * 700, 10**12):
        monkeypatch.setattr(loss_landscape, "MAX_OPERATIONS", work)
        measure(run, mnist)
    assert asked == [500, 700, 2000]


def test_it_is_measured_on_validation_digits_and_kept_until_weights_or_epochs_change(
    run, few_digits, monkeypatch, full_disk
):
    found = measure(run, few_digits)
    assert found.epochs.tolist() == [1, 2, 3]
    split = split_of(few_digits, "validation", run.config)
    assert found.digits == split.labels.size < loss_landscape.DIGITS[0]
    expected = loss(Classifier.load(run.weights_path), split.images(), split.labels)
    assert found.path_losses[-1] == pytest.approx(expected, rel=1e-5)
    monkeypatch.setattr(loss_landscape, "SIDE", 5)  # what is computed anew is known by its size
    assert measure(run, few_digits, 5).losses.size == 25  # a file of another form is not taken
    again = measure(run, few_digits, 5)
    np.testing.assert_array_equal(again.path, found.path)
    kept = run.directory / loss_landscape.FILE_NAME
    whole = kept.read_bytes()
    monkeypatch.setattr(loss_landscape, "around", None)  # nothing is computed
    np.testing.assert_array_equal(measure(run, few_digits, 5).losses, again.losses)
    monkeypatch.undo()
    kept.write_bytes(whole[:-300])
    with full_disk():
        assert measure(run, few_digits, 9).losses.size == 81
    first = measure(run, few_digits, 9)
    np.testing.assert_array_equal(measure(run, few_digits, 17).losses[::2, ::2], first.losses)
    with monkeypatch.context() as nothing:
        nothing.setattr(loss_landscape, "around", None)
        assert len(measure(run, few_digits, 9).losses) == 17  # the finer one serves, too
    run.epoch_path(2).unlink()
    run.epoch_path(2).with_name("004.npz").write_bytes(run.epoch_path(1).read_bytes())
    assert measure(run, few_digits).epochs.tolist() == [1, 3, 4]
