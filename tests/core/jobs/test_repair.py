"""Damaged files of a trained run, repaired from its other files."""

import dataclasses
import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from mnist_core.config.config import Layer, TrainingConfig
from mnist_core.digits.datasets import own_data
from mnist_core.digits.datasets.own_data import OwnDataError
from mnist_core.evaluation import temperature_scaling
from mnist_core.jobs import repair
from mnist_core.network.inference import Classifier
from mnist_core.runs import files as run_files
from mnist_core.runs import store
from mnist_core.runs.history import to_line
from mnist_core.runs.run import Run, RunActiveError
from mnist_core.training import trainer

pytestmark = pytest.mark.slow

CONFIG = TrainingConfig(layers=(Layer(16, normalization="before"),), epochs=3, batch_size=64)


@pytest.fixture(scope="module")
def whole(tmp_path_factory, few_digits) -> Path:
    """The directory of a run that was trained on few digits."""
    run = store.create(CONFIG, "Whole", tmp_path_factory.mktemp("repair") / "whole")
    trainer.train(CONFIG, few_digits, run)
    return run.directory


@pytest.fixture
def run(whole, runs_directory, few_digits, monkeypatch) -> Run:
    """A copy of it, whose data are there."""
    monkeypatch.setattr(own_data, "dataset_of", lambda config, offline=False: few_digits)
    shutil.copytree(whole, runs_directory / "a-run")
    (runs_directory / "a-run" / "worker.lock").touch()  # as a worker leaves it
    return Run(runs_directory / "a-run")


def truncate(path):
    path.write_bytes(path.read_bytes()[:-200])


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)


def empty(path):
    path.write_bytes(b"")


def replace_by_directory(path):
    path.unlink()
    path.mkdir()


WAYS = (truncate, empty, replace_by_directory)


def arrays(path):
    with np.load(path) as stored:
        return dict(stored)


def test_nothing_is_wrong_with_a_whole_run_and_nothing_is_done(run):
    before = {path: path.stat().st_mtime_ns for path in run.directory.glob("*.[!l]*")}
    assert repair.examine(run) == repair.repair(run) == []
    assert {path: path.stat().st_mtime_ns for path in run.directory.glob("*.[!l]*")} == before


@pytest.mark.parametrize("way", [*WAYS, os.unlink])
def test_the_status_is_worked_out_from_the_other_files(run, way):
    before = run.status()
    way(run.status_path)
    (damage,) = repair.repair(run)
    assert damage.file == "status.json"
    after = run.status()
    assert (after.state, after.dataset) == ("done", "sample")
    found, expected = after.summary.to_dict(), before.summary.to_dict()
    assert found.pop("seconds") == pytest.approx(expected.pop("seconds"), rel=0.5)
    assert found == pytest.approx(expected, rel=1e-5)


