"""Search indexes of training digits: shared, and bounded by the memory they take."""

import os

import numpy as np
import pytest

from mnist_core.config.config import Layer, TrainingConfig
from mnist_core.runs import store
from mnist_core.runs.run import Run
from pages.components.shell import neighbours
from pages.components.shell.neighbours import training_digits


def network(name: str) -> Run:
    run = store.create(TrainingConfig(layers=(Layer(units=8),)), name)
    np.savez(
        run.weights_path,
        activations=np.array(["relu"]),
        kernel_0=np.ones((784, 8), np.float32),
        bias_0=np.zeros(8, np.float32),
        kernel_1=np.ones((8, 10), np.float32),
        bias_1=np.zeros(10, np.float32),
    )
    return run


@pytest.fixture
def networks(no_networks) -> list[Run]:
    return [network(name) for name in ("First", "Second", "Third")]


def test_an_index_is_made_once_and_anew_for_other_weights(networks, few_digits):
    run = networks[0]
    index = training_digits(run, few_digits)
    assert training_digits(run, few_digits) is index
    os.utime(run.weights_path, (0, 0))
    assert training_digits(run, few_digits) is not index


def test_the_index_used_least_recently_goes_where_memory_is_short(
    networks, few_digits, monkeypatch
):
    monkeypatch.setattr(neighbours, "MAX_BYTES", 2 * 300 * 8 * 2)  # two of 300 digits, 8 units
    first, second, third = networks
    kept = [training_digits(run, few_digits) for run in (first, second)]
    assert training_digits(first, few_digits) is kept[0]
    training_digits(third, few_digits)
    assert training_digits(first, few_digits) is kept[0]
    assert training_digits(second, few_digits) is not kept[1]


def test_one_index_stays_however_large(networks, few_digits, monkeypatch):
    monkeypatch.setattr(neighbours, "MAX_BYTES", 1)
    index = training_digits(networks[0], few_digits)
    assert training_digits(networks[0], few_digits) is index
