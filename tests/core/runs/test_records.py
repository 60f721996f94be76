"""Damaged files of a run: each is named with its reason, and takes nothing else down."""

import json
import os
import time

import pytest

from mnist_core.config.config import TrainingConfig
from mnist_core.runs import files, records, store
from mnist_core.runs.records import (
    BeforeFineTuning,
    Control,
    Description,
    DrawingsSource,
    RunDamagedError,
    Status,
)
from mnist_core.runs.run import Run, RunActiveError, RunNotFoundError
from tests.summaries import summary

DEEP = "[" * 100_000
NESTED = '{"a":' * 400 + "1" + "}" * 400  # which the parser takes
SUMMARY = json.dumps(summary().to_dict())


def with_figure(**figures):
    """A status whose summary has these figures, which a `Summary` would refuse."""
    return json.dumps({"summary": summary().to_dict() | figures})


def make(name="Mine"):
    return store.create(TrainingConfig(), name)


def test_records_come_back_from_json():
    before = BeforeFineTuning(0.5, 0.25, 10)
    full = Status(
        "done", "All well", 3.0, 1.0, 2.0, 77, "mnist", 0.5,
        summary(temperature=1.5, before=before), 1.5,
    )  # fmt: skip
    source = DrawingsSource("pens.unipen", "0a" * 32, 7)
    about = Description(
        name="A", created=1.0, kept=True, drawings=source, training=TrainingConfig()
    )
    for record in (full, Status(), Control(True, True, 0.01), about):
        assert type(record).from_dict(json.loads(json.dumps(record.to_dict()))) == record


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it is no JSON"),
        ("{", "it is no JSON"),
        (DEEP, "it is no JSON"),
        (NESTED, "a: unknown field"),
        ("\udcff\udcfe", "it is no JSON"),
        ("[]", "expected an object of fields, got []"),
        ("null", "can't be read: expected an object of fields, got None"),
        ('{"mood": 1}', "mood: unknown field"),
        ('{"state": "daydreaming"}', "state: expected one of queued, "),
        ('{"updated": "yesterday"}', "updated: expected a number from 0 to 250000000000"),
        ('{"updated": "12"}', "updated: expected a number"),
        ('{"updated": NaN}', "updated: expected a number"),
        ('{"started": 1e300}', "started: expected a number"),
        ('{"finished": Infinity}', "finished: expected a number"),
        ('{"pid": -1}', "pid: expected a whole number from 1"),
        ('{"message": ["no"]}', "message: expected text"),
        ('{"dataset": "fashion"}', "dataset: expected mnist, sample or the id of a data set"),
        ('{"summary": []}', "summary: expected an object of fields, got []"),
        ('{"summary": {"test_accuracy": 0.5}}', "summary.test_loss: is missing"),
        (SUMMARY.replace("0.5", "NaN"), "test_accuracy: "),
        ('{"summary": ' + SUMMARY.replace("0.5", '"0.5"') + "}", "summary.test_accuracy: expected"),
        ('{"summary": ' + SUMMARY.replace("1.0", "1e300") + "}", "summary.seconds: expected"),
        (with_figure(epochs=1001), "summary.epochs: expected a whole number from 0 to 1000"),
        (with_figure(best_epoch=10**10), "summary.best_epoch: expected a whole number"),
        (with_figure(test_size=10**8), "summary.test_size: expected a whole number"),
        (with_figure(parameters=10**10), "summary.parameters: expected a whole number"),
        (json.dumps({f"field {i}": i for i in range(5000)}), "field 0: unknown field"),
        ("[" + "1, " * records.MAX_BYTES + "1]", "it has more than 1,000,000 bytes"),
    ],
)  # fmt: skip
def test_a_damaged_status_is_named_and_can_be_written_anew(text, reason):
    damaged, good = make("Damaged"), make("Good")
    damaged.status_path.write_bytes(text.encode("utf-8", "surrogateescape"))
    status = damaged.status()
    assert status.state == "damaged"
    assert f"status.json of {damaged.id} can't be read: " in status.message
    assert reason in status.message
    assert len(status.message) < 1500
    assert not damaged.ready
    assert status.summary is None
    assert {run.id for run in store.list_runs()} == {damaged.id, good.id}
    assert damaged.set_status(state="done", message="").state == "done"


@pytest.mark.parametrize("text", ['{"summary": null}', "{}"])
def test_a_status_without_a_summary_is_in_order(text):
    run = make()
    run.status_path.write_text(text)
    assert run._stored_status() == Status()


