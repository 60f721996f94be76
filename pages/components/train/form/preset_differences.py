"""What sets a training apart from a preset, in few words: for names and for the table of runs."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import lru_cache
from typing import Any

from mnist_core.config import hyperparameters
from mnist_core.config.config import Layer, TrainingConfig
from mnist_core.config.formatting import count
from mnist_core.config.names import is_used, name_of
from mnist_core.config.presets import PRESETS
from mnist_core.runs.run import NAME_LENGTH


def _unless_zero(what: str) -> Callable[[Any], str]:
    return lambda value: f"{what} {value:g}" if value else f"no {what}"


_WORDS: dict[str, Callable[[Any], str]] = {
    "optimizer": name_of,
    "learning_rate": lambda rate: f"rate {rate:g}",
    "momentum": _unless_zero("momentum"),
    "weight_decay": _unless_zero("weight decay"),
    "schedule": lambda name: "constant rate" if name == "constant" else name_of(name),
    "plateau_factor": lambda factor: f"plateau × {factor:g}",
    "plateau_patience": lambda epochs: f"plateau of {count(epochs, 'epoch')}",
    "minimum_learning_rate": lambda rate: f"rate at least {rate:g}",
    "early_stopping_patience": lambda n: f"patience {n}" if n else "no early stopping",
    "label_smoothing": _unless_zero("label smoothing"),
    "mixup": _unless_zero("mixup"),
    "teacher_epochs": lambda n: f"teacher of {count(n, 'epoch')}" if n else "no teacher",
    "teacher_share": lambda share: f"teacher's share {share:g}",
    "teacher_temperature": lambda value: f"teacher's temperature {value:g}",
    "batch_size": lambda size: f"batch {size}",
    "epochs": lambda n: count(n, "epoch"),
    "validation_split": lambda share: f"validation split {share:g}",
    "data_echoing": lambda n: f"data echoing {n}",
    "digits_per_epoch": lambda n: f"{n:,} digits an epoch" if n else "all digits",
    "precision": str,
    "seed": lambda seed: f"seed {seed}",
}


def differences(config: TrainingConfig, preset: str) -> list[str]:
    """What a configuration changes of a preset, each in a few words: "256 units", "rate 0.02"."""
    base = PRESETS[preset]
    changes = _in_layers(config, base)
    ours, theirs = hyperparameters.values(preset, config), hyperparameters.values(preset, base)
    for name, words in _WORDS.items():
        if ours[name] != theirs[name] and is_used(name, config):
            changes.append(words(ours[name]))
    if config.augmentation != base.augmentation:
        both = config.augmentation.enabled and base.augmentation.enabled
        changes.append(
            "other data augmentation"
            if both
            else f"{'' if config.augmentation.enabled else 'no '}data augmentation"
        )
    if config.drawings:
        changes.append("added drawings")
    if config.data:
        changes.append(f"on {config.data.name}")
    if config.base:
        changes.append(f"from {config.base}")
    return changes


@lru_cache(maxsize=1024)
def differing_hyperparameters(config: TrainingConfig) -> str:
    """A configuration in a line: the preset that it changes least, and what it changes of it."""
    preset = nearest_preset(config)
    return ", ".join([name_of(preset), *differences(config, preset)])


def nearest_preset(config: TrainingConfig) -> str:
    """The preset that a configuration changes least."""
    return min(PRESETS, key=lambda preset: len(differences(config, preset)))


def default_name(config: TrainingConfig, preset: str, taken: Collection[str]) -> str:
    """A name for a run: its preset and what differs from it. It differs from all in `taken`."""
    name, room = name_of(preset), NAME_LENGTH - len(", … (999)")
    for difference in differences(config, preset):
        if len(name) + len(difference) > room:
            name += ", …"
            break
        name += f", {difference}"
    number, numbered = 1, name
    while numbered in taken:
        number += 1
        numbered = f"{name} ({number})"
    return numbered


def _in_layers(config: TrainingConfig, base: TrainingConfig) -> list[str]:
    """The same for the hidden layers."""

    def of_layers(config: TrainingConfig, field: str) -> list[Any]:
        return [getattr(layer, field) for layer in config.layers]

    changes = []
    if (units := of_layers(config, "units")) != of_layers(base, "units"):
        changes.append(f"{' → '.join(map(str, units))} units")
    words: dict[str, Callable[[Layer], str]] = {
        "activation": lambda layer: name_of(layer.activation),
        "normalization": lambda layer: (
            "no normalization"
            if layer.normalization == "none"
            else f"normalization {name_of(layer.normalization)}"
        ),
        "dropout": lambda layer: f"dropout {layer.dropout:g}" if layer.dropout else "no dropout",
    }
    for field, text in words.items():
        ours = dict.fromkeys(of_layers(config, field))
        if ours.keys() != set(of_layers(base, field)):
            changes.append(" / ".join(dict.fromkeys(map(text, config.layers))))
    return changes
