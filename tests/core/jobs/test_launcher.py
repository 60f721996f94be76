"""What is started, resumed, handed to the standby and refused; no process is started here."""

import io
import json
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from subprocess import Popen  # the real one, which the fixture replaces
from types import SimpleNamespace

import pytest

from mnist_core.config.config import Layer, TrainingConfig
from mnist_core.config.sweep_plan import plan
from mnist_core.jobs import child_processes, launcher, limits, standby_control
from mnist_core.runs import store
from mnist_core.runs.run import RunActiveError

ROOT = Path(__file__).parents[3]
CONFIG = TrainingConfig(layers=(Layer(16),))


class Pipe(io.BytesIO):
    """The input of a process: what was written stays known when it is closed."""

    written = b""

    def write(self, data):
        self.written += data
        return super().write(data)


class BrokenPipe(Pipe):
    """The input of a process that has ended."""

    def write(self, data):
        raise BrokenPipeError


class Process:
    """Stands in for `subprocess.Popen`: notes what it was asked to run."""

    def __init__(self, command, **options):
        self.command, self.options = command, options
        self.stdin = Pipe() if options["stdin"] == subprocess.PIPE else None
        self.code = None

    @property
    def lines(self):
        return self.stdin.written.decode().splitlines()

    @property
    def module(self):
        return self.command[2]

    def poll(self):
        return self.code


@pytest.fixture(autouse=True)
def processes(monkeypatch):
    """The processes that would run; the launcher begins without any."""
    found = []

    def popen(command, **options):
        found.append(Process(command, **options))
        return found[-1]

    monkeypatch.setattr(child_processes.subprocess, "Popen", popen)
    monkeypatch.setattr(child_processes, "children", [])
    monkeypatch.setattr(standby_control, "_standby", None)
    monkeypatch.setattr(standby_control, "_prepared", None)
    monkeypatch.setenv("DIGITLAB_STANDBY", "1")
    return found


def waiting(name="Mine", **extra):
    return store.create(CONFIG, name, **extra)


def ended(name="Mine", state="done"):
    run = waiting(name)
    run.set_status(state=state, finished=1.0)
    return run


def test_a_started_run_gets_a_worker_that_outlives_this_process(processes):
    run = launcher.start(CONFIG, "Mine", command="how")
    (process,) = processes
    assert process.command == [
        sys.executable, "-m", "mnist_core.jobs.worker", str(run.directory)
    ]  # fmt: skip
    assert (process.options["cwd"] / "mnist_core").is_dir()
    assert process.options.get("start_new_session") or process.options.get("creationflags")
    assert Path(process.options["stdout"].name) == Path(process.options["stderr"].name)
    assert Path(process.options["stdout"].name) == run.log_path
    assert (run.config, run.status().state, run.visitor) == (CONFIG, "queued", None)
    assert json.loads((run.directory / "config.json").read_text())["command"] == "how"


@pytest.mark.parametrize("how", ["start", "continue_training"])
def test_old_runs_are_deleted_when_one_is_started(monkeypatch, how):
    monkeypatch.setenv("DIGITLAB_KEEP_RUNS", "1")
    old, newer = ended("old"), ended("newer")
    newer.model_path.write_bytes(b"a model")
    if how == "start":
        launcher.start(CONFIG, "Mine")
    else:
        launcher.continue_training(newer, 2)
    assert not old.directory.exists()
    assert newer.directory.exists()


def test_processes_that_have_ended_are_reaped(processes):
    launcher.start(CONFIG, "first")
    processes[0].code = 0
    launcher.start(CONFIG, "second")
    assert child_processes.children == [processes[1]]


def test_a_visitor_may_have_three_runs_waiting_or_training(processes):
    mine = [launcher.start(CONFIG, f"Mine {i}", visitor="me") for i in range(3)]
    with pytest.raises(limits.TooManyRunsError, match="already have 3 runs; the limit is 3"):
        launcher.start(CONFIG, "one more", visitor="me")
    assert len(store.list_runs()) == len(processes) == 3  # what is refused leaves nothing
    assert launcher.start(CONFIG, "hers", visitor="she").visitor == "she"
    launcher.start(CONFIG, "from the command line")
    mine[0].set_status(state="done")
    assert launcher.start(CONFIG, "one more", visitor="me").visitor == "me"


