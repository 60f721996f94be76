"""The results of a sweep: means with their spread, and which hyperparameters made a difference."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

from mnist_core.config.formatting import accuracy_text, percent
from mnist_core.config.sweep_plan import value_of
from mnist_core.runs.records import SUMMED_UP_STATES
from mnist_core.runs.run import Run

SELDOM = 0.05  # significance level: a difference that chance makes less often counts as an effect


@dataclass(frozen=True)
class Group:
    """Runs that have the same value of a hyperparameter.

    Attributes:
        value: The hyperparameter's value.
        figures: The runs' accuracies, 0 to 1, at least one.
    """

    value: Any
    figures: tuple[float, ...]

    @property
    def mean(self) -> float:
        return fmean(self.figures)

    @property
    def spread(self) -> float | None:
        """The sample standard deviation of the figures; None if there is only one."""
        return stdev(self.figures) if len(self.figures) > 1 else None

    @property
    def text(self) -> str:
        """The mean ± the spread, in percent."""
        if self.spread is None:
            return accuracy_text(self.mean)
        return f"{accuracy_text(self.mean)} ± {100 * self.spread:.2f}"


@dataclass(frozen=True)
class Effect:
    """How much a hyperparameter changed the accuracy.

    Attributes:
        hyperparameter: The hyperparameter's name.
        groups: The runs grouped by the hyperparameter's value, the highest mean first.
        seeds: The pooled standard deviation of runs that differ in nothing but their seeds; None if
            there are none.
        freedom: The degrees of freedom of `seeds`.
    """

    hyperparameter: str
    groups: tuple[Group, ...]
    seeds: float | None = None
    freedom: int = 0

    @property
    def difference(self) -> float:
        """The highest mean minus the lowest, 0 to 1."""
        return self.groups[0].mean - self.groups[-1].mean

    @property
    def spread(self) -> float | None:
        """What the difference is compared with, 0 to 1: `seeds`, since the groups' own spreads
        include the effects of other hyperparameters. Without seeds it is the larger spread of the
        two groups that are furthest apart; None if neither has one."""
        if self.seeds is not None:
            return self.seeds
        spreads = [g.spread for g in (self.groups[0], self.groups[-1]) if g.spread is not None]
        return max(spreads) if spreads else None

    @property
    def chance(self) -> float | None:
        """The p-value, 0 to 1: how often a difference this large would come up if the
        hyperparameter had no effect. It allows for the number of values, as the two furthest apart
        are compared: by Tukey's studentized range, for groups of unequal size after Kramer (1956).
        None if there is no spread."""
        from scipy.stats import studentized_range

        spread, freedom = self.seeds, self.freedom
        if spread is None:
            freedom = sum(len(group.figures) - 1 for group in self.groups)
            squares = (g.spread**2 * (len(g.figures) - 1) for g in self.groups if g.spread)
            spread = math.sqrt(sum(squares) / freedom) if freedom else None
        if spread is None:
            return None
        if not spread:
            return 0.0 if self.difference else 1.0
        first, last = (len(self.groups[index].figures) for index in (0, -1))
        error = spread * math.sqrt((1 / first + 1 / last) / 2)
        return float(studentized_range.sf(self.difference / error, len(self.groups), freedom))

    @property
    def matters(self) -> bool | None:
        """Whether the difference exceeds the spread and is significant at the level `SELDOM`; None
        if that can't be known."""
        if len(self.groups) < 2 or self.spread is None or self.chance is None:
            return None
        return self.difference > self.spread and self.chance < SELDOM


def figure_of(run: Run) -> float | None:
    """The accuracy by which runs are compared, 0 to 1: on the validation digits after the best
    epoch, so that nothing is chosen by the test digits. None until the run has ended, and for one
    that was stopped or pruned, as it did not train as long as the others."""
    return best_so_far(run) if run.status().state == "done" else None


def best_so_far(run: Run) -> float | None:
    """The accuracy on the validation digits after the best epoch, 0 to 1, also of a run that was
    stopped or pruned; None until the run has ended."""
    status = run.status()
    ended = status.state in SUMMED_UP_STATES
    return status.summary.best_val_accuracy if ended and status.summary else None


def value_in(run: Run, hyperparameter: str) -> Any:
    """A run's value of a hyperparameter; None until the search has chosen it."""
    part = run.description.sweep
    if part and run.description.undecided and hyperparameter in part.hyperparameters:
        return None
    return value_of(hyperparameter, run.config)


