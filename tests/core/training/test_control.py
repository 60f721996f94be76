"""What a user asks of a running training is obeyed, once, and recorded."""

import threading
import time

import numpy as np
import pytest

from mnist_core.network.inference import Classifier
from mnist_core.runs import store
from mnist_core.training import schedule
from mnist_core.training import trainer as training
from mnist_core.training.control import ControlReader
from tests.core.training.small_training import SMALL, rows

pytestmark = pytest.mark.slow


class StopsAfter:
    """Stands in for a user who asks for something after some batches."""

    def __init__(self, monkeypatch, run, calls, **request):
        self.calls = 0
        original = training.Trainer._rates

        def counted(trainer, count):
            self.calls += 1
            if self.calls == calls:
                run.request(**request)
            return original(trainer, count)

        monkeypatch.setattr(training.Trainer, "_rates", counted)


@pytest.fixture
def one_batch_a_call(monkeypatch):
    monkeypatch.setattr(training, "MAX_BATCHES_PER_CALL", 1)


def test_a_stop_is_obeyed_at_the_next_batch_and_keeps_the_best_epoch(
    few_digits, monkeypatch, one_batch_a_call
):
    run = store.create(SMALL, "stopped")
    StopsAfter(monkeypatch, run, 12, stop=True)
    status = training.train(SMALL, few_digits, run)
    assert status.state == "stopped"
    assert len(rows(run, "batch")) == 12
    assert "best epoch so far, 1," in status.message
    kept = Classifier.load(run.weights_path).probabilities(few_digits.x_test)
    first = Classifier.load(run.epoch_path(1)).probabilities(few_digits.x_test)
    np.testing.assert_allclose(kept, first, atol=5e-3)


def test_a_stop_within_the_first_epoch_keeps_what_there_is(
    few_digits, monkeypatch, one_batch_a_call
):
    run = store.create(SMALL, "stopped")
    StopsAfter(monkeypatch, run, 2, stop=True)
    status = training.train(SMALL, few_digits, run)
    assert status.summary.epochs == 0
    assert status.summary.best_val_loss is None
    last = rows(run, "batch")[-1]
    assert last.step == 2
    assert status.summary.seconds >= last.time * (1 - 1e-5)  # rows are rounded
    assert run.usable


def test_a_changed_learning_rate_is_used_from_the_next_batch_and_recorded(
    few_digits, monkeypatch, one_batch_a_call
):
    run = store.create(SMALL, "slower")
    StopsAfter(monkeypatch, run, 5, learning_rate=1e-4)
    training.train(SMALL, few_digits, run)
    rates = [row.learning_rate for row in rows(run, "batch")]
    np.testing.assert_allclose(rates[:5], 3e-3)
    np.testing.assert_allclose(rates[5:], 1e-4)
    (event,) = rows(run, "event")
    assert (event.event, event.learning_rate, event.step) == ("learning_rate", 1e-4, 5)


def asking(monkeypatch, run, requests):
    """Make the requests {step: (changes, …)} of the run when it has come that far."""

    def rates(trainer, count, original=training.Trainer._rates):
        for step in [step for step in requests if step <= trainer.progress.step]:
            threading.Thread(target=ask, args=requests.pop(step)).start()
            time.sleep(0.3)  # what is asked for now is obeyed before the next batch
        return original(trainer, count)

    def ask(*changes):
        for change in changes:
            run.request(**change)
            time.sleep(0.5)

    monkeypatch.setattr(training.Trainer, "_rates", rates)


def test_a_rate_is_obeyed_once_also_where_the_next_request_comes_before_it_is_read():
    run = store.create(SMALL, "hasty")
    control = ControlReader(run)
    run.request(learning_rate=0.002)
    run.request(pause=True)
    assert control.changed()
    assert (control.pause, control.new_learning_rate()) == (True, 0.002)
    assert control.new_learning_rate() is None
    run.request(pause=False)
    assert control.changed()
    assert (control.pause, control.new_learning_rate()) == (False, None)
    run.request(learning_rate=0.002)
    assert control.changed()
    assert control.new_learning_rate() == 0.002


def test_a_resumed_training_does_not_take_the_rate_asked_for_before(few_digits):
    run = store.create(SMALL, "again")
    run.request(stop=True, learning_rate=0.5)
    run.request(stop=False, pause=False, learning_rate=None)
    training.train(SMALL, few_digits, run)
    assert rows(run, "event") == []


def test_pause_rate_and_stop_are_obeyed_once_and_recorded(few_digits, monkeypatch):
    monkeypatch.setattr(training, "MAX_BATCHES_PER_CALL", 1)
    run = store.create(SMALL, "obedient")
    pause = ({"pause": True}, {"learning_rate": 0.5}, {"pause": False})
    asking(monkeypatch, run, {5: ({"learning_rate": 0.002},), 12: pause, 20: ({"stop": True},)})
    status = training.train(SMALL, few_digits, run)
    assert status.state == "stopped"
    events = [(row.event, row.learning_rate) for row in rows(run, "event")]
    assert events == [
        ("learning_rate", 0.002), ("pause", None), ("learning_rate", 0.5), ("resume", None),
        ("stop", None),
    ]  # fmt: skip
    batches = rows(run, "batch")
    assert batches[-1].step < 27
    assert [batches[i].learning_rate for i in (0, 11, -1)] == [0.003, 0.002, 0.5]
    assert batches[-1].time < 60


def test_a_rate_given_by_hand_is_not_raised_beyond_the_configured_one(
    few_digits, monkeypatch, one_batch_a_call
):
    config = SMALL.with_changes(schedule={"name": "one_cycle"}, optimizer={"learning_rate": 0.01})
    run = store.create(config, "one cycle")
    asking(monkeypatch, run, {2: ({"learning_rate": 0.005},)})
    training.train(config, few_digits, run)
    rates = [row.learning_rate for row in rows(run, "batch")]
    (event,) = rows(run, "event")
    assert rates[event.step] == pytest.approx(0.005)
    assert schedule.scheduled_rate(config, event.step / 26) < 0.004
    assert max(rates) == pytest.approx(0.01)
    further = store.branch(run, "further", 3)
    training.train(further.config, few_digits, further)
    rates = [row.learning_rate for row in rows(further, "batch")][27:]
    assert rates[0] == pytest.approx(schedule.scheduled_rate(config, 27 / 53), rel=1e-4)
