"""Search indexes of training digits: shared, and few in memory."""

import os

import numpy as np
import pytest

from mnist_core.config.config import Layer, TrainingConfig
from mnist_core.evaluation.features.neighbour_index import NeighbourIndex
from mnist_core.runs import store
from mnist_core.runs.run import Run
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
def run(no_networks) -> Run:
    return network("First")


def index_of(run: Run, data) -> NeighbourIndex:
    """The index, as soon as it is there."""
    while (index := training_digits(run, data)) is None:
        pass
    return index


def test_an_index_is_made_once_and_anew_for_other_weights(run, few_digits):
    index = index_of(run, few_digits)
    assert training_digits(run, few_digits) is index
    os.utime(run.weights_path, (0, 0))
    assert index_of(run, few_digits) is not index


def test_each_network_has_its_own(run, few_digits):
    first, second = index_of(run, few_digits), index_of(network("Second"), few_digits)
    assert first is not second
    assert index_of(run, few_digits) is first
