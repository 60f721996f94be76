"""Runs are created, continued, listed, found and cleaned up."""

import json
import os
import time

import pytest

from mnist_core.config.config import TrainingConfig
from mnist_core.config.settings import SettingError
from mnist_core.runs import files, store, thinning
from mnist_core.runs.history import EventRow, to_line
from mnist_core.runs.run import Run, RunActiveError, RunNotFoundError


def make(name="My run", **changes):
    return store.create(TrainingConfig(epochs=2, **changes), name)


def test_a_created_run_can_be_found_again_with_its_settings():
    run = make(seed=7)
    found = store.get(run.id)
    assert found.name == "My run"
    assert found.config == TrainingConfig(epochs=2, seed=7)
    assert found.status().state == "queued"
    assert not found.usable
    assert not found.pretrained


def test_runs_are_listed_newest_first_without_stray_directories(runs_directory):
    assert store.list_runs() == []
    first, second = make("first"), make("second")
    (runs_directory / "stray").mkdir()
    assert [run.id for run in store.list_runs()] == [second.id, first.id]


def test_a_run_is_listed_once_it_has_a_status(monkeypatch):
    states, write_json = [], files.write_json

    def look(path, data):
        write_json(path, data)
        states.extend(run.status().state for run in store.list_runs())

    monkeypatch.setattr(files, "write_json", look)
    make()
    assert states == ["queued"]


def test_a_run_without_its_config_is_damaged_once_it_is_not_just_being_made(runs_directory):
    run, good = make("broken"), make("good")
    (runs_directory / "stray").mkdir()
    (runs_directory / "stray" / "notes.txt").write_text("no run")
    run.config_path.unlink()
    assert store.list_damaged() == []
    long_ago = time.time() - store.CREATING - 1
    for directory in runs_directory.iterdir():
        os.utime(directory, (long_ago, long_ago))
    ((damaged, error),) = store.list_damaged()
    assert (damaged.id, error.path.name) == (run.id, "config.json")
    assert "No such file" in error.reason
    assert store.list_runs() == [good]
    damaged.set_status(state="done")
    damaged.delete()
    assert store.list_damaged() == []
    assert not run.directory.exists()


def test_a_directory_with_something_else_is_left_as_it_is(tmp_path):
    (tmp_path / "model.keras").write_text("somebody's work")
    (tmp_path / "epochs").mkdir()
    with pytest.raises(store.DirectoryError, match="is not empty and holds no run"):
        store.create(TrainingConfig(), "Mine", tmp_path)
    assert (tmp_path / "model.keras").read_text() == "somebody's work"
    assert (tmp_path / "epochs").is_dir()


def test_a_directory_in_place_of_the_config_is_damage():
    run = make()
    run.config_path.unlink()
    run.config_path.mkdir()
    ((damaged, error),) = store.list_damaged()
    assert damaged.id == run.id
    assert "directory" in error.reason


@pytest.mark.parametrize("bad", ["", "..", "../x", "a/b", "/etc", "A", "x" * 200, "no-such", None])
def test_ids_without_a_run_are_refused(bad):
    with pytest.raises(RunNotFoundError, match="no run"):
        store.get(bad)


def test_names_become_plain_ids(runs_directory):
    run = store.create(TrainingConfig(), "../../Größe <b> 2 ")
    assert run.directory.parent == runs_directory
    assert run.name == "../../Größe <b> 2"
    assert store.get(run.id).directory == run.directory


