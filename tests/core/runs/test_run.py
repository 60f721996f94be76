"""One run: its name, its status and its end."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from filelock import FileLock

from mnist_core.config.config import TrainingConfig
from mnist_core.runs import environment, files, store
from mnist_core.runs.run import RunActiveError, RunNameError, RunNotFoundError


def make(name="My run", **changes):
    return store.create(TrainingConfig(epochs=2, **changes), name)


@pytest.mark.parametrize("name", ["", "  \n ", "\x00\x07", "x" * 61])
def test_a_name_of_1_to_60_characters_is_needed(name):
    with pytest.raises(RunNameError, match="1–60 characters"):
        store.create(TrainingConfig(), name)
    assert not store.list_runs()


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


def test_changing_a_run_that_was_deleted_meanwhile_says_so():
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


def test_a_run_that_a_cluster_has_waits_also_where_its_node_was_lost(monkeypatch):
    monkeypatch.setattr("mnist_core.runs.run.START_GRACE", 0.0)
    run = make()
    with run.cluster_lock():
        assert (run.status().state, run.status().message) == ("queued", "")
        run.set_status(state="training", host="node-2")
        with run.worker_lock():
            assert run.status().state == "training"
        status = run.status()
        assert status.state == "queued"
        assert status.message.startswith("Interrupted while training: ")
        assert "node-2" in status.message
        with pytest.raises(RunActiveError, match="stop"):
            run.delete()
        run.set_status(state="done")
        assert run.status().state == "done"
    run.set_status(state="training")  # the cluster is lost as well
    assert run.status().state == "interrupted"


def test_a_clock_that_was_set_back_does_not_keep_a_run_queued():
    run = make()
    status = run.status()
    ahead = status.with_changes(updated=status.updated + 3600)
    files.write_json(run.status_path, ahead.to_dict())
    assert run.status().state == "interrupted"


def test_an_active_run_is_not_deleted():
    run = make()
    run.set_status(state="training")
    with FileLock(run.directory / "worker.lock"), pytest.raises(RunActiveError, match="stop"):
        run.delete()
    run.delete()
    assert store.list_runs() == []


def test_a_run_is_deleted_even_while_others_write_into_it(monkeypatch):
    run = make()
    run.set_status(state="done")
    remove = store.shutil.rmtree

    def slow(directory, **how):  # a result is written in the meantime
        remove(directory, **how)
        (run.directory / "results").mkdir(parents=True, exist_ok=True)
        if directory == run.directory:
            raise OSError(39, "Directory not empty")

    monkeypatch.setattr(store.shutil, "rmtree", slow)
    run.delete()
    assert store.list_runs() == []
    with pytest.raises(RunNotFoundError):
        store.get(run.id)


def test_shipped_networks_are_not_deleted(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "MODELS", tmp_path)
    run = store.create(TrainingConfig(), "shipped", tmp_path / "pretrained" / "shipped")
    assert run.pretrained
    assert store.list_pretrained() == [run]
    with pytest.raises(RunActiveError, match="ships with"):
        run.delete()


def test_only_files_named_as_epochs_are_epochs():
    run = make()
    for name in ("001", "012", "1000", "00x", "000", "0003", "7", "1e3", "٣٣٣", "1" * 200):
        path = run.directory / "epochs" / f"{name}.npz"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")
    assert run.epochs() == [1, 12, 1000]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no shared locks")
def test_readers_do_not_take_each_other_for_a_worker():
    run = make()
    run.set_status(state="training")
    with run.worker_lock():
        assert run.worker_alive()

    def states(_):
        return {run.status().state for _ in range(100)}

    with ThreadPoolExecutor(8) as readers:
        assert set().union(*readers.map(states, range(8))) == {"interrupted"}
