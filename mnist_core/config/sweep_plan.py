"""The configurations of a sweep: up to three hyperparameters are varied, in all or some
combinations, with one seed or several, or as a search chooses them."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from mnist_core.config import hyperparameters
from mnist_core.config.config import (
    ACTIVATIONS,
    OPTIMIZERS,
    PRECISIONS,
    SCHEDULES,
    Layer,
    TrainingConfig,
    parameter_count,
)
from mnist_core.config.fields import ConfigError
from mnist_core.config.names import is_used
from mnist_core.config.presets import PRESETS
from mnist_core.errors import DigitLabError

MAX_VARIED = 3
MAX_RUNS = 24
MAX_VALUES = 24  # values of one hyperparameter
OF_LAYERS = ("units", "activation", "dropout")
"""Hyperparameters that a sweep varies in all hidden layers at once."""
VARIABLE = (
    *OF_LAYERS,
    *(name for name in hyperparameters.HYPERPARAMETERS if name not in ("seed", "precision")),
)
"""The hyperparameters that can be varied; the number of seeds is chosen separately."""
WORDS = {
    "activation": ACTIVATIONS,
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
    "precision": PRECISIONS,
}
"""The values of the hyperparameters that are words; all others are numbers."""
NOT_SEARCHED = ("epochs", "teacher_epochs", "teacher_share", "teacher_temperature")
"""Hyperparameters that a search can't vary: it compares runs after equally many epochs, and
training a teacher takes hours."""


class SweepError(DigitLabError, ValueError):
    """A sweep can't be made as asked for; the message says why.

    Attributes:
        hyperparameter: The hyperparameter at fault; empty if it is the sweep as a whole.
        reason: What is wrong with it.
    """

    def __init__(self, reason: str, hyperparameter: str = "") -> None:
        self.reason, self.hyperparameter = reason, hyperparameter
        super().__init__(self.in_words(str))

    def in_words(self, called: Callable[[str], str]) -> str:
        """The message, with hyperparameters named by `called`."""
        name = self.hyperparameter
        return f"{called(name)}: {self.reason}" if name else self.reason


@dataclass(frozen=True)
class Variation:
    """One of a sweep's configurations.

    Attributes:
        values: The values of the varied hyperparameters, by name.
        seed: The seed.
        config: The configuration with these values and this seed.
    """

    values: Mapping[str, Any]
    seed: int
    config: TrainingConfig


@dataclass(frozen=True)
class Plan:
    """The trainings of a sweep, see `plan`.

    Attributes:
        varied: The varied hyperparameters, each with its values; a search also tries numbers
            between them.
        runs: The configurations. Those of a search are chosen one by one, each when its turn has
            come; until then each has the largest network that the search may try.
        seeds, drawn: See `plan`.
        search: Whether it is a search.
        unused: The varied hyperparameters on which none of the configurations depends.
    """

    varied: Mapping[str, Sequence[Any]]
    runs: tuple[Variation, ...]
    seeds: int = 1
    drawn: int = 0
    search: bool = False
    unused: tuple[str, ...] = ()

    def warnings(self, called: Callable[[str], str]) -> list[str]:
        """What speaks against starting it, a sentence each; `called` names hyperparameters."""
        return [
            f"{called(name)} has no effect on this training: it belongs to another optimizer, "
            "schedule or kind of training. Runs that differ in nothing else will be the same."
            for name in self.unused
        ]

    @property
    def values(self) -> str:
        """The hyperparameters with their values as one text, which `values_in` reads."""
        return " ".join(f"{name}={','.join(map(str, v))}" for name, v in self.varied.items())


def values_in(text: str) -> dict[str, list[Any]]:
    """The hyperparameters and their values in a text such as "units=32,64 dropout=0,0.5". Raises
    SweepError as `parse` does."""
    pairs = (part.partition("=") for part in text.split())
    return {name: parse(name, values) for name, _, values in pairs}


def parse(hyperparameter: str, text: str) -> list[Any]:
    """The values in a text such as "0.003, 0.01, 0.03", each once.

    Raises:
        SweepError: The hyperparameter can't be varied, or these are not values of it.
    """
    if hyperparameter not in VARIABLE:
        raise SweepError(
            f"{hyperparameter!r} can't be varied; choose one of {', '.join(VARIABLE)}."
        )
    parts = [part.strip() for part in text.replace(";", ",").split(",") if part.strip()]
    if not parts:
        raise SweepError("expected values with commas between them, got none.", hyperparameter)
    values = [_value(hyperparameter, part) for part in parts]
    for value in values:
        if values.count(value) > 1:
            raise SweepError(f"expected each value once, got {value} twice.", hyperparameter)
    return values


def _value(hyperparameter: str, text: str) -> Any:
    if words := WORDS.get(hyperparameter):
        if text in words:
            return text
        raise SweepError(f"expected some of {', '.join(words)}, got {text!r:.40}.", hyperparameter)
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise SweepError(f"expected numbers, got {text!r:.40}.", hyperparameter)
    return int(number) if number.is_integer() and "." not in text else number


def plan(
    preset: str | None,
    base: TrainingConfig,
    varied: Mapping[str, Sequence[Any]],
    seeds: int = 1,
    drawn: int = 0,
) -> Plan:
    """Plan a sweep over given values; the runs with the first seed come first.

    Args:
        preset: The preset from which the configuration was made, see `hyperparameters.changes`.
        base: The configuration whose hyperparameters are varied.
        varied: Up to `MAX_VARIED` hyperparameters, each with its values.
        seeds: How many seeds each combination is trained with: the configuration's own and the
            following ones.
        drawn: How many of the combinations are drawn at random (Bergstra & Bengio 2012); 0: all.

    Raises:
        SweepError: There are too many hyperparameters or runs, or a value is not allowed.
    """
    _check_varied(varied)
    number = math.prod(map(len, varied.values()))
    fewer = ["draw fewer combinations" if drawn else "leave out values"] if varied else []
    fewer += ["take fewer seeds"] if seeds > 1 else []
    fewer += ["draw some combinations at random"] if varied and not drawn else []
    _check_number((min(drawn, number) if drawn else number) * seeds, fewer)
    _check_values(varied)
    combinations = _combinations(varied)
    if 0 < drawn < number:
        chosen = random.Random(base.seed).sample(range(number), drawn)
        combinations = [combinations[index] for index in sorted(chosen)]
    runs = tuple(
        Variation(values, base.seed + offset, with_values(preset, base, values, base.seed + offset))
        for offset in range(seeds)
        for values in combinations
    )
    return Plan(varied, runs, seeds, drawn, unused=_unused(varied, runs))


def search_plan(
    preset: str | None, base: TrainingConfig, varied: Mapping[str, Sequence[Any]], runs: int
) -> Plan:
    """Plan a search, in which the results of earlier runs determine the values of later ones.

    Args:
        preset, base: See `plan`.
        varied: One to `MAX_VARIED` hyperparameters. For a number all values from the lowest to the
            highest given may be tried; for a word those given.
        runs: How many runs.

    Raises:
        SweepError: A hyperparameter can't be searched, a value is not allowed, there are too many
            hyperparameters or runs, or fewer combinations than runs.
    """
    if not varied:
        raise SweepError("A search needs a setting to vary.")
    for name, values in varied.items():
        if name in NOT_SEARCHED:
            raise SweepError("a search can't vary this; try all values, or some.", name)
        if len(values) < 2:
            raise SweepError("a search needs two values or more, to look between them.", name)
    _check_varied(varied)
    _check_number(runs, ["let the search have fewer runs"], "Let the search have more runs.")
    _check_values(varied)
    ends = {
        name: values if name in WORDS else (min(values), max(values))
        for name, values in varied.items()
    }
    corners = [
        Variation(values, base.seed, with_values(preset, base, values, base.seed))
        for values in _combinations(ends)
    ]
    possible = math.prod(
        len(values) if name in WORDS else max(values) - min(values) + 1
        for name, values in varied.items()
    )
    if possible < runs and all(name in WORDS or is_whole(name) for name in varied):
        raise SweepError(f"There are only {possible} combinations: train all, without a search.")
    largest = max(corners, key=lambda one: (parameter_count(one.config), -one.config.batch_size))
    return Plan(varied, (largest,) * runs, search=True, unused=_unused(varied, corners))


def _combinations(varied: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    return [
        dict(zip(varied, values, strict=True)) for values in itertools.product(*varied.values())
    ]


def _unused(varied: Mapping[str, Sequence[Any]], runs: Sequence[Variation]) -> tuple[str, ...]:
    return tuple(name for name in varied if not any(is_used(name, run.config) for run in runs))


def _check_varied(varied: Mapping[str, Sequence[Any]]) -> None:
    if len(varied) > MAX_VARIED:
        raise SweepError(f"Vary up to {MAX_VARIED} settings at a time, not {len(varied)}.")


def _check_number(
    runs: int, fewer: Sequence[str], more: str = "Add values, or take more seeds."
) -> None:
    """Check how many runs there are; `fewer` and `more` say what to do about a wrong number."""
    if not 2 <= runs <= MAX_RUNS:
        advice = f"{' or '.join(fewer).capitalize()}." if runs > 2 else more
        raise SweepError(f"A sweep has 2 to {MAX_RUNS} runs; this one would have {runs}. {advice}")


def _check_values(varied: Mapping[str, Sequence[Any]]) -> None:
    for name, values in varied.items():
        if len(values) > MAX_VALUES:
            raise SweepError(
                f"expected at most {MAX_VALUES} values, got {len(values)}. Leave some out; a "
                "search needs only the lowest and the highest.",
                name,
            )


def is_whole(hyperparameter: str) -> bool:
    """Whether a numeric hyperparameter is a whole number."""
    owner = Layer if hyperparameter in OF_LAYERS else hyperparameters
    limits = owner.limits(hyperparameter)
    return isinstance(limits.lowest, int)


def with_values(
    preset: str | None, base: TrainingConfig, values: Mapping[str, Any], seed: int
) -> TrainingConfig:
    """The configuration with these hyperparameters and this seed; for the arguments see `plan`.

    Raises:
        SweepError: A value is not allowed.
    """
    in_layers = {name: value for name, value in values.items() if name in OF_LAYERS}
    others = {name: value for name, value in values.items() if name not in OF_LAYERS}
    try:
        layers = [layer.with_changes(**in_layers) for layer in base.layers]
        return base.with_changes(
            layers=layers, **hyperparameters.changes(preset, {**others, "seed": seed}, base)
        )
    except ConfigError as error:
        name, reason = next(iter(hyperparameters.by_name(error.problems).items()))
        raise SweepError(f"{reason}.", name) from error


def differing(configs: Sequence[TrainingConfig]) -> list[str]:
    """The hyperparameters in which configurations differ, in the order of `VARIABLE`; the seed
    comes last."""
    return [
        name
        for name in (*VARIABLE, "seed")
        if len({value_of(name, config) for config in configs}) > 1
    ]


def value_of(hyperparameter: str, config: TrainingConfig) -> Any:
    """A hyperparameter's value in a configuration; if its layers differ, their values as text."""
    if hyperparameter not in OF_LAYERS:
        return _values_of(config)[hyperparameter]
    found = [getattr(layer, hyperparameter) for layer in config.layers]
    return found[0] if len(set(found)) == 1 else " → ".join(map(str, found))


@lru_cache(maxsize=1024)
def _values_of(config: TrainingConfig) -> dict[str, Any]:
    return hyperparameters.values(next(iter(PRESETS)), config)
