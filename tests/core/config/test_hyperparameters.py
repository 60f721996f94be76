"""Hyperparameters by their short names, as the command line and addresses give them."""

import pytest

from mnist_core.config import hyperparameters
from mnist_core.config.config import Distillation, EarlyStopping, TrainingConfig
from mnist_core.config.fields import ConfigError
from mnist_core.config.presets import PRESETS


def made(preset, **asked):
    return PRESETS[preset].with_changes(**hyperparameters.changes(preset, asked))


def test_options_reach_the_groups_they_belong_to():
    config = made("leaky-relu", optimizer="sgd", momentum=0.5, epochs=3, mixup=0.2)
    assert (config.optimizer.name, config.optimizer.momentum) == ("sgd", 0.5)
    assert (config.epochs, config.regularization.mixup) == (3, 0.2)


def test_a_patience_of_0_switches_early_stopping_off():
    assert made("early-stopping", early_stopping_patience=0).early_stopping is None
    assert made("early-stopping", early_stopping_patience=7).early_stopping == EarlyStopping(7)
    assert made("leaky-relu", early_stopping_patience=7).early_stopping == EarlyStopping(7)


def test_a_teacher_comes_with_what_the_preset_has_for_it():
    assert made("champion", teacher_epochs=36).distillation == Distillation(36, 0.95, 6.0)
    assert made("leaky-relu", teacher_epochs=3).distillation == Distillation(3, 0.7, 1.0)
    assert made("champion", teacher_share=0.5).distillation is None
    taught = TrainingConfig(distillation=Distillation(2, 0.5))  # from a file, without a preset
    assert hyperparameters.changes(None, {"teacher_share": 0.8}, taught) == {
        "distillation": {"share": 0.8}
    }
    half = made("champion", teacher_epochs=2, teacher_share=0.5)
    assert half.distillation == Distillation(2, 0.5, 6.0)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("teacher_epochs", [0, 2])
def test_the_options_of_a_configuration_make_it_again(preset, teacher_epochs):
    config = made(preset, teacher_epochs=teacher_epochs, seed=3)
    assert made(preset, **hyperparameters.values(preset, config)) == config


def test_every_field_outside_of_layers_augmentation_and_drawings_has_an_option():
    full = TrainingConfig(early_stopping=EarlyStopping(2), distillation=Distillation(1))
    fields = set()
    for name, value in full.to_dict().items():
        inner = value if isinstance(value, dict) else {"": value}
        fields |= {(name, field) if field else ("", name) for field in inner}
    fields |= {("regularization", "label_smoothing"), ("regularization", "mixup")}
    assert set(hyperparameters.HYPERPARAMETERS.values()) == fields - {("", "layers"), ("", "base")}


def test_problems_are_reported_by_option():
    with pytest.raises(ConfigError) as caught:
        made("leaky-relu", learning_rate="fast", teacher_epochs=-1)
    assert set(hyperparameters.by_name(caught.value.problems)) == {
        "learning_rate",
        "teacher_epochs",
    }
    assert hyperparameters.limits("early_stopping_patience") == (0, 1000)
    assert hyperparameters.limits("learning_rate") == (1e-6, 10.0)
