"""How large a visitor's training may be, by mode, setting and what the teacher allows."""

import pytest

from mnist_core.config import sweep_plan
from mnist_core.config.config import Layer, TrainingConfig
from mnist_core.config.presets import PRESETS
from mnist_core.digits.datasets.own_data import OwnDataError
from mnist_core.jobs import launcher, limits
from mnist_core.jobs.limits import TooLargeError
from mnist_core.runs import class_rules, store

HUGE = TrainingConfig(layers=(Layer(4096),) * 6, epochs=3)
LONG = TrainingConfig(epochs=500)


@pytest.fixture(autouse=True)
def no_processes(monkeypatch):
    monkeypatch.setattr(launcher, "launch", lambda run: None)


@pytest.mark.parametrize("mode", ["class", "public"])
def test_among_others_a_huge_network_and_a_long_training_are_refused_in_words(monkeypatch, mode):
    monkeypatch.setenv("DIGITLAB_MODE", mode)
    with pytest.raises(TooLargeError, match=r"at most 4,096 hidden units .* has 24,576"):
        launcher.start(HUGE, "huge", visitor="me")
    with pytest.raises(TooLargeError, match=r"at most \d\d epochs here; this one would have 500"):
        launcher.start(LONG, "long", visitor="me")
    with pytest.raises(TooLargeError, match="A teacher network can't be trained here"):
        launcher.start(TrainingConfig(epochs=1, distillation={"epochs": 1}), "taught", visitor="me")
    assert store.list_runs() == []
    assert launcher.start(PRESETS["speedrun"], "quick", visitor="me").visitor == "me"
    assert launcher.start(HUGE, "by the teacher").config == HUGE


def test_one_person_has_no_limits():
    assert launcher.start(HUGE, "huge", visitor="me").config == HUGE
    assert launcher.start(LONG, "long", visitor="me").config == LONG


def test_limits_are_settings(monkeypatch):
    monkeypatch.setenv("DIGITLAB_MAX_EPOCHS", "2")
    monkeypatch.setenv("DIGITLAB_MAX_UNITS", "100")
    assert len(limits.problems(TrainingConfig(layers=(Layer(101),), epochs=3))) == 2
    assert limits.problems(TrainingConfig(layers=(Layer(50), Layer(50)), epochs=2)) == []


def test_a_run_cannot_be_continued_beyond_the_limit(monkeypatch):
    monkeypatch.setenv("DIGITLAB_MODE", "class")
    run = store.create(TrainingConfig(epochs=28), "Mine", visitor="me")
    run.history_path.write_text('{"kind": "epoch", "epoch": 28, "step": 1, "time": 1}\n')
    for path in (run.checkpoint_path, run.model_path):
        path.touch()
    run.set_status(state="done")
    with pytest.raises(TooLargeError, match="this one would have 31"):
        launcher.continue_training(run, 3, "me")
    assert launcher.continue_training(run, 2, "me").config.epochs == 30


@pytest.mark.parametrize("visitor", [None, "me"])
def test_nothing_is_trained_where_its_data_are_not_there(visitor):
    config = TrainingConfig(
        data={
            "id": "own-0123456789ab",
            "name": "Letters",
            "classes": [{"name": "A"}, {"name": "B"}],
        }
    )
    ended, stopped = store.create(config, "Ended"), store.create(config, "Stopped")
    ended.model_path.touch()
    ended.set_status(state="done")
    stopped.set_status(state="stopped")
    planned = sweep_plan.plan("speedrun", config, {"epochs": [1, 2]}, 1)
    for start in (
        lambda: launcher.start(config, "New", visitor=visitor),
        lambda: launcher.start_sweep("Sweep", planned, visitor),
        lambda: launcher.continue_training(ended, 3, visitor),
        lambda: launcher.resume(stopped, visitor),
    ):
        with pytest.raises(OwnDataError, match="The data set Letters was deleted"):
            start()
    assert {run.id for run in store.list_runs()} == {ended.id, stopped.id}
    assert stopped.status().state == "stopped"


def test_what_the_teacher_allows_comes_first_and_holds_in_a_class_alone(monkeypatch):
    monkeypatch.setenv("DIGITLAB_MODE", "class")
    class_rules.change(epochs=2)
    assert limits.most_epochs() == 2
    with pytest.raises(TooLargeError, match="at most 2 epochs here"):
        launcher.start(PRESETS["speedrun"], "quick", visitor="me")
    class_rules.change(epochs=60)
    assert limits.problems(TrainingConfig(epochs=60)) == []
    monkeypatch.setenv("DIGITLAB_MODE", "public")
    assert limits.most_epochs() == 10


@pytest.mark.parametrize("text", ["", "[]", '{"epochs": "all"}', '{"halted": 7}'])
def test_damaged_rules_restrict_nothing_and_are_replaced(monkeypatch, runs_directory, text):
    monkeypatch.setenv("DIGITLAB_MODE", "class")
    runs_directory.mkdir()
    (runs_directory / "class.json").write_text(text)
    assert class_rules.read() == class_rules.ClassRules()
    class_rules.change(halted=True)
    assert class_rules.read() == class_rules.ClassRules(halted=True)