@pytest.fixture(scope="module")
def whole_smoothed(tmp_path_factory, few_digits) -> Path:
    """The directory of a run with label smoothing, so that its last layer was divided by a
    temperature."""
    config = CONFIG.with_changes(regularization={"label_smoothing": 0.1})
    run = store.create(config, "Smoothed", tmp_path_factory.mktemp("repair") / "smoothed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(temperature_scaling, "MIN_IMAGES", 1)
        trainer.train(config, few_digits, run)
    return run.directory


@pytest.fixture
def smoothed(whole_smoothed, runs_directory, few_digits, monkeypatch) -> Run:
    """A copy of it, whose data are there."""
    monkeypatch.setattr(own_data, "dataset_of", lambda config, offline=False: few_digits)
    monkeypatch.setattr(temperature_scaling, "MIN_IMAGES", 1)
    shutil.copytree(whole_smoothed, runs_directory / "smoothed")
    return Run(runs_directory / "smoothed")


def best_epoch(run):
    losses = {row.epoch: row.val_loss for row in run.epoch_rows()}
    return min(losses, key=losses.get)


@pytest.mark.parametrize("also_status", [False, True])
def test_weights_after_an_epoch_are_divided_by_the_temperature(smoothed, few_digits, also_status):
    before = smoothed.status().summary
    assert abs(np.log(before.temperature)) > 0.1
    truncate(smoothed.weights_path)
    truncate(smoothed.model_path)
    if also_status:
        empty(smoothed.status_path)
    repair.repair(smoothed)
    after = smoothed.status().summary
    found = Classifier.load(smoothed.weights_path).logits(few_digits.x_test)
    expected = Classifier.load(smoothed.epoch_path(best_epoch(smoothed))).logits(few_digits.x_test)
    tolerance = 0.1 if also_status else 1e-3  # then it is fitted for the best epoch's weights
    assert after.temperature == pytest.approx(before.temperature, rel=tolerance)
    np.testing.assert_allclose(found, expected / after.temperature, rtol=1e-3, atol=1e-3)
    assert repair.examine(smoothed) == []


def test_a_temperature_that_can_not_be_had_is_told(smoothed, monkeypatch):
    def missing(config, offline=False):
        raise OwnDataError("They are not here.")

    monkeypatch.setattr(own_data, "dataset_of", missing)
    for path in (smoothed.weights_path, smoothed.model_path, smoothed.status_path):
        empty(path)
    (damage,) = (one for one in repair.examine(smoothed) if one.file == "weights.npz")
    assert "The network is less sure than before" in damage.outcome


def test_a_status_that_is_worked_out_knows_the_temperature(smoothed):
    before = smoothed.status().summary.temperature
    empty(smoothed.status_path)
    repair.repair(smoothed)
    assert smoothed.status().summary.temperature == pytest.approx(before, rel=1e-3)


def test_no_training_begins_while_a_run_is_repaired(run, monkeypatch):
    alive = []
    monkeypatch.setattr(repair, "examine", lambda run: alive.append(run.worker_alive()) or [])
    repair.repair(run)
    assert alive == [True]
    assert not run.worker_alive()


@pytest.mark.parametrize("also_status", [False, True])
def test_missing_weights_are_taken_from_an_epoch_in_one_repair(run, also_status):
    os.unlink(run.weights_path)
    truncate(run.model_path)
    if also_status:
        empty(run.status_path)
    assert {"weights.npz", "model.keras"} <= {one.file for one in repair.repair(run)}
    assert repair.examine(run) == []
    assert (run.status().state, run.status().summary.test_size) == ("done", 100)
    assert Classifier.load(run.weights_path)


@pytest.mark.parametrize(
    ("losses", "state"), [((3, 2, 1), "interrupted"), ((1, 2, 3), "done"), ((1, 3, 2), "done")]
)
def test_early_stopping_has_ended_a_training_if_its_patience_was_exhausted(run, losses, state):
    early = CONFIG.with_changes(epochs=20, early_stopping={"patience": 2})
    run.update_description(training=early)
    rows = run.epoch_rows()
    lines = [to_line(row._replace(val_loss=loss)) for row, loss in zip(rows, losses, strict=True)]
    run.history_path.write_text("".join(lines))
    empty(run.status_path)
    repair.repair(run)
    assert run.status().state == state


def test_without_a_history_the_weights_after_epochs_tell_how_many_there_were(run):
    os.unlink(run.history_path)
    empty(run.status_path)
    assert {one.file for one in repair.repair(run)} == {"history.jsonl", "status.json"}
    assert (run.status().state, run.status().summary.epochs) == ("done", 3)
    assert repair.examine(run) == []


def test_a_file_in_place_of_the_weights_after_epochs_is_put_aside(run):
    shutil.rmtree(run.directory / "epochs")
    (run.directory / "epochs").write_bytes(b"")
    (damage,) = repair.repair(run)
    assert (damage.file, damage.reason) == ("epochs", "it is no directory")
    assert repair.examine(run) == []


@pytest.mark.parametrize(
    ("event", "epochs", "state"),
    [("stop", 3, "stopped"), ("prune", 3, "pruned"), (None, 9, "interrupted")],
)
def test_the_state_follows_from_the_history(run, event, epochs, state):
    run.update_description(training=CONFIG.with_changes(epochs=epochs))
    if event:
        with run.history_path.open("a") as file:
            file.write(json.dumps({"kind": "event", "event": event, "step": 9, "time": 9}) + "\n")
    empty(run.status_path)
    repair.repair(run)
    assert run.status().state == state
    os.unlink(run.status_path)
    os.unlink(run.weights_path)
    os.unlink(run.model_path)
    shutil.rmtree(run.directory / "epochs")
    repair.repair(run)
    assert (run.status().state, run.status().summary) == ("interrupted", None)


@pytest.mark.parametrize("way", [*WAYS, flip])
def test_weights_are_made_from_the_model(run, way):
    before = arrays(run.weights_path)
    way(run.weights_path)
    (damage,) = repair.repair(run)
    assert damage.file == "weights.npz"
    after = arrays(run.directory / "weights.npz")
    assert before.keys() == after.keys()
    assert all(np.array_equal(before[name], after[name]) for name in before)
    assert repair.examine(run) == []


def test_without_a_model_the_weights_after_the_best_epoch_take_their_place(run, few_digits):
    expected = Classifier.load(run.epoch_path(best_epoch(run)))
    truncate(run.weights_path)
    truncate(run.model_path)
    assert {damage.file for damage in repair.repair(run)} == {"weights.npz", "model.keras"}
    found = Classifier.load(run.weights_path)
    images = few_digits.x_test
    np.testing.assert_allclose(found.logits(images), expected.logits(images), atol=1e-4)
    accuracy = (found.predicted(images) == few_digits.y_test).mean()
    assert run.status().summary.test_accuracy == pytest.approx(accuracy)
    assert repair.examine(run) == []


@pytest.mark.parametrize("damaged", [["status.json"], ["weights.npz", "model.keras"]])
def test_the_temperature_after_label_smoothing_stays(run, few_digits, damaged):
    run.update_description(training=CONFIG.with_changes(regularization={"label_smoothing": 0.1}))
    divided = arrays(run.weights_path)
    divided |= {name: divided[name] / 0.54 for name in ("kernel_1", "bias_1")}
    run_files.save_arrays(run.weights_path, divided)
    run.set_status(summary=dataclasses.replace(run.status().summary, temperature=0.54))
    expected = Classifier.load(run.weights_path).logits(few_digits.x_test)
    for name in damaged:
        truncate(run.directory / name)
    for epoch in run.epochs()[:-1]:  # the final weights are those after the last
        run.epoch_path(epoch).unlink()
    run = Run(run.directory)
    assert [damage.file for damage in repair.repair(run)] == damaged
    assert run.status().summary.temperature == pytest.approx(0.54, rel=1e-3)
    found = Classifier.load(run.weights_path).logits(few_digits.x_test)
    np.testing.assert_allclose(found, expected, atol=0.02)


def test_a_run_that_is_repaired_twice_at_once_is_repaired_once(run):
    before = run.status()
    damaged = ("history.jsonl", "weights.npz", "status.json")
    truncate(run.weights_path)
    empty(run.status_path)
    with run.history_path.open("a") as file:
        file.write("{damaged\n")
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: repair.repair(Run(run.directory)), range(4)))
    assert sorted(map(len, done)) == [0, 0, 0, len(damaged)]
    assert {path.name for path in run.directory.glob("*.damaged*")} == {
        f"{name}.damaged" for name in damaged
    }
    assert run.status().state == before.state
    assert run.status().summary.epochs == before.summary.epochs


