"""The data of the learning curves: how they are thinned and smoothed, and what is sent when."""

from __future__ import annotations

import json
import math
import time

import numpy as np
import pytest

from mnist_core.config.config import EarlyStopping, Schedule, TrainingConfig
from mnist_core.runs import store
from mnist_core.runs.history import EpochRow, EventRow
from pages.components.train.curves.curve_data import History, Sent, batch_points, moving_average
from pages.components.train.curves.curve_marks import marks


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("DIGITLAB_RUNS", str(tmp_path))
    return store.create(TrainingConfig(), "Curves")


def write(run, rows: list[dict], mode: str = "a") -> None:
    with run.history_path.open(mode, encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def batches(first: int, count: int) -> list[dict]:
    steps = range(first + 1, first + count + 1)
    return [
        {"kind": "batch", "step": s, "epoch": s / 10, "loss": 1 / s, "accuracy": 0.5, "time": s}
        for s in steps
    ]


def epoch(number: int, **figures: float | None) -> dict:
    return {"kind": "epoch", "epoch": number, "step": number, "time": number, **figures}


def columns(n: int) -> dict[str, np.ndarray]:
    epoch = np.arange(1, n + 1) / 100
    return {"epoch": epoch, "loss": np.arange(n, dtype=float), "accuracy": np.full(n, 0.5)}


def test_the_moving_average_is_the_mean_of_the_window_before_it():
    x = np.array([0.0, 0.1, 0.2, 0.4])
    averages = moving_average(x, np.array([1.0, 3.0, 5.0, 9.0]), 0.25)
    np.testing.assert_allclose(averages, [1.0, 2.0, 3.0, 7.0])


def test_the_average_does_not_lag_at_the_start():
    n = 469
    epoch = np.arange(1, n + 1) / n
    loss = 2.3 * np.exp(-epoch / 0.05) + 0.2
    _, points = batch_points({"epoch": epoch, "loss": loss, "accuracy": loss})
    early = epoch < 0.25
    assert points["mean_loss"][0] == loss[0]
    assert np.abs(points["mean_loss"] - loss)[early].max() < 0.15  # of 2.3


def epoch_row(epoch: int, val_loss: float, rate: float) -> EpochRow:
    return EpochRow(epoch, 10 * epoch, 0.5, 0.5, val_loss, 0.5, rate, epoch)


def test_marks_tell_the_best_epoch_the_rates_and_the_end():
    config = TrainingConfig(
        schedule=Schedule("plateau"), early_stopping=EarlyStopping(2), epochs=30
    )
    epochs = [
        epoch_row(1, 0.3, 1e-3), epoch_row(2, 0.1, 1e-3), epoch_row(3, 0.2, 5e-4),
        epoch_row(4, math.nan, 2e-4),
    ]  # fmt: skip
    by_hand = EventRow("learning_rate", 35, 3.5, 2e-4)
    found = marks(epochs, [(3.5, by_hand)], config, "done")
    assert [(mark["epoch"], mark["kind"], mark["text"]) for mark in found] == [
        (2, "best", "best"), (3.5, "rate", "rate 0.0002"), (2, "rate", "rate 0.0005"),
        (4, "end", "stopped early"),
    ]  # fmt: skip
    stop = EventRow("stop", 15, 3.0)
    assert marks([], [(1.5, stop)], config, "stopped") == [
        {"epoch": 1.5, "kind": "end", "text": "stopped"}
    ]


def test_few_rows_are_points_of_their_own_and_many_are_averaged_in_groups():
    stride, points = batch_points(columns(8), most=8)
    assert stride == 1
    np.testing.assert_array_equal(points["loss"], np.arange(8))
    stride, points = batch_points(columns(19), most=8)
    assert stride == 4
    np.testing.assert_allclose(points["loss"], [1.5, 5.5, 9.5, 13.5])
    np.testing.assert_allclose(points["epoch"], [0.04, 0.08, 0.12, 0.16])
    assert all(len(column) == 4 for column in points.values())


def test_points_do_not_change_while_rows_are_added():
    for n in range(10, 16):
        _, fewer = batch_points(columns(n), most=8)
        _, more = batch_points(columns(n + 1), most=8)
        for name, column in fewer.items():
            np.testing.assert_allclose(more[name][: len(column)], column)


def test_only_rows_that_the_browser_lacks_are_sent(run):
    history = History(run.history_path)
    write(run, batches(0, 5))
    payload, mark = history.payload(run, None)
    assert payload["start"] == 0
    assert payload["batches"]["loss"] == pytest.approx([1, 1 / 2, 1 / 3, 1 / 4, 1 / 5], rel=1e-4)
    write(run, [*batches(5, 1), epoch(1, loss=0.3, val_loss=None)])
    payload, mark = history.payload(run, mark)
    assert payload["start"] == 5
    assert payload["batches"]["epoch"] == [0.6]
    assert payload["epochs"][0]["loss"] == 0.3
    assert payload["epochs"][0]["val_loss"] is None
    write(run, [epoch(2, loss=0.2, val_loss=0.1)])
    payload, _ = history.payload(run, mark)
    assert (payload["first_epoch"], [row["epoch"] for row in payload["epochs"]]) == (1, [2])


def test_a_browser_that_misses_updates_is_sent_the_last_seconds_again(monkeypatch):
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    sent = Sent()
    assert sent.certain() == {}
    sent.add({"run": ("a", 5, 1)})
    assert sent.certain() == {"run": ("a", 5, 1)}
    sent.missed()
    for second in (100, 101, 102):
        now = second
        assert sent.certain() == {}
        sent.add({"run": ("a", second, 1)})
    now = 103
    assert sent.certain() == {"run": ("a", 100, 1)}
    now = 104.5
    assert sent.certain() == {"run": ("a", 101, 1)}


def test_everything_is_sent_again_when_the_stride_doubles_or_the_file_is_replaced(run):
    history = History(run.history_path)
    write(run, batches(0, 499))
    _, mark = history.payload(run, None)
    write(run, batches(499, 100))
    payload, mark = history.payload(run, mark)
    assert (payload["start"], payload["stride"]) == (0, 2)
    assert len(payload["batches"]["loss"]) == 599 // 2
    write(run, batches(0, 3), mode="w")
    payload, _ = history.payload(run, mark)
    assert (payload["start"], len(payload["batches"]["loss"])) == (0, 3)


def test_rows_that_a_resumed_training_replaces_are_read_again(run):
    history = History(run.history_path)
    write(run, batches(0, 20))
    _, mark = history.payload(run, None)
    write(run, [{**row, "time": 12.345} for row in batches(0, 50)], mode="w")  # longer lines
    payload, _ = history.payload(run, mark)
    assert payload["start"] == 0
    assert len(payload["batches"]["loss"]) == 50


def test_the_epoch_from_which_a_run_continues_another_is_marked():
    config = TrainingConfig(epochs=7)
    assert {"epoch": 4, "kind": "further", "text": "continued"} in marks(
        [], [], config, "training", continued_at=4
    )


def test_a_loss_that_is_not_a_number_becomes_a_gap(run):
    write(run, [batches(0, 1)[0] | {"loss": float("nan")}])
    payload, _ = History(run.history_path).payload(run, None)
    assert payload["batches"]["loss"] == [None]
    json.dumps(payload, allow_nan=False)