@pytest.mark.parametrize(("most", "allowed"), [("1", 1), ("0", 5)])
def test_how_many_runs_a_visitor_may_have_is_a_setting(monkeypatch, most, allowed):
    monkeypatch.setenv("DIGITLAB_RUNS_PER_VISITOR", most)
    for number in range(allowed):
        launcher.start(CONFIG, f"Mine {number}", visitor="me")
    if most != "0":
        with pytest.raises(limits.TooManyRunsError, match="already have 1 run; the limit is 1"):
            launcher.start(CONFIG, "one more", visitor="me")


def test_all_visitors_together_may_have_some_runs(monkeypatch):
    monkeypatch.setenv("DIGITLAB_MODE", "public")
    monkeypatch.setenv("DIGITLAB_RUNS_IN_ALL", "2")
    runs = [launcher.start(CONFIG.with_changes(epochs=1), name, visitor=name) for name in "ab"]
    with pytest.raises(limits.TooManyRunsError, match=r"2 runs are already .* limit is 2"):
        launcher.start(CONFIG.with_changes(epochs=1), "c", visitor="c")
    assert len(store.list_runs()) == 2
    runs[0].set_status(state="done")
    launcher.start(CONFIG.with_changes(epochs=1), "c", visitor="c")
    launcher.start(CONFIG, "by the teacher")


def test_there_is_one_standby_unless_it_is_unwanted_or_a_run_goes_on(processes, monkeypatch):
    monkeypatch.setenv("DIGITLAB_STANDBY", "0")
    assert standby_control.ensure() is None
    monkeypatch.setenv("DIGITLAB_STANDBY", "1")
    run = waiting()
    assert standby_control.ensure() is None
    run.set_status(state="done")
    standby = standby_control.ensure()
    assert standby.module == "mnist_core.jobs.standby"
    assert standby_control.ensure() is standby
    standby.code = 1  # it has died
    assert standby_control.ensure() is not standby
    assert len(processes) == 2


def test_a_standby_ends_when_nobody_opens_a_page_for_long(monkeypatch):
    end_when_idle, slept = standby_control._end_when_idle, []
    monkeypatch.setattr(standby_control, "_end_when_idle", lambda child: None)  # not in a thread
    standby = standby_control.ensure()

    def sleep(seconds):
        slept.append(seconds)
        if len(slept) == 1:  # somebody opens a page after two thirds of the time
            monkeypatch.setattr(standby_control, "_visited", standby_control._visited + 800)

    monkeypatch.setattr(standby_control, "_visited", 0.0)
    monkeypatch.setattr(
        standby_control, "time", SimpleNamespace(sleep=sleep, monotonic=lambda: sum(slept))
    )
    end_when_idle(standby)
    assert slept == [1200, 800]
    assert standby.stdin.closed
    assert child_processes.children == [standby]
    assert standby_control.ensure() is not standby


def test_where_the_standby_was_ended_a_run_gets_a_worker_of_its_own(processes):
    standby = standby_control.ensure()
    standby_control.end()
    assert standby.stdin.closed
    standby_control.prepare(CONFIG)  # tells nobody
    run = launcher.start(CONFIG, "Mine")
    assert processes[-1].command[2:] == ["mnist_core.jobs.worker", str(run.directory)]
    assert standby_control.ensure() is None  # while that goes on
    standby_control.end()  # which is no error where there is none


def test_the_standby_is_told_each_new_configuration_once():
    standby = standby_control.ensure()
    other = CONFIG.with_changes(seed=5)
    for config in (CONFIG, CONFIG, other, other, CONFIG):
        standby_control.prepare(config)
    told = [TrainingConfig.from_dict(json.loads(line)) for line in standby.lines]
    assert told == [CONFIG, other, CONFIG]
    standby.code = 1
    fresh = standby_control.ensure()
    standby_control.prepare(CONFIG)  # which the new one doesn't know
    assert len(fresh.lines) == 1


