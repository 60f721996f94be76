"""The queue of runs: whose turn it is, and how many train at a time."""

import os
import shutil
import threading
import time

import pytest

from mnist_core.config.config import TrainingConfig
from mnist_core.config.settings import SettingError
from mnist_core.jobs import queue
from mnist_core.runs import class_rules, store

PATIENCE = 30  # seconds

pytestmark = pytest.mark.usefixtures("one_slot")


@pytest.fixture
def queued():
    """Three runs that wait, the first created first."""
    runs = []
    for name in ("first", "second", "third"):
        runs.append(store.create(TrainingConfig(), name))
        time.sleep(0.002)  # so that the times of creation differ
    return runs


class Waiting:
    """A run's wait for a slot, in a thread."""

    def __init__(self, run):
        self.slot = "waits"
        self._thread = threading.Thread(target=self._wait, args=(run,), daemon=True)
        self._thread.start()

    def _wait(self, run):
        self.slot = queue.wait_for_slot(run)

    def over(self, seconds):
        self._thread.join(seconds)
        return not self._thread.is_alive()


def ids(runs):
    return [run.id for run in runs]


def test_those_before_are_the_waiting_ones_that_were_created_before(queued):
    first, second, third = queued
    assert ids(queue.waiting_before(third)) == [first.id, second.id]
    assert ids(queue.waiting_before(second)) == [first.id]
    assert queue.waiting_before(first) == []


@pytest.mark.parametrize("state", ["starting", "distilling", "training", "paused", "done"])
def test_a_run_that_no_longer_waits_is_not_before(queued, state):
    first, second, third = queued
    first.set_status(state=state)
    with first.worker_lock():
        assert ids(queue.waiting_before(third)) == [second.id]


def test_a_run_waits_for_those_before_it_although_a_slot_is_free(queued):
    first, second, _ = queued
    waiting = Waiting(second)
    assert not waiting.over(0.3)
    first.set_status(state="training")  # it has its turn and left the queue
    assert waiting.over(PATIENCE)
    assert waiting.slot.lock_file.endswith("0.lock")


def test_the_first_gets_the_slot_at_once_and_the_next_when_it_is_free(queued):
    first, second, _ = queued
    slot = queue.wait_for_slot(first)
    first.set_status(state="training")
    waiting = Waiting(second)
    assert not waiting.over(0.3)
    slot.release()
    assert waiting.over(PATIENCE)
    assert waiting.slot.lock_file == slot.lock_file


def test_as_many_train_at_a_time_as_there_are_slots(queued, monkeypatch):
    monkeypatch.setenv("DIGITLAB_SLOTS", "2")
    held = []
    for run in queued[:2]:
        held.append(queue.wait_for_slot(run))
        run.set_status(state="training")
    assert len({slot.lock_file for slot in held}) == 2
    waiting = Waiting(queued[2])
    assert not waiting.over(0.3)
    held[0].release()
    assert waiting.over(PATIENCE)
    assert waiting.slot.lock_file == held[0].lock_file


def test_a_run_whose_directory_is_gone_no_longer_waits(queued):
    _, second, _ = queued
    waiting = Waiting(second)
    assert not waiting.over(0.1)
    shutil.rmtree(second.directory)
    assert waiting.over(PATIENCE)
    assert waiting.slot is None


@pytest.mark.parametrize("held_up_by", ["another before it", "no free slot"])
def test_a_stop_ends_the_wait(queued, held_up_by):
    first, second, _ = queued
    if held_up_by == "no free slot":
        slot = queue.wait_for_slot(first)
        assert slot.is_locked
        first.set_status(state="training")
    waiting = Waiting(second)
    assert not waiting.over(0.1)
    second.request(stop=True)
    assert waiting.over(PATIENCE)
    assert waiting.slot is None


def test_a_run_that_was_stopped_before_it_waits_takes_no_slot(queued):
    first, second, _ = queued
    first.request(stop=True)
    assert queue.wait_for_slot(first) is None
    first.set_status(state="stopped")
    assert queue.wait_for_slot(second).is_locked


@pytest.mark.parametrize(
    ("text", "cores", "expected"),
    [("3", 64, 3), (None, 64, 16), (None, 7, 1), (None, 2, 1), (None, None, 1)],
)
def test_the_number_of_trainings_at_a_time_is_a_setting_or_follows_the_cores(
    monkeypatch, text, cores, expected
):
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    monkeypatch.delenv("DIGITLAB_SLOTS")
    if text:
        monkeypatch.setenv("DIGITLAB_SLOTS", text)
    assert queue.slot_count() == expected


@pytest.mark.parametrize(("cores", "expected"), [(64, 16), (7, 2), (2, 2), (1, 1), (None, 1)])
def test_in_a_class_two_train_at_a_time_where_there_are_two_cores(monkeypatch, cores, expected):
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    monkeypatch.delenv("DIGITLAB_SLOTS")
    monkeypatch.setenv("DIGITLAB_MODE", "class")
    assert queue.slot_count() == expected


