"""A run in words."""

import json

import pytest

from mnist_core.config.config import (
    Augmentation,
    Distillation,
    EarlyStopping,
    Layer,
    TrainingConfig,
)
from mnist_core.jobs import queue
from mnist_core.runs import class_rules, records, store
from mnist_core.runs.records import Control, Status, SweepPart
from pages.components.train.run_in_words import STATES, progress, settings_in_words, state_in_words
from tests.summaries import summary


def test_settings_are_described_in_one_line():
    config = TrainingConfig.from_dict({"layers": [{"units": 64, "activation": "gelu"}], "seed": 7})
    assert settings_in_words(config).startswith("784 → 64 → 10, GELU; Adam, learning rate 0.001")
    assert settings_in_words(config).endswith("seed 7")


def test_the_extras_of_a_training_are_listed():
    changes = {
        "layers": (Layer(64, dropout=0.2),),
        "augmentation": Augmentation(rotation=5),
        "distillation": Distillation(3),
    }
    said = settings_in_words(TrainingConfig(**changes))
    assert said.endswith("seed 0; with dropout, data augmentation, knowledge distillation")


def test_every_state_has_words():
    assert set(STATES) == set(records.STATES)


@pytest.mark.parametrize(
    ("state", "asked", "text"),
    [
        ("training", Control(pause=True), "Pausing…"),
        ("paused", Control(pause=True), "Paused"),
        ("paused", Control(), "Continuing…"),
        ("distilling", Control(), "Training the teacher network"),
        ("distilling", Control(pause=True), "Pausing…"),
        ("paused", Control(pause=True, stop=True), "Stopping…"),
        ("queued", Control(stop=True), "Stopping…"),
        ("stopped", Control(stop=True), "Stopped"),
    ],
)
def test_a_request_that_is_not_yet_carried_out_is_shown(state, asked, text):
    assert state_in_words(Status(state), asked)[1] == text


def test_progress_is_read_from_the_rows_of_the_history():
    run = store.create(
        TrainingConfig(epochs=8, batch_size=50, early_stopping=EarlyStopping(3)), "Mine"
    )
    rows = [
        {"kind": "batch", "epoch": 0.5, "step": 100, "time": 3.0},
        {"kind": "event", "event": "pause", "step": 100, "time": 3.0},
        {"kind": "batch", "epoch": 2.0, "step": 400, "time": 9.0},
    ]
    run.history_path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    # 300 batches of 50 in 6 s; a quarter took 9 s
    said = "Epoch 3 of 8 · 9 s so far, 27 s left at most"
    assert progress(run, Status("training")) == (0.25, said, " · 2,500 images per second")
    assert progress(run, Status("paused")) == (0.25, said, "")
    assert progress(run, Status("failed", "Why")) == (0.25, "Why", "")
    done = Status("done", "Why", summary=summary(epochs=2))  # it stopped early
    assert progress(run, done) == (1.0, "2 of 8 epochs in 9 s", "")
    assert progress(run, done.with_changes(state="stopped"))[0] == 0.25
    assert progress(run, Status("starting", "Why it *waits*"))[1] == r"Why it \*waits\*"


def test_the_training_of_a_teacher_is_shown_by_its_share_also_in_a_pause():
    run = store.create(TrainingConfig(), "Taught")
    said = "43% of the teacher's training is done; then this network learns from it"
    for state in ("distilling", "paused"):
        assert progress(run, Status(state, distilled=0.43)) == (0.43, said, "")
    nearly = progress(run, Status("distilling", distilled=0.996))[1]
    assert nearly.startswith("99.6% of")  # not yet all of it
    assert state_in_words(Status("paused", distilled=0.43), Control()) == ("school", "Continuing…")
    stale = Status("starting", "Loading", distilled=0.43)  # after an interruption
    assert progress(run, stale) == (0.0, "Loading", "")


def test_a_run_that_a_cluster_begins_again_says_why_it_waits():
    run = store.create(TrainingConfig(), "lost")
    run.set_status(state="training", host="node-2")
    with run.cluster_lock():
        assert "lost" in (said := progress(run, run.status())[1])
        assert said.startswith("Interrupted while training")


def test_a_run_that_waits_in_a_class_says_until_when_or_that_the_queue_is_halted(monkeypatch):
    monkeypatch.setenv("DIGITLAB_MODE", "class")
    monkeypatch.setattr(queue, "expected_wait", lambda run: 181.0)
    first, second = (store.create(TrainingConfig(), name, visitor=name) for name in "ab")
    first.set_status(state="training")
    with first.worker_lock():
        said = progress(second, second.status())[1]
        assert said.endswith("Yours starts next. "
                             "It is expected to start in about 3 minutes.")  # fmt: skip
        class_rules.change(halted=True)
        assert progress(second, second.status())[1].startswith("The teacher has halted the queue.")
    first.set_status(state="done")
    assert progress(second, second.status())[1].startswith("The teacher has halted the queue.")


def test_a_sweep_ahead_counts_as_one_and_ones_own_by_its_runs():
    parts = [SweepPart(f"{n:012x}", "S", "seed", 9) for n in (1, 2)]
    going = store.create(TrainingConfig(), "Going")
    going.set_status(state="training")
    before = [None, parts[0], parts[0], parts[0], parts[1]]
    waiting = [store.create(TrainingConfig(), f"W{n}", sweep=s) for n, s in enumerate(before)]
    last = [store.create(TrainingConfig(), f"L{n}", sweep=s) for n, s in enumerate((None, *parts))]
    with going.worker_lock():

        def said(run) -> str:
            text = progress(run, run.status())[1].removeprefix("Another run is in training")
            return text.removesuffix(" ahead of yours, which starts automatically.")

        assert said(waiting[1]) == ", and 1 run is"
        assert said(waiting[4]) == ", and 1 run and 1 sweep are"
        assert said(last[0]) == ", and 1 run and 2 sweeps are"
        assert said(last[1]) == ", and 2 runs, 1 sweep and 3 runs of the same sweep are"