def group(runs: Sequence[Run], hyperparameter: str) -> tuple[Group, ...]:
    """Group the ended runs by their value of a hyperparameter, the highest mean first."""
    return group_by(runs, lambda run: value_of(hyperparameter, run.config))


def group_by(runs: Sequence[Run], value: Callable[[Run], Any]) -> tuple[Group, ...]:
    """Group the ended runs by `value`, the highest mean first."""
    by_value: dict[Any, list[float]] = {}
    for run in runs:
        if (figure := figure_of(run)) is not None:
            by_value.setdefault(value(run), []).append(figure)
    groups = [Group(value, tuple(figures)) for value, figures in by_value.items()]
    return tuple(sorted(groups, key=lambda group: group.mean, reverse=True))


def effects(runs: Sequence[Run], hyperparameters: Sequence[str]) -> list[Effect]:
    """How much each hyperparameter changed the accuracy, the largest difference first.

    The values of one are compared by runs in which all others are equal: during a sweep, the runs
    with one value that have ended may happen to have the better values of another hyperparameter.
    """
    ended = [run for run in runs if figure_of(run) is not None]
    varied = [name for name in hyperparameters if name != "seed"]
    cells = group_by(ended, lambda run: _values(run, varied))
    freedom = sum(len(cell.figures) - 1 for cell in cells)
    squares = sum((cell.spread or 0.0) ** 2 * (len(cell.figures) - 1) for cell in cells)
    seeds = math.sqrt(squares / freedom) if freedom else None
    measured = []
    for name in hyperparameters:
        alike = _alike(ended, name, [other for other in hyperparameters if other != name])
        known = seeds if alike and name != "seed" else None
        measured.append(Effect(name, group(alike or ended, name), known, freedom))
    return sorted(
        (effect for effect in measured if effect.groups),
        key=lambda effect: effect.difference,
        reverse=True,
    )


def _values(run: Run, hyperparameters: Sequence[str]) -> tuple[Any, ...]:
    return tuple(value_of(name, run.config) for name in hyperparameters)


def _alike(runs: Sequence[Run], hyperparameter: str, others: Sequence[str]) -> list[Run]:
    """The runs whose combination of the others has been run with every value of this one."""
    blocks: dict[tuple[Any, ...], list[Run]] = {}
    for run in runs:
        blocks.setdefault(_values(run, others), []).append(run)
    every = {_values(run, [hyperparameter]) for run in runs}
    whole = (
        part
        for part in blocks.values()
        if {_values(run, [hyperparameter]) for run in part} == every
    )
    return [run for part in whole for run in part]


def best(runs: Sequence[Run]) -> Run | None:
    """The ended run with the highest accuracy; among equal ones the first."""
    figures = [(figure, run) for run in runs if (figure := figure_of(run)) is not None]
    return max(figures, key=lambda pair: pair[0])[1] if figures else None


def sweeps_of(runs: Sequence[Run]) -> dict[str, list[Run]]:
    """The runs of each sweep, by the sweep's id: the sweeps in the order of the given runs, the
    runs of each in the order of the numbers in their names."""
    by_sweep: dict[str, list[Run]] = {}
    for run in runs:
        if run.description.sweep is not None:
            by_sweep.setdefault(run.description.sweep.id, []).append(run)
    return {
        sweep: sorted(part, key=lambda run: (run.created, run.id))
        for sweep, part in by_sweep.items()
    }


def in_words(effect: Effect, label: str, value_text: Any = str) -> str:
    """How much a hyperparameter changed the accuracy, as a sentence.

    Args:
        effect: From `effects`.
        label: The hyperparameter's name on screen.
        value_text: Returns a value as it is written on screen.
    """
    first, last = effect.groups[0], effect.groups[-1]
    if len(effect.groups) < 2:
        return f"{label}: only {value_text(first.value)} has ended so far."
    between = (
        f"{value_text(first.value)} reached {first.text}, {value_text(last.value)} {last.text}"
    )
    if effect.matters is None:
        return f"{label}: {between}. With one run each, that may be chance: repeat it with seeds."
    held = "the spread" if effect.seeds is None else "what other seeds make"
    by = f"± {100 * (effect.spread or 0.0):.2f}"
    if effect.matters:
        return f"{label} matters: {between}; that is more than {held} ({by})."
    if effect.difference > (effect.spread or 0.0):
        cases = percent(effect.chance or 0.0, 0)
        return (
            f"{label}: {between}. That may be chance: with so few runs, so large a difference "
            f"comes up in {cases} of cases where the setting does nothing."
        )
    return f"{label} makes no difference that is larger than {held} ({by}): {between}."
