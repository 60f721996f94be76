"""A training's set-up as a part of the page's address, and back.

`?preset=leaky-relu&learning_rate=0.002&layers=512-relu-after-0.3~10-leaky_relu` is the preset and
what differs from it. A layer is its units, activation, normalization and dropout; what is missing
at its end takes the default. Data augmentation is `augmentation=12~0.1~0.1~1~0.9~0.4`, in the order
of `Augmentation`'s fields. `data` is the id of a data set of one's own: whether the visitor may use
it is not decided here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, fields

from mnist_core.config import hyperparameters
from mnist_core.config.config import Augmentation, Layer, TrainingConfig
from mnist_core.config.fields import ConfigError
from mnist_core.config.hyperparameters import CHOICES, HYPERPARAMETERS
from mnist_core.config.names import name_of
from mnist_core.config.presets import PRESETS

DEFAULT_PRESET = "early-stopping"
COMPOUND_PARAMETERS = ("layers", "augmentation")  # parameters that hold more than one value
_AUGMENTATION_FIELDS = [field.name for field in fields(Augmentation)]
_LAYER_FIELDS = [field.name for field in fields(Layer)]


def to_query(preset: str, config: TrainingConfig) -> dict[str, str]:
    """The address's parameters for a set-up; the default one has none."""
    base = PRESETS[preset]
    query = {} if preset == DEFAULT_PRESET else {"preset": preset}
    ours, theirs = hyperparameters.values(preset, config), hyperparameters.values(preset, base)
    for name, value in ours.items():
        if value != theirs[name]:
            query[name] = f"{value:.12g}" if isinstance(value, float) else str(value)
    if config.layers != base.layers:
        query["layers"] = "~".join(map(_layer_text, config.layers))
    if config.augmentation != base.augmentation:
        query["augmentation"] = "~".join(f"{x:.12g}" for x in astuple(config.augmentation))
    if config.data:
        query["data"] = config.data.id
    return query


def from_query(query: Mapping[str, str]) -> tuple[str, TrainingConfig, dict[str, str]] | None:
    """The set-up that an address asks for, and what is wrong with it.

    Returns:
        The preset; the configuration, with the preset's values in place of impossible ones; and
        what was expected of a hyperparameter, or of a path such as "layers[0].units", and what
        came. None where the address has no set-up.
    """
    asked = {key: query[key] for key in (*HYPERPARAMETERS, *COMPOUND_PARAMETERS) if key in query}
    if not asked and not {"preset", "data"} & query.keys():
        return None
    complaints = {}
    preset = query.get("preset", DEFAULT_PRESET)
    if preset not in PRESETS:
        known = ", ".join(f"{name} ({name_of(name)})" for name in PRESETS)
        complaints["preset"] = f"expected one of {known}, got {preset[:40]!r}"
        preset = DEFAULT_PRESET
    values = {key: _value(key, text) for key, text in asked.items()}
    try:
        return preset, _changed(preset, values), complaints
    except ConfigError as error:
        problems = hyperparameters.by_name(error.problems)
    wrong = {field.split("[")[0].split(".")[0] for field in problems}
    good = {key: value for key, value in values.items() if key not in wrong}
    return preset, _changed(preset, good), complaints | problems


def _changed(preset: str, values: Mapping[str, object]) -> TrainingConfig:
    whole = {key: values[key] for key in COMPOUND_PARAMETERS if key in values}
    single = {key: value for key, value in values.items() if key not in COMPOUND_PARAMETERS}
    return PRESETS[preset].with_changes(**hyperparameters.changes(preset, single), **whole)


def _value(key: str, text: str) -> object:
    text = text[:400]
    if key == "layers":
        return [dict(zip(_LAYER_FIELDS, _parts(part), strict=False)) for part in text.split("~")]
    if key == "augmentation":
        numbers = [_number(part, float) for part in text.split("~")]
        return dict(zip(_AUGMENTATION_FIELDS, numbers, strict=False))
    return text if key in CHOICES else _number(text, type(hyperparameters.limits(key).lowest))


def _parts(text: str) -> list[object]:
    """Units, activation, normalization and dropout; text that is no number stays text."""
    units, *names = text.split("-", 3)
    return [_number(units, int), *names[:2], *(_number(name, float) for name in names[2:])]


def _number(text: str, kind: type) -> object:
    try:
        return kind(text)
    except ValueError:
        return text


def _layer_text(layer: Layer) -> str:
    values, defaults = list(astuple(layer)), astuple(Layer())
    while len(values) > 1 and values[-1] == defaults[len(values) - 1]:
        values.pop()
    return "-".join(f"{value:.12g}" if isinstance(value, float) else str(value) for value in values)
