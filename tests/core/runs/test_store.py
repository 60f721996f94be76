import json
import os
import time

import numpy as np
import pytest
from filelock import FileLock

from mnist_core.config.config import TrainingConfig
from mnist_core.runs import environment, files, shipping, store
from mnist_core.runs.history import BatchRow, EpochRow, EventRow, to_line
from mnist_core.runs.run import Run, RunActiveError, RunNotFoundError


@pytest.fixture(autouse=True)
def runs_directory(tmp_path, monkeypatch):
    monkeypatch.setenv("DIGITLAB_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


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


def test_runs_are_listed_newest_first_and_strangers_left_out(runs_directory):
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


@pytest.mark.parametrize("bad", ["", "..", "../x", "a/b", "/etc", "A", "x" * 200, "no-such", None])
def test_ids_that_are_no_run_are_refused(bad):
    with pytest.raises(RunNotFoundError, match="no run"):
        store.get(bad)


@pytest.mark.parametrize("name", ["", "  \n ", "\x00\x07"])
def test_a_name_is_needed(name):
    with pytest.raises(ValueError, match="1–60 characters"):
        store.create(TrainingConfig(), name)


def test_names_become_plain_ids(runs_directory):
    run = store.create(TrainingConfig(), "../../Größe <b> 2 ")
    assert run.directory.parent == runs_directory
    assert run.name == "../../Größe <b> 2"
    assert store.get(run.id).directory == run.directory


def test_renaming_changes_the_name_only():
    run = make()
    renamed = run.rename("  Another   name ")
    assert (renamed.name, renamed.id, renamed.created) == ("Another name", run.id, run.created)
    assert renamed.config == run.config
    with pytest.raises(ValueError, match="name"):
        run.rename(" ")


def test_what_another_visitor_changed_meanwhile_is_not_undone():
    run = make()
    seen = store.get(run.id)
    assert (seen.name, seen.kept) == ("My run", False)  # as a page has shown it
    run.rename("Another name")
    kept = seen.keep(True)
    assert (kept.name, kept.kept) == ("Another name", True)


def test_of_a_run_deleted_meanwhile_it_is_said_so():
    run = make()
    run.set_status(state="done")
    again = store.get(run.id)
    run.delete()
    for change in (again.delete, lambda: again.rename("x"), lambda: again.keep(True)):
        with pytest.raises(RunNotFoundError, match="deleted in the meantime"):
            change()


def test_a_run_whose_worker_is_gone_reads_as_interrupted():
    run = make()
    run.set_status(state="training", started=time.time())
    with run.worker_lock():
        assert run.status().state == "training"
    status = run.status()
    assert status.state == "interrupted"
    assert "training" in status.message
    run.set_status(state="done", message="")
    assert run.status().state == "done"


def test_a_queued_run_that_no_worker_took_reads_as_interrupted_after_a_while(monkeypatch):
    run = make()
    assert run.status().state == "queued"
    monkeypatch.setattr("mnist_core.runs.run.START_GRACE", 0.0)
    assert run.status().state == "interrupted"


def test_an_active_run_is_not_deleted():
    run = make()
    run.set_status(state="training")
    with FileLock(run.directory / "worker.lock"), pytest.raises(RunActiveError, match="stop"):
        run.delete()
    run.delete()
    assert store.list_runs() == []


def test_a_run_is_deleted_whoever_writes_into_it(monkeypatch):
    run = make()
    run.set_status(state="done")
    remove = store.shutil.rmtree

    def slow(directory, **how):  # a result is written in the meantime
        remove(directory, **how)
        (run.directory / "results").mkdir(parents=True)
        if directory == run.directory:
            raise OSError(39, "Directory not empty")

    monkeypatch.setattr(store.shutil, "rmtree", slow)
    run.delete()
    assert store.list_runs() == []
    with pytest.raises(RunNotFoundError):
        store.get(run.id)


def test_a_directory_whose_training_goes_on_is_not_taken(tmp_path):
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


def test_where_a_run_cannot_be_filled_nothing_is_left_of_it(runs_directory):
    def fill(run):
        (run.directory / "base.keras").write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        store.create(TrainingConfig(), "full", fill=fill)
    assert list(runs_directory.iterdir()) == []


def test_shipped_networks_are_not_deleted(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "MODELS", tmp_path)
    run = store.create(TrainingConfig(), "shipped", tmp_path / "pretrained" / "shipped")
    assert run.pretrained
    assert store.list_pretrained() == [run]
    with pytest.raises(RunActiveError, match="ships with"):
        run.delete()


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


def test_a_file_is_replaced_once_it_is_whole_and_by_several_at_once(tmp_path):
    path = tmp_path / "file"

    def fail():
        with files.replacing(path) as temporary:
            temporary.write_text("half")
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        fail()
    assert list(tmp_path.iterdir()) == []
    with files.replacing(path) as one, files.replacing(path) as other:
        one.write_text("one")
        other.write_text("other")
    assert path.read_text() == "one"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_replaced_while_it_is_read_is_waited_for(tmp_path, monkeypatch):
    replace, refused = os.replace, [PermissionError()] * 3

    def busy(*paths):
        if refused:
            raise refused.pop()
        replace(*paths)

    monkeypatch.setattr(os, "replace", busy)
    files.write_json(tmp_path / "file", {"a": 1})
    assert json.loads((tmp_path / "file").read_text()) == {"a": 1}
    refused[:] = [PermissionError("for ever")] * 100
    with pytest.raises(PermissionError, match="for ever"):
        files.write_json(tmp_path / "file", {"a": 2})
    assert json.loads((tmp_path / "file").read_text()) == {"a": 1}


def test_a_run_is_thinned_to_ship():
    run = make()
    for epoch in range(4, 101, 4):
        files.save_arrays(run.epoch_path(epoch), {"epoch": np.array(epoch)})
    with run.history_path.open("w") as file:
        for step in range(1, 1001):
            file.write(to_line(BatchRow(step, step / 100, 1.0, 0.5, 1e-3, step)))
            if step % 100 == 0:
                file.write(to_line(EpochRow(step // 100, step, 1.0, 0.5, 1.0, 0.5, 1e-3, step)))
    with run.worker_lock(), pytest.raises(RunActiveError):
        shipping.thin(run, 300, epochs=4, epoch_bytes=10_000)
    run.set_status(state="done")
    shipping.thin(run, 300, epochs=4, epoch_bytes=10_000)
    assert run.epochs() == [4, 12, 36, 100]
    rows = run.history()
    assert [row.step for row in rows if isinstance(row, BatchRow)] == list(range(4, 1001, 4))
    assert [row.epoch for row in run.epoch_rows()] == list(range(1, 11))
    size = run.epoch_path(100).stat().st_size
    shipping.thin(run, 300, epochs=4, epoch_bytes=3 * size)
    assert run.epochs() == [4, 12, 100]  # the nearest to 20
    shipping.thin(run, 300, epochs=4, epoch_bytes=0)
    assert run.epochs() == [4, 100]


def test_what_ships_holds_its_numbers_once():
    run = make()
    run.set_status(state="done")
    run.weights_path.write_bytes(b"weights")
    shipping.thin(run, 300, epochs=4, epoch_bytes=0)
    assert run.weights_path.read_bytes() == b"weights"  # there is nothing else to read
    run.model_path.write_bytes(b"model")
    assert run.weights_path.read_bytes() == b"weights"
    shipping.thin(run, 300, epochs=4, epoch_bytes=0)
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


def test_of_the_runs_that_stay_those_kept_or_running_do_not_count(monkeypatch):
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


@pytest.mark.parametrize("error", [RunNotFoundError, RunActiveError])
def test_a_run_deleted_or_resumed_meanwhile_is_no_hindrance(monkeypatch, error):
    monkeypatch.setenv("DIGITLAB_KEEP_RUNS", "1")
    first, second, _ = ended("first", 1), ended("second", 2), ended("new", 3)

    def delete(run, original=Run.delete):
        if run.id == second.id:
            raise error("meanwhile")
        original(run)

    monkeypatch.setattr(Run, "delete", delete)
    assert store.clean_up() == [first.id]


def test_zero_keeps_all_and_nonsense_is_refused(monkeypatch):
    ended("old", 1), ended("new", 2)
    monkeypatch.setenv("DIGITLAB_KEEP_RUNS", "0")
    assert store.clean_up() == []
    monkeypatch.setenv("DIGITLAB_KEEP_RUNS", "few")
    with pytest.raises(ValueError, match="DIGITLAB_KEEP_RUNS: expected a whole number from 0 on"):
        store.clean_up()
