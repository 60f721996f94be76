"""What visitors may do to runs of their own and of others, in the three modes."""

import json

import pytest

from mnist_core.config.config import TrainingConfig
from mnist_core.jobs import launcher, run_permissions
from mnist_core.runs import ownership, store
from mnist_core.runs.ownership import NotYoursError
from mnist_core.runs.run import Run

KEYS = {"me": "0" * 32, "she": "1" * 32}
ACTS = {
    "pause": lambda run, visitor: run_permissions.pause(run, visitor, True),
    "change the rate": lambda run, visitor: run_permissions.change_rate(run, visitor, 0.5),
    "stop": run_permissions.stop,
    "kill": run_permissions.kill,
    "resume": run_permissions.resume,
    "rename": lambda run, visitor: run_permissions.rename(run, visitor, "Hers"),
    "keep": lambda run, visitor: run_permissions.keep(run, visitor, True),
    "repair": run_permissions.repair,
    "delete": run_permissions.delete,
}


@pytest.fixture(autouse=True)
def done(monkeypatch):
    """What was launched and killed; no process is."""
    done = []
    monkeypatch.setattr(launcher, "launch", lambda run: done.append("launched"))
    monkeypatch.setattr(launcher, "kill", lambda run: done.append("killed"))
    return done


def mine(state="stopped"):
    run = store.create(TrainingConfig(epochs=3), "Mine", visitor=ownership.visitor_of(KEYS["me"]))
    run.set_status(state=state)
    run.control_path.write_text("{")  # damaged, for `repair`
    return run


def files(run: Run) -> dict[str, str]:
    return {p.name: p.read_text() for p in run.directory.iterdir() if p.suffix == ".json"}


@pytest.mark.parametrize("mode", ["class", "public"])
@pytest.mark.parametrize("act", ACTS)
def test_others_change_nothing_and_are_told_what_they_can_do(monkeypatch, done, mode, act):
    monkeypatch.setenv("DIGITLAB_MODE", mode)
    run = mine()
    before = files(run)
    with pytest.raises(NotYoursError, match="You can watch it, compare it, draw with it"):
        ACTS[act](run, ownership.visitor_of(KEYS["she"]))
    assert files(run) == before
    assert done == []


@pytest.mark.parametrize(
    ("mode", "who"),
    [("class", "me"), ("public", "me"), ("class", None), ("personal", "me"), ("personal", "she")],
)
@pytest.mark.parametrize("act", ACTS)
def test_the_owner_the_teacher_and_one_person_alone_change_it(monkeypatch, done, mode, who, act):
    monkeypatch.setenv("DIGITLAB_MODE", mode)
    run = mine()
    before = files(run)
    ACTS[act](run, ownership.visitor_of(KEYS[who]) if who else None)
    if act == "delete":
        assert not run.directory.exists()
    else:
        assert files(run) != before or done


def test_a_run_holds_the_hash_of_its_owners_key_and_never_the_key():
    run = mine()
    config = run.config_path.read_text()
    # The SHA-256 of 32 zeros as text, by coreutils' sha256sum.
    assert "84e0c0eafaa95a34c293f278ac52e45ce537bab5e752a00e6959a13ae103b65a" in config
    assert KEYS["me"] not in config


def test_a_run_of_the_command_line_is_no_visitors(monkeypatch):
    monkeypatch.setenv("DIGITLAB_MODE", "class")
    run = store.create(TrainingConfig(), "Of the command line")
    assert not ownership.may_change(run, ownership.visitor_of(KEYS["me"]))


def damaged(run: Run, text: str) -> Run:
    run.config_path.write_text(text)
    return Run(run.directory)


def test_the_owner_alone_repairs_a_damaged_configuration(monkeypatch):
    monkeypatch.setenv("DIGITLAB_MODE", "class")
    me, she = map(ownership.visitor_of, KEYS.values())
    run = mine()
    run.control_path.unlink()
    stored = json.loads(run.config_path.read_text())
    run = damaged(run, json.dumps(stored | {"name": 7, "kept": "yes"}))
    with pytest.raises(NotYoursError):
        run_permissions.repair(run, she)
    assert [damage.file for damage in run_permissions.repair(run, me)] == ["config.json"]
    assert Run(run.directory).visitor == me


@pytest.mark.parametrize("text", ["{", "[]", '"me"', '{"visitor": null}', '{"visitor": ["me"]}'])
def test_a_run_whose_owner_cannot_be_read_is_the_teachers(monkeypatch, text):
    monkeypatch.setenv("DIGITLAB_MODE", "class")
    run = damaged(mine(), text)
    assert not ownership.may_change(run, ownership.visitor_of(KEYS["me"]))
    assert ownership.may_change(run, None)


def test_a_visitor_keeps_some_runs_and_the_teacher_any(monkeypatch):
    monkeypatch.setenv("DIGITLAB_MODE", "class")
    monkeypatch.setenv("DIGITLAB_KEPT_PER_VISITOR", "2")
    me, runs = ownership.visitor_of(KEYS["me"]), [mine() for _ in range(4)]
    run_permissions.keep(runs[0], me, True)
    run_permissions.keep(runs[1], me, True)
    with pytest.raises(
        run_permissions.TooManyKeptError, match="already keep 2 runs; the limit is 2"
    ):
        run_permissions.keep(runs[2], me, True)
    run_permissions.keep(runs[0], me, False)
    run_permissions.keep(runs[2], me, True)
    run_permissions.keep(runs[3], None, True)
    assert [store.get(run.id).kept for run in runs] == [False, True, True, True]
