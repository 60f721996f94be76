"""The page of all runs, without a browser."""

import csv
import io
import json
import os

import pytest

from mnist_core.config.config import TrainingConfig
from mnist_core.runs import store
from pages.components.shell.text import plain
from pages.components.train.downloads import history_csv
from tests.pages.conftest import way_to


def finished(name="Mine", **status):
    run = store.create(TrainingConfig(epochs=2), name)
    run.set_status(**{"state": "failed", "message": "No space left on device", **status})
    return run


def texts(app):
    return "\n".join(element.value for element in (*app.markdown, *app.error, *app.info))


def test_a_visitor_without_runs_is_told_what_to_do_and_sees_the_shipped_ones(open_page):
    app = open_page("runs")
    assert "You have not trained a network yet" in app.info[0].value
    for run in store.list_pretrained():
        accuracy = run.status().summary.test_accuracy
        assert f"**{accuracy:.2%}** test accuracy" in texts(app)


def test_shipped_networks_can_be_neither_renamed_nor_deleted(open_page):
    app = open_page("runs")
    assert not [button for button in app.button if button.key.startswith(("rename", "delete"))]


def test_a_failed_run_says_why(open_page):
    finished()
    app = open_page("runs")
    assert "No space left on device" in texts(app)


def test_an_active_run_cannot_be_deleted(open_page):
    run = finished(state="training")
    with run.worker_lock():
        app = open_page("runs")
    assert app.button(key=f"delete-{run.id}").disabled
    assert f"resume-{run.id}" not in [button.key for button in app.button]


def test_markup_in_a_name_is_shown_as_it_was_typed(open_page):
    finished(name="**bold** <b>x</b> :material/home:")
    app = open_page("runs")
    assert r"\*\*bold\*\* \<b\>x" in texts(app)


def test_the_history_is_offered_as_csv():
    run = finished()
    rows = [
        {"kind": "batch", "step": 1, "epoch": 0.5, "loss": 2.0, "accuracy": 0.1, "time": 0.1},
        {"kind": "epoch", "epoch": 1, "step": 2, "loss": 1.5, "val_loss": 1.25, "time": 0.2},
        {"kind": "event", "event": "pause", "step": 2, "time": 0.3},
    ]
    run.history_path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    table = list(csv.DictReader(io.StringIO(history_csv(run))))
    assert [row["kind"] for row in table] == ["batch", "epoch", "event"]
    assert float(table[1]["val_loss"]) == 1.25
    assert table[0]["val_loss"] == ""


def test_runs_that_come_and_go_do_not_move_the_comparison_so_no_click_is_lost(open_page):
    app = open_page("runs")
    way = way_to(app, "compared")
    others = [finished(str(number)) for number in range(9)]  # a second page
    assert way_to(app.run(), "compared") == way
    others[0].delete()
    assert way_to(app.run(), "compared") == way


def test_a_run_that_another_visitor_keeps_stays_kept(open_page):
    run = finished()
    app = open_page("runs")
    store.get(run.id).keep(True)
    app.run()
    assert store.get(run.id).kept
    assert app.toggle(key=f"keep-{run.id}").value
    run.delete()
    app.toggle(key=f"keep-{run.id}").set_value(False).run()
    assert not app.exception


def test_a_run_is_kept_by_its_switch(open_page):
    run = store.create(TrainingConfig(), "Mine")
    run.set_status(state="done")
    app = open_page("runs")
    assert "newest 50 runs stay" in "".join(caption.value for caption in app.caption)
    app.toggle(key=f"keep-{run.id}").set_value(True).run()
    assert store.get(run.id).kept
    app.toggle(key=f"keep-{run.id}").set_value(False).run()
    assert not store.get(run.id).kept


def test_the_rename_dialog_starts_with_the_runs_own_name(open_page):
    first, second = finished(), finished().rename("Another")
    app = open_page("runs")
    app.button(key=f"rename-{first.id}").click().run()
    app.text_input(key=f"name-{first.id}").set_value("Half typed").run()
    app.button(key=f"rename-{second.id}").click().run()
    assert [box.value for box in app.text_input] == ["Another"]
    app.button(key="confirm-rename").click().run()
    assert [store.get(run.id).name for run in (first, second)] == [first.name, "Another"]


@pytest.mark.parametrize("text", ["", "[]", '{"name": "x", "created": 1e300}'])
def test_a_run_whose_config_is_damaged_says_so_and_can_be_deleted(open_page, text):
    run, other = finished("Broken"), finished("Fine")
    run.config_path.write_text(text)
    app = open_page("runs")
    assert f"**{run.id}** · :material/broken_image: Damaged" in texts(app)
    assert "config.json of " in texts(app).replace("\\", "")
    assert f"delete-{other.id}" in [button.key for button in app.button]
    app.button(key=f"delete-{run.id}").click().run()
    assert not app.exception
    assert "confirm-delete" in [button.key for button in app.button]  # its click needs a browser


def test_a_run_whose_config_is_missing_says_so_and_can_be_deleted(open_page):
    run = finished("Broken")
    run.config_path.unlink()
    os.utime(run.directory, (0, 0))
    app = open_page("runs")
    assert f"**{run.id}** · :material/broken_image: Damaged" in texts(app)
    app.button(key=f"delete-{run.id}").click().run()
    assert "confirm-delete" in [button.key for button in app.button]  # its click needs a browser


@pytest.mark.parametrize("text", ["", "[]", '{"summary": {}}', '{"state": "?", "updated": NaN}'])
@pytest.mark.parametrize("page", ["runs", "train", "misclassified"])
def test_a_damaged_status_takes_no_page_down(open_page, page, text):
    run = finished("Broken")
    run.status_path.write_text(text)
    app = open_page(page, run=run.id)
    if page == "runs":
        assert "status.json of " in texts(app).replace("\\", "")


def test_damaged_rows_and_controls_take_no_page_down(open_page):
    run = finished("Broken")
    run.history_path.write_text('nonsense\n{"kind": "epoch"}\n[]\n')
    run.control_path.write_text("")
    open_page("train", run=run.id)


@pytest.mark.parametrize("page", ["train", "misclassified", "network"])
def test_an_address_of_a_damaged_run_takes_no_page_down(open_page, page):
    run = finished("Broken")
    run.config_path.write_text('{"name": "x", "created": NaN}')
    assert open_page(page, run=run.id).warning


def test_a_wrong_number_of_runs_to_keep_is_told(open_page, monkeypatch):
    store.create(TrainingConfig(), "Mine")
    monkeypatch.setenv("DIGITLAB_KEEP_RUNS", "abc")
    app = open_page("runs")
    assert not app.exception
    assert [warning.value for warning in app.warning] == [
        plain("DIGITLAB_KEEP_RUNS: expected a whole number from 0 on, got 'abc'.")
    ]
