"""What a worker does with its run, in this process; tests/core/jobs/test_real_workers.py has real
ones."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from filelock import FileLock, Timeout

from mnist_core import training
from mnist_core.config.config import Layer, TrainingConfig
from mnist_core.config.sweep_plan import search_plan
from mnist_core.digits.datasets import mnist
from mnist_core.jobs import launcher, worker
from mnist_core.runs import files, store
from mnist_core.runs.records import RunDamagedError
from mnist_core.runs.run import Run

pytestmark = pytest.mark.usefixtures("one_slot")

TINY = TrainingConfig(layers=(Layer(16),), epochs=2, batch_size=64)


@pytest.fixture
def run():
    return store.create(TINY, "tiny")


def is_free(lock: FileLock) -> bool:
    """Whether nobody holds the lock, as another process would find."""
    try:
        with FileLock(lock.lock_file, is_singleton=False).acquire(blocking=False):
            return True
    except Timeout:
        return False


def slot(runs_directory) -> FileLock:
    return FileLock(runs_directory / ".slots" / "0.lock")


WRITING = """
import signal, sys
from mnist_core.runs import files
from mnist_core.runs.run import Run

run = Run(files.Path(sys.argv[1]))
with files.replacing(run.checkpoint_path) as one, files.replacing(run.epoch_path(1)) as other:
    one.write_bytes(bytes(1000))
    other.write_bytes(bytes(1000))
    print("writes", flush=True)
    signal.pause()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="it has no signal.pause")
def test_what_a_killed_worker_was_writing_is_removed_by_the_next(run, monkeypatch):
    run.epoch_path(1).parent.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", WRITING, str(run.directory)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"writes\n"
        process.send_signal(signal.SIGKILL)
    left = [*run.directory.glob(".checkpoint*"), *run.directory.glob("epochs/.*")]
    assert [path.stat().st_size for path in left] == [1000, 1000]
    monkeypatch.setattr(worker, "train", lambda run, ready: run.set_status(state="done"))
    assert worker.main(str(run.directory)) == 0
    assert not any(path.exists() for path in left)


def test_a_worker_trains_with_its_lock_and_a_slot_held(run, runs_directory, monkeypatch):
    seen = []

    def train(run, ready):
        seen.append((run.status(), is_free(run.worker_lock()), is_free(slot(runs_directory))))
        assert ready is handed_over
        run.set_status(state="done")

    def handed_over():
        pytest.fail("asked for by training alone")

    monkeypatch.setattr(worker, "train", train)
    assert worker.main(str(run.directory), handed_over) == 0
    ((status, *free),) = seen
    assert (status.state, status.pid, free) == ("queued", os.getpid(), [False, False])
    assert run.status().state == "done"
    assert is_free(run.worker_lock())
    assert is_free(slot(runs_directory))
    assert not (run.directory / ".reserve").exists()


def test_a_worker_whose_run_is_removed_while_it_waits_ends_and_leaves_nothing(run, monkeypatch):
    monkeypatch.setattr(worker, "train", lambda *_: pytest.fail("trained"))
    monkeypatch.setattr(worker, "wait_for_slot", lambda run: shutil.rmtree(run.directory))
    assert worker.main(str(run.directory)) == 0
    assert not run.directory.exists()


def test_a_worker_whose_run_is_stopped_while_it_waits_trains_nothing(run, monkeypatch):
    monkeypatch.setattr(worker, "train", lambda *_: pytest.fail("trained"))
    run.request(stop=True)
    before = time.time()
    assert worker.main(str(run.directory)) == 0
    status = run.status()
    assert (status.state, status.message) == (
        "stopped",
        "Stopped while waiting: nothing was trained.",
    )
    assert status.finished >= before
    assert not (run.directory / ".reserve").exists()