def test_weights_that_nothing_else_holds_can_not_be_repaired(run):
    truncate(run.weights_path)
    truncate(run.model_path)
    for epoch in run.epochs():
        empty(run.epoch_path(epoch))
    damage = repair.examine(run)[0]
    assert (damage.file, damage.repair) == ("weights.npz", None)
    assert "can't be repaired: neither model.keras nor" in damage.outcome
    repair.repair(run)
    assert [damage.file for damage in repair.examine(run)] == ["weights.npz"]


def test_damaged_lines_of_the_history_are_blanked_and_its_length_stays(run):
    lines = run.history_path.read_bytes().split(b"\n")
    rows, length = run.history(), run.history_path.stat().st_size
    lines[1] = b"\0" * len(lines[1])
    run.history_path.write_bytes(b"\n".join(lines))
    (damage,) = repair.repair(run)
    assert (damage.file, damage.reason[:5]) == ("history.jsonl", "1 of ")
    assert run.history() == [rows[0], *rows[2:]]
    assert run.history_path.stat().st_size == length
    assert repair.examine(run) == []


@pytest.mark.parametrize(
    "name", ["control.json", "calibration.json", "checkpoint.npz", "model.keras", "epochs/002.npz"]
)
@pytest.mark.parametrize("way", WAYS)
def test_what_is_not_needed_is_put_aside_and_kept(run, name, way):
    run.request(stop=True)
    temperature_scaling.calibrate(run)
    path = run.directory / name
    way(path)
    content = path.is_file() and path.read_bytes()
    (damage,) = repair.repair(run)
    aside = path.with_name(f"{path.name}.damaged")
    assert damage.file == name
    assert not path.exists()
    assert aside.is_dir() if content is False else aside.read_bytes() == content
    assert repair.examine(run) == []