@pytest.mark.parametrize("text", ["0", "-1", "two", "1.5", ""])
def test_an_impossible_number_of_trainings_is_refused(monkeypatch, text):
    monkeypatch.setenv("DIGITLAB_SLOTS", text)
    with pytest.raises(SettingError, match="DIGITLAB_SLOTS: expected a whole number from 1"):
        queue.slot_count()


def start(run, seconds=0.0):
    """Have a run leave the queue, as its worker does."""
    run.set_status(state="training", turn=time.time() + seconds)


def queue_of(*visitors):
    """Runs that wait, started by these visitors one after the other."""
    runs = []
    for visitor in visitors:
        runs.append(store.create(TrainingConfig(), f"of {visitor}", visitor=visitor))
        time.sleep(0.002)
    return runs


def served(monkeypatch, visitors, slots=1):
    """Whose turn it is, one after the other, where trainings end in the order of their start."""
    waiting, going, order = queue_of(*visitors), [], []
    while waiting:
        (first,) = [run for run in waiting if not queue.waiting_before(run)]
        waiting.remove(first)
        order.append(first.visitor)
        start(first)
        lock = first.worker_lock()
        lock.acquire()
        going.append((first, lock))
        time.sleep(0.002)
        if len(going) == slots:
            ended, lock = going.pop(0)
            ended.set_status(state="done")
            lock.release()
    for _, lock in going:
        lock.release()
    return "".join(order)


@pytest.mark.parametrize("mode", ["class", "public"])
@pytest.mark.parametrize("slots", [1, 2])
def test_among_visitors_turns_go_round(monkeypatch, mode, slots):
    monkeypatch.setenv("DIGITLAB_MODE", mode)
    assert served(monkeypatch, "aaabbc", slots) == "abcaba"


def test_of_runs_that_wait_together_everybodys_first_comes_before_a_second(monkeypatch):
    monkeypatch.setenv("DIGITLAB_MODE", "class")
    monkeypatch.setattr(queue, "_seconds", lambda run, runs: 100.0)
    one, two, other = queue_of("a", "a", "b")
    assert ids(queue.waiting_before(other)) == [one.id]
    assert ids(queue.waiting_before(two)) == [one.id, other.id]
    assert queue.expected_wait(two) == pytest.approx(200)


def test_for_one_person_it_is_first_come_first_served(monkeypatch):
    assert served(monkeypatch, "aaabbc") == "aaabbc"


def test_who_has_waited_longer_is_not_overtaken_by_newcomers(monkeypatch):
    monkeypatch.setenv("DIGITLAB_MODE", "public")
    one, two = queue_of("a", "a")
    start(one)
    time.sleep(0.002)
    (new,) = queue_of("b")
    with one.worker_lock():
        assert ids(queue.waiting_before(new)) == [two.id]  # it waits since a's turn
        assert queue.waiting_before(two) == []


def test_a_run_far_behind_looks_rarely_and_still_gets_its_turn(monkeypatch):
    looks = []

    def waiting_before(run):
        looks.append(run)
        return [] if len(looks) > 2 else [run] * 4

    (run,) = queue_of("a")
    monkeypatch.setattr(queue, "waiting_before", waiting_before)
    slept = []
    monkeypatch.setattr(queue.time, "sleep", slept.append)
    slot = queue.wait_for_slot(run)
    assert slot.is_locked
    slot.release()
    assert (len(looks), len(slept)) == (3, 8)


def test_while_the_teacher_halts_the_queue_nobody_gets_a_turn(monkeypatch):
    monkeypatch.setenv("DIGITLAB_MODE", "class")
    (run,) = queue_of("a")
    class_rules.change(halted=True)
    waiting = Waiting(run)
    assert not waiting.over(0.3)
    class_rules.change(halted=False)
    assert waiting.over(PATIENCE)
    waiting.slot.release()


def test_the_wait_is_what_is_left_of_the_training_and_those_ahead(monkeypatch):
    monkeypatch.setenv("DIGITLAB_MODE", "class")
    monkeypatch.setattr(queue, "_seconds", lambda run, runs: 100.0 * run.config.epochs)
    going = store.create(TrainingConfig(epochs=3), "going on", visitor="a")
    going.history_path.write_text('{"kind": "batch", "epoch": 1, "step": 9, "time": 120}\n')
    start(going)
    first, second, third = queue_of("b", "c", "d")  # of 12 epochs each
    with going.worker_lock():
        assert queue.expected_wait(first) == pytest.approx(180)
        assert queue.expected_wait(third) == pytest.approx(180 + 2400)
        monkeypatch.setenv("DIGITLAB_SLOTS", "2")
        assert queue.expected_wait(first) == 0
        assert queue.expected_wait(second) == pytest.approx(180)
        assert queue.expected_wait(third) == pytest.approx(1200)
