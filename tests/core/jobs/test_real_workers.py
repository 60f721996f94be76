"""Real worker processes on the offline sample: trained, stopped, queued, killed, resumed."""

import os
import signal

import pytest

from mnist_core.config.config import Layer, TrainingConfig
from mnist_core.evaluation.metrics import Evaluation
from mnist_core.jobs import launcher, queue, standby_control
from mnist_core.runs import store
from mnist_core.runs.history import BatchRow
from mnist_core.runs.run import RunActiveError
from tests.core.jobs.waiting import PATIENCE, ended, trains, wait_for

pytestmark = pytest.mark.slow

TINY = TrainingConfig(layers=(Layer(16),), epochs=2, batch_size=64)
ENDLESS = TINY.with_changes(epochs=1000)


@pytest.fixture(autouse=True)
def offline(monkeypatch, tmp_path):
    """The workers find no MNIST, so they train on the sample."""
    for name in ("KERAS_HOME", "DIGITLAB_CACHE"):
        monkeypatch.setenv(name, str(tmp_path / "empty"))
    monkeypatch.delenv("MNIST_NPZ", raising=False)
    monkeypatch.setenv("DIGITLAB_OFFLINE", "1")
    monkeypatch.setenv("DIGITLAB_SLOTS", "1")


@pytest.fixture(autouse=True)
def no_worker_is_left(offline):
    yield
    for run in store.list_runs():
        launcher.stop(run)
    for run in store.list_runs():
        wait_for(run, lambda status: not status.active)


def test_a_worker_trains_a_run_to_its_end():
    run = launcher.start(TINY, "tiny")
    status = wait_for(run, ended)
    assert status.state == "done", run.log_path.read_text()
    assert status.dataset == "sample"
    assert status.summary.test_accuracy == Evaluation.load(run.evaluation_path).accuracy
    assert status.pid != os.getpid()


@pytest.fixture
def standby(monkeypatch):
    """A standby that is being made ready, as the app's process would have it."""
    monkeypatch.setenv("DIGITLAB_STANDBY", "1")
    process = standby_control.ensure()
    yield process
    standby_control.end()
    process.wait(PATIENCE)


def test_a_standby_takes_one_run_at_once(standby):
    assert standby_control.ensure() is standby
    standby_control.prepare(ENDLESS)
    standby_control.prepare(TINY)
    run = launcher.start(TINY, "tiny")
    assert wait_for(run, lambda status: status.pid is not None).pid == standby.pid
    assert run.worker_alive()  # even while TensorFlow is still being imported
    assert wait_for(run, ended).state == "done"
    assert run.log_path.exists()
    assert standby.wait(PATIENCE) == 0
    after = standby_control.ensure()
    assert after.pid != standby.pid
    standby_control.end()
    assert after.wait(PATIENCE) == 0


def test_without_its_standby_a_run_is_trained_all_the_same(standby):
    standby.kill()
    standby.wait()
    run = launcher.start(TINY, "tiny")
    status = wait_for(run, ended)
    assert (status.state, status.pid == standby.pid) == ("done", False)


def test_runs_queue_stop_and_survive_a_kill():
    first = launcher.start(ENDLESS, "first")
    wait_for(first, trains)
    second = launcher.start(ENDLESS, "second")
    third = launcher.start(TINY, "third")
    wait_for(third, lambda status: status.pid is not None)
    assert {second.status().state, third.status().state} == {"queued"}
    assert [run.id for run in queue.waiting_before(third)] == [second.id]

    launcher.stop(second)  # while it waits
    assert wait_for(second, ended).message == "Stopped while waiting: nothing was trained."

    wait_for(first, lambda _: len(first.epochs()) >= 2)
    os.kill(first.status().pid, signal.SIGKILL)
    status = wait_for(first, ended)
    assert status.state == "interrupted"
    assert "training" in status.message

    assert wait_for(third, ended).state == "done"  # the dead worker's slot was free again

    kept = first.epochs()[-1]
    launcher.resume(first)
    with pytest.raises(RunActiveError, match="already"):
        launcher.resume(first)
    wait_for(first, trains)
    wait_for(first, lambda _: first.epochs()[-1] > kept)
    launcher.stop(first)
    assert wait_for(first, ended).state == "stopped"
    rows = first.history()
    assert rows[-1].event == "stop"  # and after it nothing was trained
    steps = [row.step for row in rows if isinstance(row, BatchRow)]
    every = steps[0]  # of so long a training not every batch is reported
    assert steps == list(range(every, steps[-1] + 1, every))  # none twice, none missing


def test_a_failing_worker_says_why(tmp_path):
    run = store.create(TINY, "impossible")
    text = (run.directory / "config.json").read_text().replace('"epochs": 2', '"epochs": 0')
    (run.directory / "config.json").write_text(text)
    launcher.launch(run)
    status = wait_for(run, ended)
    assert status.state == "failed"
    assert "epochs: expected a whole number from 1 to 1000, got 0" in status.message


def test_where_no_file_can_grow_the_run_says_so_and_is_resumed(monkeypatch):
    """A limit on the size of files does to the worker what a full disk does."""
    resource = pytest.importorskip("resource", reason="limits on files are POSIX")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    run = store.create(TINY, "full")
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))  # a checkpoint needs more
    try:
        launcher.launch(run)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    status = wait_for(run, ended)
    assert status.state == "failed"
    assert "could not be read or written: File too large" in status.message
    assert "then resume" in status.message
    launcher.resume(run)
    assert wait_for(run, ended).state == "done"
    assert [row.epoch for row in run.epoch_rows()] == [1, 2]