def test_without_a_standby_nothing_is_prepared(processes):
    standby_control.prepare(CONFIG)
    assert processes == []
    assert standby_control.ensure() is not None
    standby_control.prepare(CONFIG)
    assert len(processes[0].lines) == 1


def test_a_standby_that_dies_while_it_is_told_is_no_error():
    standby_control.ensure().stdin = BrokenPipe()
    standby_control.prepare(CONFIG)


def test_the_standby_takes_a_run_if_no_other_goes_on(processes):
    standby = standby_control.ensure()
    run = launcher.start(CONFIG, "Mine")
    assert standby.lines == [str(run.directory)]
    assert standby.stdin.closed
    assert len(processes) == 1
    assert child_processes.children == [standby]
    run.set_status(state="done")
    second = launcher.start(CONFIG, "Second")  # it has taken one and takes no other
    assert processes[1].command[3] == str(second.directory)


def test_behind_another_run_the_standby_is_kept_for_later(processes):
    first = launcher.start(CONFIG, "first")
    first.set_status(state="done")
    standby = standby_control.ensure()
    first.set_status(state="queued")
    second = launcher.start(CONFIG, "second")
    assert processes[-1].command[3] == str(second.directory)
    assert standby.lines == []
    assert standby_control._standby is standby


@pytest.mark.parametrize("dies", ["before it is told", "while it is told"])
def test_a_dead_standby_leaves_the_run_to_a_worker(processes, dies):
    standby = standby_control.ensure()
    if dies == "before it is told":
        standby.code = 1
    else:
        standby.stdin = BrokenPipe()
    run = launcher.start(CONFIG, "Mine")
    assert processes[-1].module == "mnist_core.jobs.worker"
    assert processes[-1].command[3] == str(run.directory)


@pytest.mark.parametrize("state", ["stopped", "failed", "interrupted"])
def test_a_run_that_ended_before_its_time_is_queued_again(processes, state):
    run = ended(state=state)
    run.set_status(message="why")
    run.request(stop=True, pause=True, learning_rate=0.5)
    launcher.resume(run)
    status, control = run.status(), run.control()
    assert (status.state, status.message, status.finished) == ("queued", "", None)
    assert (control.stop, control.pause, control.learning_rate) == (False, False, None)
    assert [process.command[3] for process in processes] == [str(run.directory)]


def test_a_run_that_is_done_is_resumed_from_its_checkpoint_alone(processes):
    run = ended()
    with pytest.raises(launcher.NothingToResumeError, match="Mine is done"):
        launcher.resume(run)
    assert (run.status().state, processes) == ("done", [])
    run.checkpoint_path.write_bytes(b"a checkpoint")
    launcher.resume(run)
    assert run.status().state == "queued"


def test_a_run_that_goes_on_is_not_resumed(processes):
    run = waiting()
    run.request(stop=True)
    with pytest.raises(RunActiveError, match="Mine is already being trained"):
        launcher.resume(run)
    assert run.control().stop
    assert processes == []


def test_who_resumes_a_run_has_it_within_the_limit(processes, monkeypatch):
    monkeypatch.setenv("DIGITLAB_RUNS_PER_VISITOR", "1")
    first, second = ended("first", "stopped"), ended("second", "stopped")
    launcher.resume(first, "me")
    assert store.get(first.id).visitor == "me"
    with pytest.raises(limits.TooManyRunsError):
        launcher.resume(second, "me")
    assert (second.status().state, len(processes)) == ("stopped", 1)


def test_a_training_is_continued_from_its_checkpoint_or_from_its_weights(processes):
    run = store.create(CONFIG.with_changes(epochs=4), "Mine")
    run.history_path.write_text('{"kind": "epoch", "epoch": 4, "step": 8, "time": 1}\n')
    run.model_path.write_bytes(b"a model")
    run.set_status(state="done")
    refined = launcher.continue_training(run, 3, "me")
    assert (refined.name, refined.visitor) == ("Mine, +3", "me")
    assert (refined.config.base, refined.config.epochs) == (run.id, 3)
    assert refined.base_path.read_bytes() == b"a model"
    rate = run.config.optimizer.learning_rate
    assert refined.config.optimizer.learning_rate == pytest.approx(rate / 10)
    run.checkpoint_path.write_bytes(b"a checkpoint")
    branched = launcher.continue_training(run, 3)
    assert (branched.config.base, branched.config.epochs) == ("", 7)
    assert branched.checkpoint_path.read_bytes() == b"a checkpoint"
    assert branched.continued_at == 4
    directories = [str(refined.directory), str(branched.directory)]
    assert [process.command[3] for process in processes] == directories
    assert run.status().state == "done"