def test_a_missing_status_is_named():
    run = make()
    run.status_path.unlink()
    assert "status.json" in run.status().message
    assert "No such file" in run.status().message


GOOD = {"name": "x", "created": 1.0, "training": {}}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it is no JSON"),
        ("{", "it is no JSON"),
        (DEEP, "it is no JSON"),
        ("\udcff", "it is no JSON"),
        ("[]", "expected an object of fields"),
        ('{"name": "x"}', "created: is missing; training: is missing"),
        (json.dumps(GOOD | {"training": {"epochs": 0}}), "training.epochs: expected a whole"),
        (json.dumps(GOOD | {"training": {"learning_rate": 0.1}}), "learning_rate: unknown"),
        (json.dumps(GOOD | {"created": "today"}), "created: expected a number"),
        (json.dumps(GOOD | {"created": float("nan")}), "created: expected a number"),
        (json.dumps(GOOD | {"created": 1e300}), "created: expected a number"),
        (json.dumps(GOOD | {"name": 7}), "name: expected a line of 1–200 characters"),
        (json.dumps(GOOD | {"name": ""}), "name: expected a line"),
        (json.dumps(GOOD | {"kept": "yes"}), "kept: expected true or false"),
        (json.dumps(GOOD | {"continued_at": -1}), "continued_at: expected a whole number"),
        (json.dumps(GOOD | {"visitor": 5}), "visitor: expected a line"),
        (json.dumps(GOOD) + " " * records.MAX_BYTES, "it has more than 1,000,000 bytes"),
    ],
)  # fmt: skip
def test_a_damaged_config_is_named_and_hides_no_other_run(text, reason):
    damaged, good = make("Damaged"), make("Good")
    damaged.config_path.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert store.list_runs() == [good]
    ((run, error),) = store.list_damaged()
    assert run.id == damaged.id
    assert (error.path, reason in error.reason) == (damaged.config_path, True), error.reason
    with pytest.raises(RunNotFoundError, match=r"config\.json of .* can't be read"):
        store.get(damaged.id)
    with pytest.raises(RunDamagedError, match=r"config\.json"):
        _ = Run(damaged.directory).config
    store.clean_up()
    assert damaged.directory.exists()


def test_a_damaged_run_can_be_deleted_once_it_has_ended():
    run = make()
    run.config_path.write_text("")
    run = Run(run.directory)
    run.set_status(state="training")
    with run.worker_lock(), pytest.raises(RunActiveError):
        run.delete()
    run.delete()
    assert store.list_damaged() == []


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", DEEP, "\udcff", '{"stop": 1}', '{"learning_rate": "fast"}',
     '{"learning_rate": NaN}', '{"hurry": true}'],
)  # fmt: skip
def test_a_damaged_control_file_asks_for_nothing_and_is_replaced(text):
    run = make()
    run.control_path.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert run.control() == Control()
    run.request(pause=True)
    assert run.control() == Control(pause=True)


def test_a_damaged_status_does_not_expose_a_run_that_is_being_trained():
    run = make()
    run.status_path.write_text("{")
    with run.worker_lock(), pytest.raises(RunActiveError, match="stop it first"):
        run.delete()
    run.delete()
    assert not run.directory.exists()


def test_a_request_keeps_a_rate_that_the_worker_may_not_have_read_yet():
    run = make()
    run.request(learning_rate=0.01)
    assert run.control() == Control(learning_rate=0.01, rate_requests=1)
    run.request(pause=True)
    assert run.control() == Control(pause=True, learning_rate=0.01, rate_requests=1)
    run.request(learning_rate=0.01)
    assert run.control().rate_requests == 2


def test_what_is_written_is_checked_too():
    run = make()
    for wrong in ({"state": "daydreaming"}, {"summary": {"epochs": 1}}, {"mood": "good"}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            run.set_status(**wrong)
    assert run.status().state == "queued"
    files.write_json(run.status_path, run.set_status(pid=5).to_dict())
    assert run.status().pid == 5
    assert abs(run.status().updated - time.time()) < 60


def test_a_file_that_has_settled_is_read_anew_once_it_changes(tmp_path):
    path = tmp_path / "status.json"
    for age, state in ((100, "queued"), (50, "training"), (0, "paused"), (0, "done")):
        path.write_text(f'{{"state": "{state}"}}')
        then = time.time() - age
        os.utime(path, (then, then))
        assert records.read(Status, path).state == state
        assert records.read(Status, path).state == state
    path.unlink()
    with pytest.raises(RunDamagedError):
        records.read(Status, path)
