"""A search proposes values within their limits, learns from what has ended, and prunes what is
worse than half of the others."""

import math
import sys
from contextlib import ExitStack

import pytest

from mnist_core.cli import training
from mnist_core.cli.console import UsageError
from mnist_core.config import optional_libraries
from mnist_core.config.presets import PRESETS
from mnist_core.config.sweep_plan import SweepError, search_plan, value_of
from mnist_core.jobs import launcher, search
from mnist_core.runs import store
from mnist_core.runs.history import EpochRow, HistoryWriter
from mnist_core.runs.run import Run
from tests.summaries import summary

pytest.importorskip("optuna", reason="pip install -r requirements-search.txt")

BASE = PRESETS["speedrun"].with_changes(epochs=4)
SPACE = {"learning_rate": [0.0001, 1.0], "units": [8, 512], "optimizer": ["adam", "sgd"]}


@pytest.fixture
def started(launched):
    def start(space=SPACE, runs: int = 12) -> list[Run]:
        return launcher.start_sweep("Search", search_plan("speedrun", BASE, space, runs))

    return start


def epochs(run: Run, *accuracies: float) -> None:
    writer = HistoryWriter(run.history_path, 0)
    for epoch, accuracy in enumerate(accuracies, 1):
        writer.write(EpochRow(epoch, epoch, 0.1, 0.9, 0.1, accuracy, 0.01, epoch))
    writer.close()


def end(run: Run, *accuracies: float, state: str = "done") -> None:
    epochs(run, *accuracies)
    run.set_status(state=state, summary=summary(best_val_accuracy=accuracies[-1]))


def test_values_are_chosen_one_run_at_a_time_within_their_limits(started):
    runs = started()
    assert all(run.description.undecided for run in runs)
    assert {run.config.layers[0].units for run in runs} == {512}  # the largest, for the limits
    chosen = [search.choose(run) for run in runs]
    for run in chosen:
        rate, units, optimizer = (value_of(name, run.config) for name in SPACE)
        assert 0.0001 <= rate <= 1
        assert rate == float(f"{rate:.3g}")
        assert 8 <= units <= 512
        assert isinstance(units, int)
        assert {layer.units for layer in run.config.layers} == {units}
        assert optimizer in SPACE["optimizer"]
        assert run.config.with_changes(**BASE.to_dict()) == BASE  # nothing else differs
        assert not run.description.undecided
        assert search.choose(run).config == run.config  # as where it is resumed
    rates = [run.config.optimizer.learning_rate for run in chosen]
    assert min(rates) < 0.01 < max(rates)  # evenly by its logarithm


def test_it_learns_from_the_runs_before(started):
    """Of a figure that is highest at a rate of 0.01, the later runs are nearer to it."""
    distances = []
    for run in started({"learning_rate": [0.0001, 1.0]}, 24):
        run = search.choose(run)
        distance = abs(math.log10(run.config.optimizer.learning_rate) + 2)
        distances.append(distance)
        end(run, 0.99 - distance / 10)
    first, last = sum(distances[:8]) / 8, sum(distances[-8:]) / 8
    assert last < 0.75 * first
    assert len(set(distances)) == 24


def test_no_values_are_tried_twice_even_while_the_others_go_on(started):
    runs = started({"units": [8, 15], "optimizer": ["adam", "sgd"]}, 10)
    with ExitStack() as workers:
        for run in runs:
            workers.enter_context(run.worker_lock())
            search.choose(run).set_status(state="training")
    tried = {(run.config.layers[0].units, run.config.optimizer.name) for run in map(again, runs)}
    assert len(tried) == 10


def again(run: Run) -> Run:
    return Run(run.directory)