@pytest.mark.parametrize("name", ["base.keras", "drawings.npz"])
def test_what_only_resuming_needs_and_nothing_else_holds_can_not_be_repaired(run, name):
    (run.directory / name).write_bytes(b"no archive")
    (damage,) = repair.examine(run)
    assert (damage.file, damage.repair) == (name, None)
    assert "resuming needs it" in damage.outcome


def test_a_file_that_is_damaged_again_is_kept_beside_the_first(run):
    for content in (b"first", b"second"):
        run.status_path.write_bytes(content)
        repair.repair(run)
    kept = [run.directory / f"status.json.damaged{end}" for end in ("", "-2")]
    assert [path.read_bytes() for path in kept] == [b"first", b"second"]


def test_fields_of_the_config_are_replaced_then_the_rest_is_repaired(run):
    stored = json.loads(run.config_path.read_text())
    wrong = {"created": 1e300, "kept": 7, "odd": [], "visitor": 3}
    run.config_path.write_text(json.dumps(stored | wrong))
    empty(run.status_path)
    run = Run(run.directory)
    (damage,) = repair.examine(run)
    assert damage.file == "config.json"
    assert "Replaced: created, kept. Left out: odd, visitor." in damage.outcome
    assert "marked Keep" in damage.outcome
    assert "belongs to nobody" in damage.outcome
    assert [one.file for one in repair.repair(run)] == ["config.json", "status.json"]
    (found,) = store.list_runs()
    assert (found.name, found.config, found.kept) == ("Whole", CONFIG, True)
    assert found.created == pytest.approx(run.directory.stat().st_mtime, abs=60)
    assert found.status().state == "done"


@pytest.mark.parametrize("training", [None, {"layers": 3}])
def test_a_config_without_hyperparameters_can_not_be_repaired(run, training):
    stored = json.loads(run.config_path.read_text())
    run.config_path.write_text(json.dumps(stored | {"training": training}))
    run = Run(run.directory)
    (damage,) = repair.examine(run)
    assert damage.outcome.startswith(
        "It can't be repaired: no other file holds the hyperparameters"
    )
    assert repair.repair(run) == []


def test_one_wrong_hyperparameter_is_named_and_can_be_corrected_by_hand(run):
    stored = json.loads(run.config_path.read_text())
    stored["training"]["seed"] = "x"
    run.config_path.write_text(json.dumps(stored))
    (damage,) = repair.examine(Run(run.directory))
    assert "training.seed: expected" in damage.reason
    assert damage.outcome.endswith(
        "that are wrong. The rest can be read: correct these in the file."
    )
    assert damage.repair is None


@pytest.mark.parametrize("name", ["config.json", "status.json", "weights.npz", "history.jsonl"])
def test_on_a_full_disk_everything_stays_as_it_was(run, full_disk, name):
    path = run.directory / name
    if name == "config.json":
        path.write_text(path.read_text().replace('"created"', '"then"'))
    else:
        truncate(path)
    before = {path: path.read_bytes() for path in run.directory.glob("*.*") if path.is_file()}
    with full_disk(), pytest.raises(OSError, match="File too large"):
        repair.repair(Run(run.directory))
    after = {path: path.read_bytes() for path in run.directory.glob("*.*") if path.is_file()}
    assert after == before


def test_a_run_that_trains_or_ships_is_left_alone(run):
    empty(run.status_path)
    with run.worker_lock(), pytest.raises(RunActiveError):
        repair.repair(run)
    assert run.status().state == "damaged"
    with pytest.raises(RunActiveError):
        repair.repair(store.list_pretrained()[0])
