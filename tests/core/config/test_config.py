import json
import math

import pytest

from mnist_core.config.config import (
    AddedDrawings,
    Augmentation,
    Distillation,
    EarlyStopping,
    Layer,
    Optimizer,
    Regularization,
    TrainingConfig,
    parameter_count,
)
from mnist_core.config.fields import ConfigError
from mnist_core.config.presets import PRESETS


def test_presets_have_the_parameter_counts_of_the_starting_networks():
    assert parameter_count(PRESETS["leaky-relu"]) == (571_018, 569_226)
    assert parameter_count(PRESETS["early-stopping"]) == (570_506, 568_970)


def test_presets_state_the_recipes_of_the_starting_networks():
    leaky, stopping = PRESETS["leaky-relu"], PRESETS["early-stopping"]
    assert [layer.units for layer in leaky.layers] == [512, 256, 128]
    assert [layer.dropout for layer in leaky.layers] == [0.0, 0.2, 0.1]
    assert {layer.activation for layer in leaky.layers} == {"leaky_relu"}
    assert (leaky.epochs, leaky.batch_size, leaky.validation_split) == (12, 128, 0.15)
    assert [layer.dropout for layer in stopping.layers] == [0.3, 0.3, 0.2]
    assert [layer.normalization for layer in stopping.layers] == ["after", "after", "none"]
    assert (stopping.epochs, stopping.early_stopping.patience) == (30, 5)
    assert (stopping.schedule.plateau_factor, stopping.schedule.plateau_patience) == (0.5, 3)
    assert stopping.schedule.minimum_learning_rate == 1e-6


@pytest.mark.parametrize("preset", PRESETS)
def test_a_config_survives_json(preset):
    config = PRESETS[preset]
    assert TrainingConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_every_wrong_field_is_named_at_once():
    with pytest.raises(ConfigError) as caught:
        TrainingConfig.from_dict(
            {
                "layers": [{"units": 0, "activation": "swish"}, {"dropout": 1.0, "width": 3}],
                "optimizer": {"name": "lion", "learning_rate": "fast", "pace": 1},
                "early_stopping": {},
                "drawings": "mine",
                "epochs": 0,
                "colour": "red",
            }
        )
    problems = caught.value.problems
    assert set(problems) == {
        "layers[0].units",
        "layers[0].activation",
        "layers[1].dropout",
        "layers[1].width",
        "optimizer.name",
        "optimizer.learning_rate",
        "optimizer.pace",
        "early_stopping.patience",
        "drawings",
        "epochs",
        "colour",
    }
    assert problems["epochs"] == "expected a whole number from 1 to 1000, got 0"
    assert "leaky_relu" in problems["layers[0].activation"]
    assert all(field in str(caught.value) for field in problems)


@pytest.mark.parametrize("value", [math.nan, math.inf, 10**400, True, None, "1", [1]])
def test_values_that_are_no_numbers_in_range_are_refused(value):
    with pytest.raises(ConfigError, match=r"learning_rate: expected a number from 0\.000001 to 10"):
        Optimizer(learning_rate=value)
    with pytest.raises(
        ConfigError, match=r"^optimizer.learning_rate: expected a number from 0.000001"
    ):
        TrainingConfig.from_dict({"optimizer": {"learning_rate": value}})


@pytest.mark.parametrize("layers", [[], [{}] * 7, None, "512", [512]])
def test_one_to_six_layers_are_expected(layers):
    with pytest.raises(ConfigError, match="layers"):
        TrainingConfig.from_dict({"layers": layers})


@pytest.mark.parametrize("data", [None, 3, "adam", []])
def test_a_config_that_is_no_object_is_refused(data):
    with pytest.raises(ConfigError, match="config: expected an object"):
        TrainingConfig.from_dict(data)


def test_changes_are_validated_again():
    assert TrainingConfig().with_changes(epochs=3).epochs == 3
    with pytest.raises(ConfigError, match=r"optimizer.learning_rate: expected a number"):
        TrainingConfig().with_changes(optimizer={"learning_rate": 0})
    with pytest.raises(ConfigError, match=r"early_stopping.patience: is missing"):
        TrainingConfig().with_changes(early_stopping={})
    with pytest.raises(ConfigError, match="pace: unknown field"):
        TrainingConfig().with_changes(pace=1)
    with pytest.raises(ConfigError, match="batch_size"):
        TrainingConfig().with_changes(batch_size=0)


