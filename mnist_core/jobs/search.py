"""A search: Optuna chooses the hyperparameters of a sweep's runs by the results of earlier runs,
and ends hopeless ones.

No Optuna study is stored. A run's worker makes one from the directories of the sweep's other runs
when it needs it: before training to choose hyperparameters, and after each epoch to ask whether to
go on. So a search survives whatever runs survive, and several workers can take part in it, also on
a cluster.
"""

from __future__ import annotations

import math
from statistics import median
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from mnist_core.config import sweep_plan
from mnist_core.config.formatting import accuracy_text
from mnist_core.config.optional_libraries import SEARCH, optional
from mnist_core.config.presets import PRESETS
from mnist_core.config.sweep_plan import WORDS, is_whole, value_of
from mnist_core.evaluation.learning_curves import DIVERGED
from mnist_core.evaluation.sweeps import figure_of
from mnist_core.runs import environment, store
from mnist_core.runs.records import SweepPart
from mnist_core.runs.run import Run

if TYPE_CHECKING:
    import optuna
    from optuna.distributions import BaseDistribution
    from optuna.trial import FrozenTrial

LOGARITHMIC = ("learning_rate", "minimum_learning_rate", "weight_decay", "units", "batch_size")
"""Hyperparameters that are searched on a logarithmic scale."""
FIRST = 4  # least number of runs drawn at random, and of runs done before any is pruned
TRIED = 20  # proposals, before one is accepted that another run has already had


def choose(run: Run) -> Run:
    """Choose the hyperparameters of a run that is about to be trained, by the tree-structured
    Parzen estimator (Bergstra et al. 2011; Optuna's `TPESampler`), and write them into its
    config.json. Returns the changed run; a run that is not part of a search, or already has its
    hyperparameters, stays as it is.

    Raises:
        LibraryMissingError: Optuna is not installed.
    """
    part = run.description.sweep
    if part is None or not run.description.undecided:
        return run
    _optuna()  # import it before others have to wait for the lock
    slots = environment.runs_directory() / ".slots"
    slots.mkdir(parents=True, exist_ok=True)
    with FileLock(slots / "search.lock"):  # the next run must see what this one tries
        space, others = _space(part), _others(run, part)
        study = _study(others, run.config.seed + len(others), max(FIRST, part.runs // 4))
        for _ in range(TRIED):
            values = _readable(study.ask(space).params, part)
            if values not in [trial.params for trial in others]:
                break
        preset, seed = next(iter(PRESETS)), run.config.seed  # which preset, only a teacher asks
        config = sweep_plan.with_values(preset, run.config, values, seed)
        return run.update_description(training=config, chosen=True)


def why_hopeless(run: Run) -> str:
    """Why a run of a search should end now, in words; empty if it should go on. It should end if
    half of the runs that are done were better after as many epochs (Optuna's `MedianPruner`). No
    run is pruned in the first half of its epochs, as high learning rates pay off late."""
    part, rows = run.description.sweep, run.epoch_rows()
    if part is None or not part.search or not rows or run.control().to_end:
        return ""
    optuna = _optuna()
    others, last = _others(run, part), rows[-1]
    pruner = optuna.pruners.MedianPruner(FIRST, math.ceil(run.config.epochs / 2))
    if not pruner.prune(_study(others), _trial(run, part, "RUNNING")):
        return ""
    done = [trial for trial in others if trial.state == optuna.trial.TrialState.COMPLETE]
    figures = [trial.intermediate_values for trial in done]
    then = median(one[last.epoch] for one in figures if last.epoch in one)
    return (
        f"Pruned by the search after epoch {last.epoch}: its validation accuracy was "
        f"{accuracy_text(last.val_accuracy)}, and half of the runs before it had "
        f"{accuracy_text(then)} or more by then."
    )


def _optuna() -> Any:
    with optional(SEARCH):
        import optuna
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def _study(trials: list[FrozenTrial], seed: int = 0, at_random: int = FIRST) -> optuna.Study:
    optuna = _optuna()
    sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=at_random)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    study.add_trials(trials)
    return study


def _space(part: SweepPart) -> dict[str, BaseDistribution]:
    """The distribution of the values that the search may try, by hyperparameter."""
    from optuna import distributions as of

    found: dict[str, BaseDistribution] = {}
    for name, values in sweep_plan.values_in(part.values).items():
        if name in WORDS:
            found[name] = of.CategoricalDistribution(values)
            continue
        low, high = min(values), max(values)
        kind = of.IntDistribution if is_whole(name) else of.FloatDistribution
        found[name] = kind(low, high, log=name in LOGARITHMIC and low > 0)
    return found


def _readable(values: dict[str, Any], part: SweepPart) -> dict[str, Any]:
    """Round values to three significant digits, within their limits."""
    found = dict(values)
    for name, allowed in sweep_plan.values_in(part.values).items():
        if isinstance(values[name], float):
            near = float(f"{values[name]:.3g}")
            found[name] = min(max(near, min(allowed)), max(allowed))
    return found


def _others(run: Run, part: SweepPart) -> list[FrozenTrial]:
    """The sweep's other runs whose hyperparameters are chosen, oldest first. A run that was
    stopped, or failed for reasons other than its hyperparameters, says nothing about them: Optuna
    leaves it out."""
    trials = []
    for other in sorted(store.list_runs(), key=lambda other: (other.created, other.id)):
        description, status = other.description, other.status()
        if other.id == run.id or description.sweep is None or description.sweep.id != part.id:
            continue
        if description.undecided:
            continue
        diverged = status.state == "failed" and status.message.startswith(DIVERGED)
        if status.active:
            trials.append(_trial(other, part, "RUNNING"))
        elif status.state == "pruned" or diverged:
            trials.append(_trial(other, part, "PRUNED"))
        elif (figure := figure_of(other)) is not None:
            trials.append(_trial(other, part, "COMPLETE", figure))
        else:
            trials.append(_trial(other, part, "FAIL"))
    return trials


def _trial(run: Run, part: SweepPart, state: str, figure: float | None = None) -> FrozenTrial:
    """A run as an Optuna trial; `figure` is what is to be maximized."""
    optuna, space = _optuna(), _space(part)
    return optuna.trial.create_trial(
        state=optuna.trial.TrialState[state],
        value=figure,
        params={name: value_of(name, run.config) for name in space},
        distributions=space,
        intermediate_values={
            row.epoch: row.val_accuracy
            for row in run.epoch_rows()
            if math.isfinite(row.val_accuracy)
        },
    )
