"""What a sweep trains: combinations, draws, seeds; and what it refuses."""

import pytest

from mnist_core.config.config import TrainingConfig
from mnist_core.config.presets import PRESETS
from mnist_core.config.sweep_plan import (
    VARIABLE,
    SweepError,
    parse,
    plan,
    search_plan,
    value_of,
    values_in,
)
from mnist_core.runs.records import SweepPart

BASE = PRESETS["speedrun"]


def test_a_grid_has_every_combination_with_every_seed():
    varied = {"learning_rate": [0.01, 0.1], "units": [8, 16, 32]}
    found = plan("speedrun", BASE, varied, seeds=2).runs
    assert len(found) == 12
    assert len({one.config for one in found}) == 12
    assert [one.seed - BASE.seed for one in found] == [0] * 6 + [1] * 6
    for one in found:
        assert one.config.optimizer.learning_rate == one.values["learning_rate"]
        assert {layer.units for layer in one.config.layers} == {one.values["units"]}
        assert one.config.seed == one.seed
        assert one.config.schedule == BASE.schedule
    assert {(o.values["learning_rate"], o.values["units"]) for o in found} == {
        (rate, units) for rate in (0.01, 0.1) for units in (8, 16, 32)
    }


def test_some_combinations_are_drawn_each_once_and_the_same_each_time():
    varied = {"batch_size": [32, 64, 128, 256], "dropout": [0.0, 0.1, 0.2, 0.3]}
    found = plan("speedrun", BASE, varied, drawn=5).runs
    assert len({tuple(one.values.items()) for one in found}) == 5
    assert found == plan("speedrun", BASE, varied, drawn=5).runs


def test_seeds_alone_repeat_one_configuration():
    found = plan("speedrun", BASE, {}, seeds=3).runs
    assert [one.config.seed for one in found] == [BASE.seed, BASE.seed + 1, BASE.seed + 2]


def test_a_switch_adds_its_group_and_every_setting_has_a_value():
    found = plan("speedrun", BASE, {"early_stopping_patience": [0, 3]}).runs
    assert [one.config.early_stopping and one.config.early_stopping.patience for one in found] == [
        None,
        3,
    ]
    for name in VARIABLE:
        assert value_of(name, BASE) is not None or name == "digits_per_epoch"
    assert value_of("units", BASE) == "512 → 128"


@pytest.mark.parametrize(
    ("hyperparameter", "text", "said"),
    [
        ("learning_rate", "0.1, big", "learning_rate: expected numbers, got 'big'"),
        ("learning_rate", " , ", "expected values with commas"),
        ("optimizer", "adam, sdg", "optimizer: expected some of adam, adamw, sgd, rmsprop"),
        ("colour", "1", "'colour' can't be varied; choose one of units"),
        ("epochs", "9" * 400, "expected numbers"),
        ("learning_rate", "0.01, 1e-3; 0.010", "learning_rate: expected each value once, got 0.01"),
        ("optimizer", "sgd, adam, sgd", "optimizer: expected each value once, got sgd twice"),
    ],
)
def test_wrong_values_are_named(hyperparameter, text, said):
    with pytest.raises(SweepError, match=said):
        parse(hyperparameter, text)


def test_values_are_numbers_or_words():
    assert parse("learning_rate", "0.01, 1e-3;0.02") == [0.01, 0.001, 0.02]
    assert parse("batch_size", "64,128") == [64, 128]
    assert all(isinstance(value, int) for value in parse("units", "1, 2"))
    assert parse("optimizer", "adam, sgd") == ["adam", "sgd"]


@pytest.mark.parametrize(
    ("varied", "seeds", "said"),
    [
        ({"units": list(range(1, 26))}, 1, "2 to 24 runs; this one would have 25"),
        (
            {"units": [1, 2, 3, 4, 5]},
            5,
            "have 25. Leave out values or take fewer seeds or draw some",
        ),
        ({"units": [8]}, 1, "would have 1. Add values, or take more seeds"),
        ({}, 99, r"would have 99. Take fewer seeds\.$"),
        ({name: [1, 2] for name in ("units", "epochs", "batch_size", "mixup")}, 1, "up to 3"),
        ({"learning_rate": [0.1, 100]}, 1, "learning_rate: expected a number from 0.000001 to 10"),
        ({"units": [16, 0]}, 1, "units: expected a whole number from 1 to 4096"),
        ({"units": [16, 1.5]}, 1, "expected a whole number"),
    ],
)
def test_impossible_sweeps_are_refused_in_words(varied, seeds, said):
    with pytest.raises(SweepError, match=said):
        plan("speedrun", BASE, varied, seeds)


def test_more_values_than_runs_are_refused_before_they_are_combined():
    rates = [number / 1000 for number in range(1, 301)]
    with pytest.raises(SweepError, match="learning_rate: expected at most 24 values, got 300"):
        plan("speedrun", BASE, {"learning_rate": rates, "mixup": rates, "dropout": rates}, drawn=9)
    with pytest.raises(SweepError, match=r"would have 25. Draw fewer combinations\.$"):
        plan("speedrun", BASE, {"learning_rate": rates}, drawn=25)


def test_as_many_values_as_are_allowed_can_be_recorded_however_long_they_are():
    values = [(number + 1) / 77.7e5 + 1e-6 for number in range(24)]
    names = ("minimum_learning_rate", "learning_rate", "weight_decay")
    planned = plan("speedrun", BASE, dict.fromkeys(names, values), drawn=2)
    assert len(planned.values) > 1400
    part = SweepPart("0" * 12, "Long", " ".join(names), 2, planned.values)
    assert values_in(part.values) == dict.fromkeys(names, values)


@pytest.mark.parametrize(
    ("varied", "unused"),
    [
        ({"momentum": [0.1, 0.2], "units": [8, 16]}, ("momentum",)),
        ({"momentum": [0.1, 0.2], "optimizer": ["adam", "sgd"]}, ()),
        ({"plateau_factor": [0.1, 0.2]}, ("plateau_factor",)),
        ({"learning_rate": [0.1, 0.2]}, ()),
    ],
)
def test_settings_without_effect_are_warned_of(varied, unused):
    for planned in (plan("speedrun", BASE, varied), search_plan("speedrun", BASE, varied, 2)):
        assert planned.unused == unused
        assert [said.split()[0] for said in planned.warnings(str)] == list(unused)


def test_other_layers_settings_stay():
    one = plan("champion", TrainingConfig(), {"dropout": [0.1, 0.2]}).runs[0].config
    assert [layer.units for layer in one.layers] == [la.units for la in TrainingConfig().layers]
