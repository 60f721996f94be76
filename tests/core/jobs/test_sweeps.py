"""A sweep is started as a whole or not at all, counts as one run, and is stopped by its owner."""

import sys

import pytest

from mnist_core.cli import main, training
from mnist_core.cli.console import UsageError
from mnist_core.config.presets import PRESETS
from mnist_core.config.sweep_plan import plan, search_plan
from mnist_core.jobs import launcher, queue, run_permissions
from mnist_core.jobs.limits import TooLargeError, TooManyRunsError
from mnist_core.runs import store
from mnist_core.runs.ownership import NotYoursError

BASE = PRESETS["speedrun"]


def planned(*rates: float, seeds: int = 1):
    return plan("speedrun", BASE, {"learning_rate": rates}, seeds)


def test_its_runs_share_a_record_and_wait_in_order(launched):
    runs = launcher.start_sweep("Rates", planned(0.01, 0.02, seeds=2), visitor="me")
    assert launched == runs
    assert [run.name for run in runs] == ["Rates 1", "Rates 2", "Rates 3", "Rates 4"]
    (part,) = {run.description.sweep for run in runs}
    assert (part.name, part.hyperparameters, part.runs) == ("Rates", ["learning_rate"], 4)
    assert {run.visitor for run in runs} == {"me"}
    assert [run.id for run in queue.waiting_before(runs[3])] == [run.id for run in runs[:3]]


def test_it_counts_as_one_of_the_visitors_runs(launched, monkeypatch):
    monkeypatch.setenv("DIGITLAB_RUNS_PER_VISITOR", "2")
    launcher.start_sweep("Rates", planned(0.01, 0.02, 0.03), visitor="me")
    launcher.start(BASE, "Another", visitor="me")
    with pytest.raises(TooManyRunsError, match="You already have 2 runs; the limit is 2"):
        launcher.start_sweep("More", planned(0.01, 0.02), visitor="me")
    assert len(launched) == 4


@pytest.mark.parametrize("mode", ["class", "public"])
def test_the_limits_of_a_visitor_hold_for_a_sweep(mode, launched, monkeypatch):
    monkeypatch.setenv("DIGITLAB_MODE", mode)
    with pytest.raises(TooManyRunsError, match=r"at most \d runs here; this one would have 9"):
        launcher.start_sweep("Rates", planned(*(n / 100 for n in range(1, 10))), visitor="me")
    large = plan("speedrun", BASE, {"units": [8, 4096]})
    with pytest.raises(TooLargeError, match="hidden units"):
        launcher.start_sweep("Large", large, visitor="me")
    monkeypatch.setenv("DIGITLAB_RUNS_IN_ALL", "2")
    with pytest.raises(TooManyRunsError, match="of all visitors together"):
        launcher.start_sweep("Rates", planned(0.01, 0.02, 0.03), visitor="me")
    assert store.list_runs() == launched == []


def test_nothing_is_left_of_one_that_cannot_be_made(launched, monkeypatch):
    made = []

    def create(*arguments, **named):
        if len(made) == 2:
            raise store.DirectoryError("No space left")
        made.append(real(*arguments, **named))
        return made[-1]

    real = store.create
    monkeypatch.setattr(store, "create", create)
    with pytest.raises(store.DirectoryError):
        launcher.start_sweep("Rates", planned(0.01, 0.02, 0.03))
    assert len(made) == 2
    assert store.list_runs() == launched == []


def test_only_its_owner_stops_it_and_only_what_has_not_ended(launched, monkeypatch):
    monkeypatch.setenv("DIGITLAB_MODE", "class")
    runs = launcher.start_sweep("Rates", planned(0.01, 0.02, 0.03), visitor="me")
    runs[0].set_status(state="done")
    with pytest.raises(NotYoursError):
        run_permissions.stop_all(runs, "somebody else")
    assert not any(run.control().stop for run in runs)
    run_permissions.stop_all(runs, "me")
    assert [run.control().stop for run in runs] == [False, True, True]


def test_the_command_starts_it_and_says_how_long_it_takes(launched, capsys):
    training.sweep("speedrun", vary=["learning_rate=0.01,0.02"], seeds=2, epochs=1, name="Rates")
    assert len(launched) == 4
    assert {run.config.epochs for run in launched} == {1}
    assert "4 runs" in (said := capsys.readouterr().out)
    assert "about 1 minute" in said
    with pytest.raises(UsageError, match="--preset: expected one of"):
        training.sweep("quick", seeds=2)
    twice = ["learning_rate=0.01,0.02", "learning_rate=0.03"]
    with pytest.raises(UsageError, match="--vary: learning_rate is there twice"):
        training.sweep("speedrun", vary=twice)
    with pytest.raises(UsageError, match="--epochs: the epochs are varied"):
        training.sweep("speedrun", vary=["epochs=1,2"], epochs=1)
    capsys.readouterr()
    training.sweep("speedrun", vary=["momentum=0.1,0.2"])
    assert "momentum has no effect" in capsys.readouterr().err


@pytest.mark.parametrize(
    "asked",
    [
        plan("speedrun", BASE, {"learning_rate": [0.01, 1e-5], "optimizer": ["adam", "sgd"]}, 3),
        plan("speedrun", BASE, {"dropout": [0, 0.25, 0.5], "units": [8, 16]}, drawn=3),
        plan("champion", PRESETS["champion"], {}, 2),
        search_plan("speedrun", BASE, {"learning_rate": [0.01, 0.1], "units": [8, 32]}, 4),
    ],
)
def test_its_options_and_the_configuration_of_its_first_run_plan_it_again(
    asked, launched, monkeypatch
):
    first, *_ = runs = launcher.start_sweep("Rates", asked)
    part = first.description.sweep
    words = ["sweep", "--config", str(first.config_path), *part.options.split(), "--name", "Again"]
    monkeypatch.setattr(sys, "argv", ["mnist_core", *words])
    with pytest.raises(SystemExit) as done:
        main.main()
    assert done.value.code == 0
    again = launched[len(runs) :]
    assert [run.config for run in again] == [run.config for run in runs]
    assert {run.description.sweep.options for run in again} == {part.options}


def test_its_time_is_that_of_its_runs_shared_by_the_slots(monkeypatch):
    configs = [one.config for one in planned(0.01, 0.02).runs]
    monkeypatch.setenv("DIGITLAB_SLOTS", "1")
    alone = queue.expected_sweep(configs)
    monkeypatch.setenv("DIGITLAB_SLOTS", "2")
    assert queue.expected_sweep(configs) == pytest.approx(alone / 2)
    assert queue.expected_sweep(configs[:1]) == pytest.approx(alone / 4)
