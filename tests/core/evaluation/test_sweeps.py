"""Means, spreads and what is said of a hyperparameter, by figures worked out by hand."""

import numpy as np
import pytest
from scipy.stats import t

from mnist_core.config.presets import PRESETS
from mnist_core.evaluation import sweeps
from mnist_core.evaluation.sweeps import Effect, Group
from mnist_core.runs import store
from mnist_core.runs.records import SweepPart
from mnist_core.runs.run import Run
from tests.summaries import summary


def run(accuracy: float | None, part: SweepPart | None = None, **optimizer: object) -> Run:
    config = PRESETS["speedrun"].with_changes(optimizer=optimizer)
    made = store.create(config, "A run", sweep=part)
    if accuracy is not None:
        figures = summary(test_accuracy=0.1, best_val_accuracy=accuracy)
        made.set_status(state="done", summary=figures)
    return made


def test_means_and_spreads_are_those_of_the_validation_accuracy():
    runs = [run(0.97, learning_rate=0.1), run(0.99, learning_rate=0.1), run(0.9), run(None)]
    first, second = sweeps.group(runs, "learning_rate")
    assert (first.value, first.mean) == (0.1, pytest.approx(0.98))
    assert first.spread == pytest.approx(0.02 / 2**0.5)  # sqrt(2 · 0.01² / (2 − 1))
    assert first.text == "98.00% ± 1.41"
    assert (second.value, second.spread, second.text) == (0.01, None, "90.00%")
    assert sweeps.best(runs) == runs[1]


def test_a_run_that_was_stopped_or_has_no_validation_accuracy_is_compared_with_none():
    made = run(0.7)
    assert sweeps.figure_of(made) == 0.7
    for state in ("stopped", "pruned"):
        made.set_status(state=state)
        assert sweeps.figure_of(made) is None
        assert sweeps.best_so_far(made) == 0.7
    assert sweeps.best([made]) is None
    made.set_status(state="done", summary=summary(test_accuracy=0.7, best_val_accuracy=None))
    assert sweeps.figure_of(made) is None
    assert sweeps.figure_of(run(None)) is None


def test_chance_alone_is_seldom_taken_for_an_effect():
    rng, found = np.random.default_rng(0), 0
    for _ in range(200):
        figures = 0.98 + 0.001 * rng.standard_normal((6, 2))
        pooled = float(np.sqrt(figures.var(axis=1, ddof=1).mean()))
        groups = [Group(value, tuple(row.tolist())) for value, row in enumerate(figures)]
        groups.sort(key=lambda group: -group.mean)
        found += bool(Effect("units", tuple(groups), pooled, freedom=6).matters)
    assert 0 < found <= 22  # 5 % of 200 are 10, and more than 22 would be rare
    two = Effect("a", (Group(1, (0.90, 0.92)), Group(2, (0.80, 0.84))))
    # Of two groups it is Student's t test with a t of 0.09 / sqrt(0.001 / 2) = 4.025.
    assert two.chance == pytest.approx(2 * t.sf(0.09 / (0.001 / 2) ** 0.5, 2), rel=1e-3)
    assert "may be chance: with so few runs, so large a difference comes up in 6% of cases" in (
        sweeps.in_words(two, "Rate")
    )


def test_a_difference_within_the_spread_is_said_to_be_none():
    far = [run(0.97, learning_rate=0.1), run(0.99, learning_rate=0.1), run(0.90), run(0.91)]
    near = [run(0.97, learning_rate=0.1), run(0.99, learning_rate=0.1), run(0.97), run(0.98)]
    (effect,) = sweeps.effects(far, ["learning_rate"])
    assert effect.matters is True
    said = sweeps.in_words(effect, "Learning rate")
    assert said.startswith("Learning rate matters: 0.1 reached 98.00% ± 1.41, 0.01 90.50%")
    (effect,) = sweeps.effects(near, ["learning_rate"])
    assert effect.matters is False
    said = sweeps.in_words(effect, "Rate")
    assert "no difference that is larger than what other seeds make (± 1.12)" in said


def test_what_another_setting_does_is_not_taken_for_spread():
    figures = {(0.1, 0.5): (0.90, 0.91), (0.2, 0.5): (0.92, 0.93), (0.1, 0.9): (0.50, 0.51),
               (0.2, 0.9): (0.52, 0.53)}  # fmt: skip
    runs = [
        run(figure, learning_rate=rate, momentum=momentum)
        for (rate, momentum), both in figures.items()
        for figure in both
    ]
    momentum, rate, seed = sweeps.effects(runs, ["learning_rate", "momentum", "seed"])
    assert (momentum.hyperparameter, rate.hyperparameter, seed.hyperparameter) == (
        "momentum",
        "learning_rate",
        "seed",
    )
    assert rate.difference == pytest.approx(0.02)
    assert rate.groups[0].spread > 0.2  # momentum's
    assert rate.seeds == pytest.approx(0.01 / 2**0.5)  # of two figures 0.01 apart, in each cell
    assert rate.matters is True
    (alone, _) = sweeps.effects(runs[::2], ["learning_rate", "momentum"])[::-1]
    assert alone.seeds is None  # one run each: the groups' own spreads count
    assert alone.matters is False
    assert "larger than the spread" in sweeps.in_words(alone, "Rate")


def test_of_single_runs_and_of_one_value_nothing_is_claimed():
    (effect,) = sweeps.effects([run(0.9), run(0.99, learning_rate=0.1)], ["learning_rate"])
    assert effect.matters is None
    assert "that may be chance" in sweeps.in_words(effect, "Rate")
    (effect,) = sweeps.effects([run(0.9)], ["learning_rate"])
    assert sweeps.in_words(effect, "Rate") == "Rate: only 0.01 has ended so far."
    assert sweeps.effects([run(None)], ["learning_rate"]) == []


def test_the_setting_that_did_most_comes_first_and_sweeps_are_told_apart():
    one, two = (SweepPart(f"{n:012x}", "S", "learning_rate momentum", 2) for n in (1, 2))
    runs = [
        run(0.9, one, learning_rate=0.1, momentum=0.5),
        run(0.8, one, learning_rate=0.1, momentum=0.9),
        run(0.91, two, learning_rate=0.2, momentum=0.5),
        run(0.5, None),
    ]
    found = sweeps.effects(runs[:3], ["learning_rate", "momentum"])
    assert [effect.hyperparameter for effect in found] == ["momentum", "learning_rate"]
    assert sweeps.sweeps_of(runs) == {one.id: runs[:2], two.id: runs[2:3]}
    assert Run(runs[0].directory).description.sweep.hyperparameters == ["learning_rate", "momentum"]