def test_a_directory_that_can_not_be_made_is_named(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    with pytest.raises(store.DirectoryError, match="file/x can't be made: Not a directory"):
        store.create(TrainingConfig(), "mine", tmp_path / "file" / "x")
    monkeypatch.setenv("DIGITLAB_RUNS", str(tmp_path / "file"))
    with pytest.raises(store.DirectoryError, match="can't be made: Not a directory"):
        store.create(TrainingConfig(), "mine")


def test_a_directory_whose_run_is_training_is_not_taken(tmp_path):
    run = store.create(TrainingConfig(), "mine", tmp_path / "mine")
    run.set_status(state="training")
    with run.worker_lock(), pytest.raises(RunActiveError, match="stop it first"):
        store.create(TrainingConfig(seed=1), "other", run.directory)
    run.set_status(state="stopped")
    assert Run(run.directory).config == TrainingConfig()
    for name in ("teacher.keras", "base.keras", "drawings.npz"):
        (run.directory / name).write_bytes(b"of before")
    store.create(TrainingConfig(seed=1), "other", run.directory)
    assert {path.name for path in run.directory.iterdir()} <= {
        "config.json", "status.json", "worker.lock",
    }  # fmt: skip


def test_nothing_is_left_of_a_run_that_cannot_be_filled(runs_directory):
    def fill(run):
        (run.directory / "base.keras").write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        store.create(TrainingConfig(), "full", fill=fill)
    assert list(runs_directory.iterdir()) == []


def test_training_again_into_a_directory_clears_what_was_there(tmp_path):
    run = store.create(TrainingConfig(), "one", tmp_path / "here")
    run.history_path.write_text(to_line(EventRow("pause", 1, 1.0)))
    run.epoch_path(1).parent.mkdir()
    run.epoch_path(1).touch()
    assert run.epochs() == [1]
    run.set_status(state="done")
    again = store.create(TrainingConfig(), "two", tmp_path / "here", command="train …")
    assert (again.name, again.history(), again.epochs()) == ("two", [], [])
    assert json.loads((again.directory / "config.json").read_text())["command"] == "train …"


def test_what_ships_holds_its_numbers_once():
    run = make()
    run.set_status(state="done")
    run.weights_path.write_bytes(b"weights")
    thinning.thin(run, 300, epochs=4, epoch_bytes=0)
    assert run.weights_path.read_bytes() == b"weights"  # there is nothing else to read
    run.model_path.write_bytes(b"model")
    assert run.weights_path.read_bytes() == b"weights"
    thinning.thin(run, 300, epochs=4, epoch_bytes=0)
    assert run.weights_path == run.model_path
    assert not (run.directory / "weights.npz").exists()
    assert run.usable


def ended(name, created):
    run = store.create(TrainingConfig(), name)
    description = json.loads((run.directory / "config.json").read_text())
    files.write_json(run.directory / "config.json", description | {"created": created})
    run.set_status(state="done")
    return Run(run.directory)


def test_cleaning_up_spares_new_kept_and_running_ones(monkeypatch):
    monkeypatch.setenv("DIGITLAB_KEEP_RUNS", "2")
    oldest, old, kept, running, new, newest = (ended(f"run {i}", i) for i in range(1, 7))
    kept = kept.keep(True)
    running.set_status(state="training")
    with running.worker_lock():
        assert set(store.clean_up()) == {oldest.id, old.id}
        assert {run.id for run in store.list_runs()} == {kept.id, running.id, new.id, newest.id}
        assert store.clean_up() == []
    monkeypatch.setenv("DIGITLAB_KEEP_RUNS", "1")
    kept.keep(False)
    running.set_status(state="stopped")
    assert set(store.clean_up()) == {kept.id, running.id, new.id}


def test_kept_and_running_runs_do_not_count_among_those_that_stay(monkeypatch):
    monkeypatch.setenv("DIGITLAB_KEEP_RUNS", "2")
    oldest, old, new, kept, running = (ended(f"run {i}", i) for i in range(1, 6))
    kept.keep(True)
    running.set_status(state="training")
    with running.worker_lock():
        assert store.clean_up() == [oldest.id]
    assert old.directory.exists()
    assert new.directory.exists()


def test_a_queued_run_is_not_cleaned_up(monkeypatch):
    monkeypatch.setenv("DIGITLAB_KEEP_RUNS", "1")
    queued, old, _ = ended("queued", 1), ended("old", 2), ended("new", 3)
    queued.set_status(state="queued")
    assert store.clean_up() == [old.id]
    assert queued.directory.exists()


@pytest.mark.parametrize("error", [RunNotFoundError, RunActiveError, PermissionError])
def test_a_run_that_is_deleted_or_resumed_meanwhile_or_cannot_be_deleted_is_no_hindrance(
    monkeypatch, error
):
    monkeypatch.setenv("DIGITLAB_KEEP_RUNS", "1")
    first, second, _ = ended("first", 1), ended("second", 2), ended("new", 3)

    original_delete = Run.delete

    def delete(run):
        if run.id == second.id:
            raise error("meanwhile")
        original_delete(run)

    monkeypatch.setattr(Run, "delete", delete)
    assert store.clean_up() == [first.id]
    assert store.not_deleted() == ({"second": "meanwhile"} if error is PermissionError else {})
    monkeypatch.setattr(Run, "delete", original_delete)
    assert store.clean_up() == [second.id]
    assert not store.not_deleted()


def test_zero_keeps_all_runs_and_other_than_numbers_are_refused(monkeypatch):
    ended("old", 1), ended("new", 2)
    monkeypatch.setenv("DIGITLAB_KEEP_RUNS", "0")
    assert store.clean_up() == []
    monkeypatch.setenv("DIGITLAB_KEEP_RUNS", "few")
    with pytest.raises(SettingError, match="DIGITLAB_KEEP_RUNS: expected a whole number from 0 on"):
        store.clean_up()


@pytest.mark.parametrize(("mode", "left"), [("class", 1), ("public", 1), ("personal", 0)])
def test_who_starts_many_runs_does_not_drive_out_those_of_others(monkeypatch, mode, left):
    monkeypatch.setenv("DIGITLAB_MODE", mode)
    monkeypatch.setenv("DIGITLAB_KEEP_RUNS", "3")
    for visitor in ("a", *"bbbbbb", "c"):
        run = store.create(TrainingConfig(), visitor, visitor=visitor)
        run.update_description(created=len(store.list_runs()))
        run.set_status(state="stopped", finished=time.time())
    store.clean_up()
    names = "".join(run.name for run in store.list_runs())
    assert (len(names), names.count("a")) == (3, left)


@pytest.mark.parametrize("mode", ["class", "personal"])
def test_runs_without_a_result_never_drive_out_those_that_have_one(monkeypatch, mode):
    monkeypatch.setenv("DIGITLAB_MODE", mode)
    monkeypatch.setenv("DIGITLAB_KEEP_RUNS", "3")
    learned, interrupted = ended("learned", 1), ended("interrupted", 2)
    learned.weights_path.write_bytes(b"")
    interrupted.checkpoint_path.write_bytes(b"")
    for number in range(3, 54):  # a visitor starts and stops that many
        ended("stopped", number).set_status(state="stopped")
    assert len(store.clean_up()) == 50
    assert [run.name for run in store.list_runs()] == ["stopped", "interrupted", "learned"]
    assert store.list_runs()[0].created == 53  # the newest of them
    monkeypatch.setenv("DIGITLAB_KEEP_RUNS", "1")
    store.clean_up()
    assert [run.name for run in store.list_runs()] == ["interrupted"]


def test_in_public_runs_expire_unless_they_are_kept(monkeypatch):
    old, kept, late = (ended(name, 1) for name in ("old", "kept", "ended late"))
    kept.keep(True)
    late.set_status(finished=time.time() - 86400)
    assert store.clean_up() == []
    monkeypatch.setenv("DIGITLAB_MODE", "public")
    assert store.clean_up() == [old.id]
    monkeypatch.setenv("DIGITLAB_EXPIRE_DAYS", "1")
    assert store.clean_up() == [late.id]
    monkeypatch.setenv("DIGITLAB_EXPIRE_DAYS", "0")
    assert store.clean_up() == []
    assert kept.directory.exists()


def test_a_damaged_run_expires_by_when_its_files_were_last_changed(monkeypatch):
    monkeypatch.setenv("DIGITLAB_MODE", "public")
    run = ended("old", 1)
    run.status_path.write_text("")
    assert store.clean_up() == []
    for path in (*run.directory.iterdir(), run.directory):
        os.utime(path, (1, 1))
    assert store.clean_up() == [run.id]
