"""The configurations of a sweep: up to three settings are varied, in all combinations or some of
them, with one seed or several."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from mnist_core.config import options
from mnist_core.config.config import ACTIVATIONS, OPTIMIZERS, PRECISIONS, SCHEDULES, TrainingConfig
from mnist_core.config.fields import ConfigError
from mnist_core.config.presets import PRESETS
from mnist_core.errors import DigitLabError

MOST_SETTINGS = 3
MOST_RUNS = 24
OF_LAYERS = ("units", "activation", "dropout")
"""Settings that a sweep varies in all hidden layers at once."""
SETTINGS = (*OF_LAYERS, *(name for name in options.OPTIONS if name not in ("seed", "precision")))
"""The settings that can be varied; the number of seeds is chosen apart from them."""
WORDS = {
    "activation": ACTIVATIONS,
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
    "precision": PRECISIONS,
}
"""The values of the settings that are words; the other settings are numbers."""


class SweepError(DigitLabError, ValueError):
    """A sweep can't be made as asked for; the message says why."""


@dataclass(frozen=True)
class Variation:
    """One of a sweep's configurations.

    Attributes:
        values: the varied settings' values, by setting.
        seed: the seed.
        config: the configuration with these values and this seed.
    """

    values: Mapping[str, Any]
    seed: int
    config: TrainingConfig


def parse(setting: str, text: str) -> list[Any]:
    """The values in a text such as "0.003, 0.01, 0.03", each once.

    Raises:
        SweepError: the setting can't be varied, or these are not values of it.
    """
    if setting not in SETTINGS:
        raise SweepError(f"{setting!r} can't be varied; choose one of {', '.join(SETTINGS)}.")
    parts = [part.strip() for part in text.replace(";", ",").split(",") if part.strip()]
    if not parts:
        raise SweepError(f"{setting}: expected values with commas between them, got none.")
    values = [_value(setting, part) for part in parts]
    for value in values:
        if values.count(value) > 1:
            raise SweepError(f"{setting}: expected each value once, got {value} twice.")
    return values


def _value(setting: str, text: str) -> Any:
    if words := WORDS.get(setting):
        if text in words:
            return text
        raise SweepError(f"{setting}: expected some of {', '.join(words)}, got {text!r:.40}.")
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise SweepError(f"{setting}: expected numbers, got {text!r:.40}.")
    return int(number) if number.is_integer() and "." not in text else number


def variations(
    preset: str,
    base: TrainingConfig,
    varied: Mapping[str, Sequence[Any]],
    seeds: int = 1,
    drawn: int = 0,
) -> list[Variation]:
    """The configurations of a sweep, those with the first seed first.

    Args:
        preset: the preset that the configuration began as, see `options.changes`.
        base: the configuration whose settings are varied.
        varied: up to `MOST_SETTINGS` settings, each with its values.
        seeds: how many seeds each combination is trained with: the configuration's own, and the
            ones after it.
        drawn: how many of the combinations are drawn at random (Bergstra & Bengio 2012); 0: all.

    Raises:
        SweepError: there are too many settings or runs, or a value is not allowed.
    """
    if len(varied) > MOST_SETTINGS:
        raise SweepError(f"Vary up to {MOST_SETTINGS} settings at a time, not {len(varied)}.")
    combinations = [
        dict(zip(varied, values, strict=True)) for values in itertools.product(*varied.values())
    ]
    if 0 < drawn < len(combinations):
        chosen = random.Random(base.seed).sample(range(len(combinations)), drawn)
        combinations = [combinations[place] for place in sorted(chosen)]
    runs = len(combinations) * seeds
    if not 2 <= runs <= MOST_RUNS:
        raise SweepError(
            f"A sweep has 2 to {MOST_RUNS} runs; this one would have {runs}. "
            + ("Leave out values or seeds, or draw some at random." if runs > 2 else "Add values.")
        )
    return [
        Variation(values, base.seed + offset, changed(preset, base, values, base.seed + offset))
        for offset in range(seeds)
        for values in combinations
    ]


def changed(
    preset: str, base: TrainingConfig, values: Mapping[str, Any], seed: int
) -> TrainingConfig:
    """The configuration with these settings and this seed; for the arguments see `variations`.

    Raises:
        SweepError: a value is not allowed.
    """
    in_layers = {name: value for name, value in values.items() if name in OF_LAYERS}
    others = {name: value for name, value in values.items() if name not in OF_LAYERS}
    try:
        layers = [layer.with_changes(**in_layers) for layer in base.layers]
        return base.with_changes(layers=layers, **options.changes(preset, {**others, "seed": seed}))
    except ConfigError as error:
        wrong = options.in_options(error.problems)
        said = "; ".join(f"{name}: {text}" for name, text in wrong.items())
        raise SweepError(f"{said}.") from error


def that_differ(configs: Sequence[TrainingConfig]) -> list[str]:
    """The settings in which configurations differ, in the order of `SETTINGS`; the seed comes
    last."""
    return [
        setting
        for setting in (*SETTINGS, "seed")
        if len({value_of(setting, config) for config in configs}) > 1
    ]


def value_of(setting: str, config: TrainingConfig) -> Any:
    """The value of a setting in a configuration; if its layers differ, their values as text."""
    if setting not in OF_LAYERS:
        return _options_of(config)[setting]
    found = [getattr(layer, setting) for layer in config.layers]
    return found[0] if len(set(found)) == 1 else " → ".join(map(str, found))


@lru_cache(maxsize=1024)
def _options_of(config: TrainingConfig) -> dict[str, Any]:
    return options.values(next(iter(PRESETS)), config)
