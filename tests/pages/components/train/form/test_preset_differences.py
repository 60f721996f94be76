"""What sets a training apart from a preset, in words, and the names made of it."""

import pytest

from mnist_core.config.config import Augmentation, Layer
from mnist_core.config.presets import DESCRIPTIONS, PRESETS
from mnist_core.runs.run import NAME_LENGTH
from pages.components.train.form.preset_differences import default_name, differences, nearest_preset


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_differs_from_itself_in_nothing_and_has_a_description(preset):
    assert differences(PRESETS[preset], preset) == []
    assert nearest_preset(PRESETS[preset]) == preset
    assert DESCRIPTIONS[preset]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"epochs": 1, "seed": 7}, ["1 epoch", "seed 7"]),
        ({"optimizer": {"learning_rate": 0.02}}, ["rate 0.02"]),
        ({"optimizer": {"name": "sgd", "momentum": 0.0}}, ["SGD", "no momentum"]),
        ({"optimizer": {"momentum": 0.5}}, []),  # Adam does not use it
        ({"early_stopping": None}, ["no early stopping"]),
        ({"schedule": {"name": "constant"}}, ["constant rate"]),
        ({"augmentation": Augmentation(rotation=5)}, ["data augmentation"]),
        ({"layers": (Layer(64, "gelu"),)}, ["64 units", "GELU", "no normalization", "no dropout"]),
        (
            {"layers": PRESETS["early-stopping"].layers[:2]},
            ["512 → 256 units", "normalization after activation", "dropout 0.3"],
        ),
    ],
)
def test_changes_are_named(changes, said):
    config = PRESETS["early-stopping"].with_changes(**changes)
    assert differences(config, "early-stopping") == said


def test_a_default_name_says_what_differs_and_never_repeats():
    config = PRESETS["speedrun"].with_changes(epochs=5, seed=3)
    name = default_name(config, "speedrun", [])
    assert name == "Speedrun, 5 epochs, seed 3"
    assert default_name(config, "speedrun", [name, f"{name} (2)"]) == f"{name} (3)"
    assert default_name(PRESETS["speedrun"], "speedrun", [name]) == "Speedrun"


def test_a_default_name_with_many_differences_is_cut_between_them():
    config = PRESETS["champion"].with_changes(
        layers=(Layer(64, "tanh", "none", 0.25),) * 6, epochs=7, seed=5, batch_size=33
    )
    name = default_name(config, "champion", [])
    assert name.endswith(", …")
    assert len(default_name(config, "champion", [name])) <= NAME_LENGTH