def test_the_name_of_a_continued_training_is_cut_before_its_ending():
    run = ended("x" * 60)
    run.model_path.write_bytes(b"a model")
    assert launcher.continue_training(run, 12).name == "x" * 55 + ", +12"


def test_a_training_is_continued_within_the_limit(processes, monkeypatch):
    monkeypatch.setenv("DIGITLAB_RUNS_PER_VISITOR", "1")
    run = ended()
    run.model_path.write_bytes(b"a model")
    launcher.continue_training(run, 1, "me")
    with pytest.raises(limits.TooManyRunsError):
        launcher.continue_training(run, 1, "me")
    assert len(processes) == 1
    assert len(store.list_runs()) == 2


def test_stopping_asks_the_worker_and_changes_nothing_else():
    run = waiting()
    run.request(pause=True)
    launcher.stop(run)
    assert (run.control().stop, run.control().pause) == (True, True)
    assert run.status().state == "queued"


def test_where_a_cluster_trains_it_gets_the_orders_that_files_can_not_pass(processes, monkeypatch):
    monkeypatch.setenv("DIGITLAB_RAY_ADDRESS", "head:6379")
    sweep = plan("early-stopping", CONFIG, {"batch_size": (64, 128)})
    runs = launcher.start_sweep("sizes", sweep, "Ada")
    (started,) = processes
    directories = [str(run.directory) for run in runs]
    assert started.command[2:] == ["mnist_core.jobs.cluster", "start", *directories]
    assert standby_control.ensure() is None
    with runs[0].cluster_lock(), runs[1].cluster_lock():
        launcher.stop(runs[0])  # it waits
        runs[1].set_status(state="training")
        with runs[1].worker_lock():
            launcher.stop(runs[1])  # its worker reads control.json
        launcher.kill(runs[1])
    assert runs[0].control().stop
    assert runs[1].control().stop
    assert [process.command[3:] for process in processes[1:]] == [
        ["cancel", directories[0]],
        ["end", directories[1]],
    ]


def test_only_a_living_worker_is_killed(monkeypatch):
    killed = []
    monkeypatch.setattr(launcher.os, "kill", lambda *arguments: killed.append(arguments))
    run = waiting()
    launcher.kill(run)  # no worker yet
    run.set_status(state="training", pid=4711)
    launcher.kill(run)  # it has died; the number may be another process' by now
    assert killed == []
    held, done = threading.Event(), threading.Event()

    def live():
        with run.worker_lock():
            held.set()
            done.wait()

    worker = threading.Thread(target=live)
    worker.start()
    held.wait()
    run.set_status(host="another container")  # where 4711 is another process
    with pytest.raises(launcher.WorkerElsewhereError, match="runs on another server"):
        launcher.kill(run)
    assert killed == []
    run.set_status(host=socket.gethostname())
    launcher.kill(run)
    done.set()
    worker.join()
    assert killed == [(4711, launcher._END)]


HANGING = """
import os, signal, sys
from pathlib import Path
from mnist_core.runs.run import Run
signal.signal(signal.SIGTERM, signal.SIG_IGN)
run = Run(Path(sys.argv[1]))
with run.worker_lock():
    run.set_status(state="training", pid=os.getpid())
    print("hangs", flush=True)
    signal.pause()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there every process can be ended alike")
@pytest.mark.parametrize("halted", [False, True])
def test_a_worker_that_hangs_is_ended(halted):
    run = waiting()
    command = [sys.executable, "-c", HANGING, str(run.directory)]
    with Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout.readline() == b"hangs\n"
        if halted:
            process.send_signal(signal.SIGSTOP)
        launcher.kill(run)
        assert process.wait(30) == -signal.SIGKILL
    assert run.status().state == "interrupted"
    assert "ended by hand" in run.status().message
