"""The time that a training is expected to take."""

import json

import pytest

from mnist_core.config.config import Augmentation, Distillation, Layer, TrainingConfig
from mnist_core.config.presets import PRESETS
from mnist_core.runs import store
from mnist_core.training.expected_time import batch_seconds, expected_time, measured_batch_seconds
from tests.summaries import summary

WIDE = TrainingConfig(layers=(Layer(1024),), batch_size=100, epochs=3, validation_split=0.1)


def ended(config, seconds, steps, **status):
    run = store.create(config, "Earlier")
    row = {"kind": "epoch", "epoch": 1, "step": steps, "time": seconds}
    run.history_path.write_text(json.dumps(row) + "\n")
    run.set_status(**{"state": "done", "summary": summary(seconds=seconds), **status})
    return run


@pytest.mark.parametrize("name", ["early-stopping", "leaky-relu", "compact"])
def test_without_earlier_runs_the_cost_of_a_batch_is_about_that_of_the_shipped_networks(name):
    run = store.get(name)
    rows = run.epoch_rows()
    expected = batch_seconds(run.config) * rows[-1].step
    assert rows[-1].time / 1.6 < expected < rows[-1].time * 1.6
    assert not expected_time(WIDE, 60_000, []).measured


def test_twice_the_epochs_take_twice_the_time_and_more_work_takes_longer():
    one = expected_time(WIDE, 60_000, []).seconds
    assert expected_time(WIDE.with_changes(epochs=6), 60_000, []).seconds == pytest.approx(2 * one)
    for harder in (
        {"layers": (Layer(2048),)},
        {"batch_size": 50},
        {"validation_split": 0.01},
        {"augmentation": Augmentation(rotation=5)},
    ):
        assert expected_time(WIDE.with_changes(**harder), 60_000, []).seconds > one
    fewer = expected_time(WIDE.with_changes(digits_per_epoch=5400), 60_000, []).seconds
    assert fewer == pytest.approx(one / 10)


def test_earlier_runs_tell_how_fast_this_computer_is():
    # The same set-up took 0.02 s a batch: 3 epochs of 540 batches take 32.4 s.
    assert measured_batch_seconds(ended(WIDE, 20.0, 1000)) == pytest.approx(0.02)
    expected = expected_time(WIDE, 60_000, store.list_runs())
    assert expected.measured
    assert expected.seconds == pytest.approx(32.4)
    # Another set-up was as slow in proportion; the median of both counts.
    ended(PRESETS["compact"], 4 * batch_seconds(PRESETS["compact"]) * 500, 500)
    one = batch_seconds(WIDE)
    slowness = (0.02 / one + 4) / 2
    expected = expected_time(WIDE, 60_000, store.list_runs())
    assert expected.seconds == pytest.approx(3 * 540 * one * slowness)


def test_runs_that_do_not_tell_their_speed_do_not_count():
    ended(WIDE, 20.0, 1000, state="failed")
    ended(WIDE.with_changes(distillation=Distillation(3)), 20.0, 1000)
    ended(WIDE, 20.0, 1000).history_path.unlink()
    assert not expected_time(WIDE, 60_000, store.list_runs()).measured