def test_a_run_that_diverged_counts_as_bad_and_one_that_was_stopped_is_not_tried_again(started):
    near = []
    for run in started({"learning_rate": [0.0001, 1.0]}, 24):
        run = search.choose(run)
        rate = run.config.optimizer.learning_rate
        if rate > 0.01:
            run.set_status(state="failed", message="The training diverged in epoch 1: …")
        else:
            end(run, 0.9)
        near.append(rate <= 0.01)
    assert sum(near[-8:]) > sum(near[:8])
    first, second = started({"learning_rate": [0.0001, 1.0]}, 2)
    end(stopped := search.choose(first), 0.9, state="stopped")
    assert search.choose(second).config != stopped.config


def test_a_run_is_pruned_that_is_worse_than_half_of_those_before_in_its_second_half(started):
    *done, run = [search.choose(run) for run in started(runs=5)]
    epochs(run, 0.5, 0.5)
    for number, other in enumerate(done):
        assert search.why_hopeless(run) == ""  # too few have ended
        end(other, 0.6, 0.9 + 0.01 * number, 0.97, 0.98)
    assert search.why_hopeless(run) == (
        "Pruned by the search after epoch 2: its validation accuracy was 50.00%, and half of the "
        "runs before it had 91.50% or more by then."
    )
    epochs(run, 0.5)
    assert search.why_hopeless(run) == ""  # in the first half of its epochs
    epochs(run, 0.5, 0.925)
    assert search.why_hopeless(run) == ""
    epochs(run, 0.5, 0.5)
    run.request(to_end=True)
    assert search.why_hopeless(run) == ""
    alone = store.create(BASE, "alone")
    epochs(alone, 0.1, 0.1)
    assert search.why_hopeless(alone) == ""
    assert search.choose(alone) == alone


def test_a_pruned_run_that_is_resumed_is_trained_to_its_end(started):
    run = search.choose(started(runs=2)[0])
    run.set_status(state="stopped")
    launcher.resume(run)
    assert not run.control().to_end
    run.set_status(state="pruned")
    launcher.resume(run)
    assert run.control().to_end


@pytest.mark.parametrize(
    ("space", "runs", "said"),
    [
        ({}, 12, "needs a setting"),
        ({"epochs": [1, 9]}, 12, "epochs: a search can't vary this"),
        ({"learning_rate": [0.1]}, 12, "learning_rate: a search needs two values or more"),
        ({"learning_rate": [0.1, 99]}, 12, "learning_rate: expected a number from 0.000001 to 10"),
        ({"units": [8, 16.5]}, 12, "units: expected a whole number"),
        (SPACE, 25, "2 to 24 runs; this one would have 25. Let the search have fewer runs"),
        ({"units": list(range(8, 48))}, 12, "units: expected at most 24 values, got 40"),
        ({"optimizer": ["adam", "sgd"], "units": [8, 9]}, 5, "only 4 combinations"),
    ],
)
def test_an_impossible_search_is_refused_in_words(space, runs, said):
    with pytest.raises(SweepError, match=said):
        search_plan("speedrun", BASE, space, runs)


def test_the_command_starts_it_or_says_what_is_missing(launched, capsys, monkeypatch):
    training.sweep("speedrun", vary=["learning_rate=0.001,0.1"], search=5)
    assert len(launched) == 5
    assert launched[0].description.sweep.options == "--vary learning_rate=0.001,0.1 --search 5"
    assert "at most about" in capsys.readouterr().out
    with pytest.raises(UsageError, match="leave out --seeds and --draw"):
        training.sweep("speedrun", vary=["learning_rate=0.001,0.1"], search=5, seeds=2)
    monkeypatch.setitem(sys.modules, "optuna", None)
    optional_libraries.optuna_missing.cache_clear()
    with pytest.raises(UsageError, match=r"pip install -r requirements-search\.txt"):
        training.sweep("speedrun", vary=["learning_rate=0.001,0.1"], search=5)
    optional_libraries.optuna_missing.cache_clear()
    assert len(launched) == 5
    with pytest.raises(optional_libraries.LibraryMissingError, match="requirements-search"):
        search.choose(launched[0])
