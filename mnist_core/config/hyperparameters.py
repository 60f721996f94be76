"""A training's hyperparameters by their short names, which commands and addresses use. The screen
calls them settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mnist_core.config import config as groups
from mnist_core.config.config import TrainingConfig
from mnist_core.config.fields import Checked, Range
from mnist_core.config.presets import PRESETS, TEACHERS

HYPERPARAMETERS: dict[str, tuple[str, str]] = {
    "optimizer": ("optimizer", "name"),
    "learning_rate": ("optimizer", "learning_rate"),
    "momentum": ("optimizer", "momentum"),
    "weight_decay": ("optimizer", "weight_decay"),
    "schedule": ("schedule", "name"),
    "plateau_factor": ("schedule", "plateau_factor"),
    "plateau_patience": ("schedule", "plateau_patience"),
    "minimum_learning_rate": ("schedule", "minimum_learning_rate"),
    "early_stopping_patience": ("early_stopping", "patience"),
    "label_smoothing": ("regularization", "label_smoothing"),
    "mixup": ("regularization", "mixup"),
    "teacher_epochs": ("distillation", "epochs"),
    "teacher_share": ("distillation", "share"),
    "teacher_temperature": ("distillation", "temperature"),
    "batch_size": ("", "batch_size"),
    "epochs": ("", "epochs"),
    "validation_split": ("", "validation_split"),
    "data_echoing": ("", "data_echoing"),
    "digits_per_epoch": ("", "digits_per_epoch"),
    "precision": ("", "precision"),
    "seed": ("", "seed"),
}
"""The group and field of each; the group is "" for the configuration's own fields."""
CHOICES = ("optimizer", "schedule", "precision")
"""Hyperparameters whose values are words; all others are numbers."""
SWITCHES = {"early_stopping": "patience", "distillation": "epochs"}
"""Optional group → the field that switches it: 0 removes the group, another number adds it."""
_GROUPS: dict[str, type[Checked]] = {
    "": TrainingConfig,
    "optimizer": groups.Optimizer,
    "schedule": groups.Schedule,
    "early_stopping": groups.EarlyStopping,
    "regularization": groups.Regularization,
    "distillation": groups.Distillation,
}


def values(preset: str, config: TrainingConfig) -> dict[str, Any]:
    """The value of every hyperparameter in a configuration.

    For an absent group, its switch is 0 and the others of its hyperparameters have the values that
    the preset would give them.
    """
    found = {}
    for name, (group, field) in HYPERPARAMETERS.items():
        owner = getattr(config, group) if group else config
        if owner is not None:
            found[name] = getattr(owner, field)
        elif SWITCHES[group] == field:
            found[name] = 0
        else:
            added = TEACHERS.get(preset, {}) if group == "distillation" else {}
            found[name] = added.get(field, getattr(_GROUPS[group], field))
    return found


def limits(hyperparameter: str) -> Range:
    """The range of a numeric hyperparameter, including the 0 that switches its group off."""
    group, field = HYPERPARAMETERS[hyperparameter]
    allowed = _GROUPS[group].limits(field)
    return allowed._replace(lowest=0) if SWITCHES.get(group) == field else allowed


def changes(
    preset: str | None, wanted: Mapping[str, object], base: TrainingConfig | None = None
) -> dict[str, Any]:
    """Hyperparameters as changes to a configuration, for `TrainingConfig.with_changes`.

    Those of an absent group are dropped unless the group's switch is among them: nothing would use
    them.

    Args:
        preset: The preset from which the configuration was made; None if it comes from a file.
        wanted: Values of hyperparameters, by name.
        base: The configuration that is changed; without it, the preset.
    """
    base = base or PRESETS[preset or ""]
    changed: dict[str, Any] = {}
    for name, value in wanted.items():
        group, field = HYPERPARAMETERS[name]
        (changed.setdefault(group, {}) if group else changed)[field] = value
    for group in SWITCHES.keys() & changed.keys():
        switch = changed[group].get(SWITCHES[group])
        if switch == 0:
            changed[group] = None
        elif switch is None and getattr(base, group) is None:
            del changed[group]
        elif group == "distillation":
            changed[group] = TEACHERS.get(preset or "", {}) | changed[group]
    return changed


def by_name(problems: Mapping[str, str]) -> dict[str, str]:
    """The problems of a `ConfigError`, by hyperparameter instead of by path where there is one."""
    names = {
        f"{group}.{field}".lstrip("."): name for name, (group, field) in HYPERPARAMETERS.items()
    }
    return {names.get(path, path): text for path, text in problems.items()}
