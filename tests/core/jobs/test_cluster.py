"""Trainings on a real Ray cluster on this machine, one of whose nodes is killed."""

import asyncio
import socket
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from mnist_core.config.config import Layer, TrainingConfig
from mnist_core.config.sweep_plan import plan
from mnist_core.jobs import cluster, launcher
from mnist_core.runs import store
from mnist_core.runs.history import BatchRow, EventRow
from tests.core.jobs.cluster_nodes import is_on
from tests.core.jobs.waiting import ended, trains, wait_for

ENDLESS = TrainingConfig(layers=(Layer(16),), epochs=1000, batch_size=8)


@pytest.fixture
def cluster_of_two(monkeypatch, tmp_path):
    """A cluster of a head and a node, each with room for one training; trainings find no MNIST and
    take the sample."""
    for name in ("KERAS_HOME", "DIGITLAB_CACHE"):
        monkeypatch.setenv(name, str(tmp_path / "empty"))
    monkeypatch.delenv("MNIST_NPZ", raising=False)
    monkeypatch.setenv("DIGITLAB_OFFLINE", "1")
    utils = pytest.importorskip("ray.cluster_utils", reason="needs Ray: requirements-cluster.txt")
    room = {"num_cpus": 1, "object_store_memory": 80_000_000}  # bytes, about the least there can be
    lean = {"include_dashboard": False, "no_monitor": True, "include_log_monitor": False}
    quick = {"_system_config": {"health_check_period_ms": 1000, "health_check_timeout_ms": 1000}}
    found = utils.Cluster(initialize_head=True, head_node_args=room | lean | quick)
    try:
        node = found.add_node(**room)
        monkeypatch.setenv("DIGITLAB_RAY_ADDRESS", found.address)
        monkeypatch.setenv("DIGITLAB_RAY_CPUS", "1")
        yield found, node
    finally:
        found.shutdown()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc which node a process belongs to")
def test_a_cluster_queues_trainings_obeys_and_goes_on_elsewhere_where_a_node_is_lost(
    cluster_of_two,
):
    cluster, node = cluster_of_two
    rates = {"learning_rate": (0.001, 0.002, 0.003)}
    *both, third = launcher.start_sweep("rates", plan("early-stopping", ENDLESS, rates))
    for run in both:
        wait_for(run, trains)
    assert third.status().state == "queued"
    launcher.stop(third)
    assert wait_for(third, ended).message == "Stopped while waiting: nothing was trained."
    assert third.history() == []

    lost, other = sorted(both, key=lambda run: is_on(node, run), reverse=True)
    assert is_on(node, lost)
    assert not is_on(node, other)
    other.request(pause=True)
    wait_for(other, lambda status: status.state == "paused")
    other.request(pause=False, learning_rate=0.01)
    wait_for(other, lambda _: 0.01 in rates_of(other))

    wait_for(lost, lambda _: len(lost.epochs()) >= 2)
    cluster.remove_node(node, allow_graceful=False)
    status = wait_for(lost, lambda status: status.state == "queued")
    assert status.message.startswith("Interrupted while training: ")
    kept = lost.epochs()[-1]
    assert trains(other.status())  # and the head has no more room

    launcher.kill(other)
    assert wait_for(other, ended).state == "interrupted"
    wait_for(lost, trains)
    assert "Interrupted while training" in lost.log_path.read_text("utf-8")
    wait_for(lost, lambda _: lost.epochs()[-1] > kept)
    launcher.stop(lost)
    assert wait_for(lost, ended).state == "stopped"
    steps = [row.step for row in lost.history() if isinstance(row, BatchRow)]
    every = steps[0]  # of so long a training not every batch is reported
    assert steps == list(range(every, steps[-1] + 1, every))  # none twice, none missing


def test_a_waiting_run_is_stopped_before_the_cluster_lets_go_of_it(monkeypatch):
    ray = pytest.importorskip("ray", reason="needs Ray: requirements-cluster.txt")
    from mnist_core.jobs import cluster_tasks

    run = store.create(ENDLESS, "tiny")
    let_go = []

    class Lock:
        def release(self):
            let_go.append(run.status())

    async def take_out():
        task = asyncio.get_running_loop().create_future()
        cancelled = ray.exceptions.TaskCancelledError()
        monkeypatch.setattr(ray, "cancel", lambda _: task.set_exception(cancelled))
        trainings, directory = cluster_tasks.Trainings(), str(run.directory)
        trainings.tasks[directory] = task
        trainings.holders[directory] = asyncio.create_task(trainings._hold(directory, Lock()))
        await asyncio.sleep(0)  # it awaits the task
        await trainings.cancel([directory])
        assert not trainings.tasks

    with ThreadPoolExecutor() as thread:  # in this one the browser's tests may have a loop
        thread.submit(asyncio.run, take_out()).result()
    [status] = let_go
    assert (status.state, status.message) == (
        "stopped",
        "Stopped while waiting: nothing was trained.",
    )


def rates_of(run):
    """The learning rates that were asked for."""
    return [row.learning_rate for row in run.history() if isinstance(row, EventRow)]


def test_a_run_says_that_its_cluster_can_not_be_reached(monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    monkeypatch.setenv("DIGITLAB_RAY_ADDRESS", address)
    run = store.create(ENDLESS, "tiny")
    assert cluster.main("start", str(run.directory)) == 1
    status = run.status()
    assert status.state == "failed"
    assert status.message.startswith(f"The Ray cluster at {address} can't be reached: ")
    assert "resume" in status.message
