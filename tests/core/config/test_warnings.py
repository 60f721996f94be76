"""Faults are warned of, sound configurations are not, and what is warned of does fail."""

import numpy as np
import pytest

from mnist_core.config.config import Layer, TrainingConfig
from mnist_core.config.presets import PRESETS
from mnist_core.config.warnings import warnings_for
from mnist_core.runs import store
from mnist_core.training import trainer

PLAIN = TrainingConfig(layers=(Layer(64), Layer(64)))


@pytest.mark.parametrize("config", [*PRESETS.values(), PLAIN], ids=[*PRESETS, "plain"])
def test_presets_and_plain_networks_have_no_warnings(config):
    assert warnings_for(config) == ()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"optimizer": {"learning_rate": 0.02}}, "high for this optimizer"),
        ({"optimizer": {"learning_rate": 1e-6}}, "hardly learns"),
        ({"optimizer": {"name": "sgd", "learning_rate": 0.5}}, "SGD then overshoots"),
        (
            {"optimizer": {"name": "sgd", "learning_rate": 1e-5}},
            "SGD with a learning rate of 1e-05 hardly learns",
        ),
        ({"layers": (Layer(64, "sigmoid"),) * 3}, "3 sigmoid layers"),
        ({"layers": (Layer(64, dropout=0.7),)}, "drops 70%"),
        ({"layers": (Layer(64), Layer(6))}, "Layer 2 has 6 units"),
        ({"layers": (Layer(64, "relu", "after"),), "batch_size": 4}, "mostly noise"),
        ({"layers": (Layer(4096), Layer(4096))}, "ten times as long"),
        ({"batch_size": 4096}, "only 13 updates per epoch"),
        (
            {"schedule": {"name": "plateau"}, "early_stopping": {"patience": 3}},
            "before the learning rate can fall",
        ),
        (
            {"schedule": {"name": "one_cycle"}, "early_stopping": {"patience": 3}},
            "end a one-cycle schedule",
        ),
    ],
)
def test_each_fault_is_warned_of_with_its_reason(changes, words):
    (warning,) = warnings_for(PLAIN.with_changes(**changes))
    assert words in warning


def test_with_normalization_higher_rates_are_in_order():
    layers = (Layer(64, "relu", "before"),)
    assert warnings_for(PLAIN.with_changes(layers=layers, optimizer={"learning_rate": 0.02})) == ()
    assert (
        warnings_for(
            PLAIN.with_changes(layers=layers, optimizer={"name": "sgd", "learning_rate": 0.5})
        )
        == ()
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"optimizer": {"name": "sgd", "learning_rate": 1.0}},
        {"optimizer": {"learning_rate": 0.3}},
        {
            "layers": (Layer(64, "sigmoid"),) * 5,
            "optimizer": {"name": "sgd", "learning_rate": 0.01},
        },
    ],
    ids=["SGD", "Adam", "sigmoid"],
)
@pytest.mark.slow
def test_what_is_warned_of_fails(changes, few_digits):
    bad = PLAIN.with_changes(epochs=5, batch_size=32, **changes)
    assert warnings_for(bad)
    good = PLAIN.with_changes(epochs=5, batch_size=32)
    run = store.create(bad, "bad")
    try:
        accuracy = trainer.train(bad, few_digits, run).summary.test_accuracy
    except trainer.TrainingDivergedError:
        accuracy = np.nan
    expected = trainer.train(good, few_digits, store.create(good, "good")).summary.test_accuracy
    assert not accuracy > expected - 0.2