def test_a_change_within_a_group_leaves_the_rest_of_it():
    config = TrainingConfig(optimizer=Optimizer("sgd", 0.1, momentum=0.5))
    faster = config.with_changes(optimizer={"learning_rate": 0.2})
    assert faster.optimizer == Optimizer("sgd", 0.2, momentum=0.5)
    taught = config.with_changes(distillation={"epochs": 2})
    assert taught.distillation == Distillation(2, 0.7, 1.0)
    assert taught.with_changes(distillation=None) == config


def test_groups_can_be_given_as_in_json():
    given = TrainingConfig(layers=[{"units": 5}], optimizer={"name": "sgd"}, distillation=None)
    assert given == TrainingConfig(layers=(Layer(5),), optimizer=Optimizer("sgd"))
    assert isinstance(given.layers, tuple)
    with pytest.raises(ConfigError, match=r"optimizer\.pace: unknown field"):
        TrainingConfig(optimizer={"pace": 1})


def test_unused_groups_are_absent_from_the_json():
    groups = {"early_stopping", "regularization", "augmentation", "distillation", "drawings"}
    assert not groups & TrainingConfig().to_dict().keys()
    used = TrainingConfig(
        early_stopping=EarlyStopping(2),
        regularization=Regularization(mixup=0.1),
        augmentation=Augmentation(shift=1.0),
        distillation=Distillation(3),
        drawings=AddedDrawings("0a" * 32),
    )
    assert groups <= used.to_dict().keys()
    assert TrainingConfig.from_dict(json.loads(json.dumps(used.to_dict()))) == used


def test_parameters_are_counted_by_hand_for_a_small_network():
    config = TrainingConfig(layers=(Layer(4), Layer(3, normalization="before")))
    dense = 784 * 4 + 4 + 4 * 3 + 3 + 3 * 10 + 10
    assert parameter_count(config) == (dense + 12, dense + 6)


def test_augmentation_survives_json_and_is_off_by_default():
    config = TrainingConfig(augmentation=Augmentation(rotation=10, elastic=0.5))
    assert TrainingConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config
    assert config.augmentation.enabled
    assert not TrainingConfig.from_dict({"epochs": 3}).augmentation.enabled


def test_wrong_augmentation_is_named_field_by_field():
    with pytest.raises(ConfigError) as caught:
        TrainingConfig.from_dict({"augmentation": {"rotation": 90, "blur": 1, "shift": None}})
    assert set(caught.value.problems) == {
        f"augmentation.{f}" for f in ("rotation", "blur", "shift")
    }
    assert "from 0 to 45, got 90" in caught.value.problems["augmentation.rotation"]
    with pytest.raises(ConfigError, match="augmentation: expected an object of fields"):
        TrainingConfig(augmentation="strong")


@pytest.mark.parametrize("digest", ["abc", "G" * 64, None, 3])
def test_drawings_are_named_by_a_sha256(digest):
    assert AddedDrawings("0a" * 32).sha256 == "0a" * 32
    with pytest.raises(ConfigError, match=r"drawings.sha256: expected 64 hexadecimal digits"):
        TrainingConfig.from_dict({"drawings": {"sha256": digest}})


@pytest.mark.parametrize("base", ["../etc", "a b", None, 3])
def test_a_base_is_named_by_the_id_of_a_run(base):
    assert TrainingConfig(base="20260102-030405-my-run-0a1b").base.endswith("0a1b")
    with pytest.raises(ConfigError, match="base: expected the id of a run"):
        TrainingConfig(base=base)


def test_champion_and_compact_keep_to_their_sizes():
    assert parameter_count(PRESETS["champion"])[0] == 2_925_578 <= 3_000_000
    assert parameter_count(PRESETS["compact"])[0] == 96_106 <= 100_000
    assert not any(PRESETS[name].drawings for name in PRESETS)