def test_a_worker_waits_for_its_turn(run, monkeypatch):
    time.sleep(0.002)
    second = store.create(TINY, "second")
    trained = []
    monkeypatch.setattr(worker, "train", lambda run, ready: trained.append(run.id))
    waiting = threading.Thread(target=worker.main, args=(str(second.directory),))
    waiting.start()
    time.sleep(0.3)
    assert trained == []
    assert second.worker_alive()
    worker.main(str(run.directory))
    run.set_status(state="done")
    waiting.join(30)
    assert trained == [run.id, second.id]


def test_a_worker_that_fails_says_why_and_frees_its_slot(run, runs_directory, monkeypatch, capsys):
    def fail(run, ready):
        raise KeyError("what is missing")

    monkeypatch.setattr(worker, "train", fail)
    before = time.time()
    assert worker.main(str(run.directory)) == 1
    status = run.status()
    assert (status.state, status.finished >= before) == ("failed", True)
    assert "KeyError: 'what is missing'" in status.message
    assert "Traceback" in capsys.readouterr().err  # which goes to worker.log
    assert is_free(slot(runs_directory))
    assert is_free(run.worker_lock())


@pytest.mark.parametrize("by_standby", [True, False])
def test_a_worker_trains_on_what_a_standby_has_ready_or_loads_it(
    run, few_digits, monkeypatch, by_standby
):
    asked, prepared = [], object()
    monkeypatch.setattr(mnist, "load", lambda offline: few_digits)

    def train(config, dataset, run, ready, hopeless):
        assert hopeless() == ""
        asked.append((config, dataset, run, ready, Run(run.directory)._stored_status().state))

    trainer = SimpleNamespace(train=train)  # the real one imports TensorFlow
    monkeypatch.setattr(training, "trainer", trainer, raising=False)
    other = object()
    worker.train(run, lambda: (other if by_standby else None, prepared))
    dataset = other if by_standby else few_digits
    assert asked == [(TINY, dataset, run, prepared, "starting")]


def test_a_worker_trains_with_the_settings_that_a_search_chooses(few_digits, monkeypatch, launched):
    pytest.importorskip("optuna", reason="pip install -r requirements-search.txt")
    plan = search_plan("speedrun", TINY, {"learning_rate": [0.001, 0.1]}, 2)
    undecided, _ = launcher.start_sweep("Search", plan)
    asked = []

    def train(config, dataset, run, ready, hopeless):
        assert hopeless() == ""
        asked.append((config, run.config))

    monkeypatch.setattr(training, "trainer", SimpleNamespace(train=train), raising=False)
    worker.train(undecided, lambda: (few_digits, None))
    chosen = Run(undecided.directory).description
    assert asked == [(chosen.training, chosen.training)]
    assert chosen.chosen
    assert chosen.training != TINY


def test_on_a_full_disk_the_reserve_lets_the_last_words_be_written(monkeypatch):
    run = store.create(TINY, "full")
    reserve = run.directory / ".reserve"

    def write(path, data, original=files.write_json):
        if data.get("state") == "failed" and reserve.exists():
            raise OSError(28, "No space left on device")
        original(path, data)

    def fail(*arguments):
        assert reserve.stat().st_size == worker.RESERVE
        raise OSError(28, "No space left on device", "history.jsonl")

    monkeypatch.setattr(files, "write_json", write)
    monkeypatch.setattr(worker, "train", fail)
    assert worker.main(str(run.directory)) == 1
    assert "No space left on device (history.jsonl)" in run.status().message


def test_errors_are_explained_without_a_traceback():
    wrong = RunDamagedError(Path("mine/config.json"), "training.epochs: expected a whole number")
    said = "config.json of mine can't be read: training.epochs: expected a whole number"
    assert worker.explain(wrong) == said
    assert worker.explain(ArithmeticError("It diverged.")) == "It diverged."
    unnamed = OSError(28, "No space left on device")
    assert "No space left on device. Free some disk space" in worker.explain(unnamed)
    full = OSError(28, "No space left on device", "history.jsonl")
    assert worker.explain(full).startswith("A file could not be read or written: No space left")
    assert "KeyError" in worker.explain(KeyError("x"))
