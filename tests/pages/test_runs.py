"""The page of all runs, without a browser."""

import csv
import io
import json
import os
import re
import time

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from mnist_core.config.config import TrainingConfig
from mnist_core.config.presets import PRESETS
from mnist_core.runs import store
from mnist_core.runs.records import SweepPart
from pages.components.shell.text import plain
from pages.components.train.runs import run_table
from pages.components.train.runs.downloads import history_csv
from tests.pages.conftest import path_of
from tests.pages.shown import table
from tests.summaries import summary


def finished(name="Mine", **status):
    run = store.create(TrainingConfig(epochs=2), name)
    run.set_status(**{"state": "failed", "message": "No space left on device", **status})
    return run


def texts(app):
    return "\n".join(element.value for element in (*app.markdown, *app.error, *app.info))


def open_menu(app, run):
    """Open the window for a run, as a click on its button in the table does."""
    app.session_state["menu-of"] = run.id
    return app.run()


def test_a_visitor_without_runs_is_told_what_to_do_and_sees_the_shipped_ones(open_page):
    app = open_page("runs")
    assert "You have not trained a network yet" in app.info[0].value
    shown = {row["name"]: row["accuracy"] for row in table(app)}
    assert shown == {
        run.name: f"{run.status().summary.test_accuracy:.2%}" for run in store.list_pretrained()
    }
    assert {row["who"] for row in table(app)} == {"Digit Lab"}


def test_the_table_shows_each_run_as_it_is_now(open_page):
    run = store.create(PRESETS["speedrun"].with_changes(seed=7), "<Mine>", visitor="f" * 16)
    run.history_path.write_text('{"kind": "batch", "epoch": 1.5, "step": 9, "time": 61}\n')
    run.set_status(state="training")
    with run.worker_lock():
        app = open_page("runs")
        (mine,) = [row for row in table(app) if row["who"] != "Digit Lab"]
    started = mine.pop("started")
    assert started.endswith(time.strftime("%H:%M", time.localtime(run.created)))
    assert mine == {
        "name": "&lt;Mine&gt;",
        "who": "You",
        "state": "Training",
        "settings": "Speedrun, seed 7",
        "epochs": "1 of 3",
        "accuracy": "–",
        "seconds": "1 min 1 s",
    }
    run.set_status(state="done", summary=summary(epochs=3, test_accuracy=0.98, seconds=90.0))
    shown = table(app.run())[0]
    assert (shown["state"], shown["epochs"], shown["accuracy"]) == ("Done", "3 of 3", "98.00%")


def test_rows_are_filtered_by_words_and_by_who_started_them(open_page):
    cats, dogs = finished("Cats"), finished("Dogs")
    app = open_page("runs")
    assert [row["name"] for row in table(app)][:2] == ["Dogs", "Cats"]  # the newest first
    app.text_input(key="runs-filter").set_value("cat FAIL").run()
    assert [row["name"] for row in table(app)] == ["Cats"]
    app.text_input(key="runs-filter").set_value("").run()
    app.selectbox(key="runs-of").select("Digit Lab").run()
    assert {row["who"] for row in table(app)} == {"Digit Lab"}
    app.selectbox(key="runs-of").select("Command line").run()
    assert [row["name"] for row in table(app)] == ["Dogs", "Cats"]
    cats.delete(), dogs.delete()
    assert {row["who"] for row in table(app.run())} == {"Digit Lab"}  # nobody else is left
    assert not app.exception
    app.text_input(key="runs-filter").set_value("no such words").run()
    assert "Change or clear it" in texts(app)


def trained(accuracy: float, sweep: SweepPart | None = None, name="A run", **changes):
    run = store.create(PRESETS["speedrun"].with_changes(**changes), name, sweep=sweep)
    run.set_status(state="done", summary=summary(best_val_accuracy=accuracy))
    return run


def test_differing_hyperparameters_have_columns_of_their_own_that_sort(no_networks, open_page):
    for seed, rate, size in ((0, 0.01, 64), (0, 0.1, 256), (1, 0.03, 64)):
        trained(0.9, seed=seed, optimizer={"learning_rate": rate}, batch_size=size)
    app = open_page("runs")
    assert "learning_rate" not in table(app)[0]
    app.toggle(key="setting-columns").set_value(True).run()
    columns = ("learning_rate", "batch_size", "seed")
    cells = [[row[name] for name in columns] for row in table(app)]
    assert cells == [["0.03", "64", "1"], ["0.1", "256", "0"], ["0.01", "64", "0"]]
    assert "settings" not in table(app)[0]
    app.session_state["runs-sorted"] = ("learning_rate", False)
    assert [row["learning_rate"] for row in table(app.run())] == ["0.01", "0.03", "0.1"]
    rows = [run_table.row_of(run, "") for run in store.list_runs()]
    (newest, *_) = csv.DictReader(io.StringIO(run_table.table_csv(rows)))
    assert [newest[name] for name in columns] == ["0.03", "64", "1"]
    assert newest["validation_accuracy"] == "0.9"
    sgd = run_table.row_of(trained(0.9, optimizer={"name": "sgd"}), "")
    html = run_table.table_html([sgd, *rows], "name", False, lambda run_id: 5, ["momentum"])
    assert re.findall(r'class="momentum">([^<]*)<', html) == ["0.9", "–", "–", "–"]  # Adam has none
    html = run_table.table_html(rows, "seed", False, lambda run_id: 5, columns)
    headings = re.findall(r'data-index="(-\d+)"', html)
    assert [run_table.heading(int(index)) for index in headings] == run_table.columns(columns)


def test_runs_are_grouped_by_a_setting_and_by_sweep(no_networks, open_page):
    part = SweepPart("0" * 12, "Widths", "units", 2)
    for accuracy, sweep, rate in (
        (0.97, part, 0.01), (0.99, part, 0.01), (0.90, None, 0.1), (0.91, None, 0.01)
    ):  # fmt: skip
        trained(accuracy, sweep, optimizer={"learning_rate": rate})
    app = open_page("runs")
    assert not app.table
    app.selectbox(key="group-list").set_value("sweep").run()
    shown = app.table[0].value
    assert shown["Sweep"].tolist() == ["Widths", "in no sweep"]
    assert app.query_params["group"] == "sweep"
    again = open_page("runs", **{"group": "learning_rate", "setting-columns": "true"})
    assert again.table[0].value.columns[0] == "Learning rate"
    assert "learning_rate" in table(again)[0]
    # The spread of two figures is their distance by the root of two.
    assert shown["Validation accuracy"].tolist() == ["98.00% ± 1.41", "90.50% ± 0.71"]
    app.selectbox(key="group-list").set_value("learning_rate").run()
    assert app.table[0].value["Runs"].tolist() == [3, 1]
    app.text_input(key="runs-filter").set_value("rate 0.1").run()  # of one run nothing differs
    assert not app.exception
    assert not app.table


def test_the_time_for_many_runs_grows_with_their_number_not_with_its_square(no_networks):
    def time_for(runs) -> float:  # of this thread alone: the machine may be busy
        begun = time.thread_time()
        rows = [run_table.row_of(run, "") for run in runs]
        differ = run_table.differing_hyperparameters(rows)
        run_table.table_html(
            run_table.in_order(rows, differ[0], True), "name", True, lambda run_id: 5, differ
        )
        return time.thread_time() - begun

    runs = [trained(0.9, name=f"R{seed}", batch_size=1 + seed) for seed in range(300)]
    for run in runs:  # as if nothing had changed for a while
        for path in (run.config_path, run.status_path):
            os.utime(path, (time.time() - 60, time.time() - 60))
    time_for(runs)  # from then on files are remembered
    few = min(time_for(runs[:60]) for _ in range(3))
    many = min(time_for(runs) for _ in range(3))
    assert many < 18 * few  # five times as many; their square would be 25


def test_rows_are_sorted_with_missing_values_last():
    rows = [
        run_table.row_of(finished(name, state="done", **more), "")
        for name, more in (
            ("b", {"summary": summary(test_accuracy=0.9)}),
            ("C", {}),
            ("a", {"summary": summary(test_accuracy=0.95)}),
        )
    ]
    for column, descending, names in (
        ("name", False, "abC"),
        ("accuracy", True, "abC"),
        ("accuracy", False, "baC"),
        ("started", False, "bCa"),
    ):
        assert "".join(row.name for row in run_table.in_order(rows, column, descending)) == names
    html = run_table.table_html(rows, "accuracy", True, lambda run_id: 5)
    assert html.count('aria-sort="descending"') == 1
    assert [run_table.heading(-place) for place in (1, 3)] == ["name", "accuracy"]
    table = list(csv.DictReader(io.StringIO(run_table.table_csv(rows))))
    assert [(row["name"], row["accuracy"]) for row in table] == [
        ("b", "0.9"), ("C", ""), ("a", "0.95")
    ]  # fmt: skip


def test_among_others_it_comes_first_who_started_a_run(monkeypatch):
    assert (run_table.columns()[1], run_table.columns()[-1]) == ("state", "who")
    monkeypatch.setenv("DIGITLAB_MODE", "class")
    assert run_table.columns()[:3] == ["name", "who", "state"]
    html = run_table.table_html([run_table.row_of(finished(), "")], "name", True, lambda run_id: 5)
    assert re.findall(r'<td class="(\w+)"', html)[:3] == ["name", "who", "state"]


def test_shipped_networks_can_be_neither_renamed_nor_deleted(open_page):
    app = open_menu(open_page("runs"), store.get("compact"))
    keys = {button.key for button in app.button}
    assert not [key for key in keys if key.startswith(("rename", "delete"))]
    assert "keras-compact" in {button.key for button in app.get("download_button")}


def test_a_failed_run_says_why(open_page):
    run = finished()
    assert "No space left on device" in texts(open_menu(open_page("runs"), run))


def test_an_active_run_cannot_be_deleted(open_page):
    run = finished(state="training")
    with run.worker_lock():
        app = open_menu(open_page("runs"), run)
    assert app.button(key=f"delete-{run.id}").disabled
    assert f"resume-{run.id}" not in [button.key for button in app.button]


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
    way = path_of(app, "compared")
    others = [finished(str(number)) for number in range(26)]  # a second page
    assert path_of(app.run(), "compared") == way
    others[0].delete()
    assert path_of(app.run(), "compared") == way


def test_a_run_is_kept_by_its_switch_also_by_another_visitors(open_page):
    run = finished()
    app = open_menu(open_page("runs"), run)
    assert "newest 50 runs stay" in "".join(caption.value for caption in app.caption)
    store.get(run.id).keep(True)
    app = open_menu(app, run)
    assert app.toggle(key=f"keep-{run.id}").value
    app.toggle(key=f"keep-{run.id}").set_value(False).run()
    assert not store.get(run.id).kept


def test_an_old_run_that_could_not_be_deleted_is_reported_with_the_reason(open_page, monkeypatch):
    monkeypatch.setattr(store, "not_deleted", lambda: {"Old": "Permission denied"})
    warned = [warning.value for warning in open_page("runs").warning]
    assert warned == ["The old run Old could not be deleted: Permission denied"]


@pytest.mark.parametrize("text", [None, "", "[]", '{"name": "x", "created": 1e300}'])
def test_a_run_whose_config_is_damaged_or_missing_says_so_and_can_be_deleted(open_page, text):
    run = finished("Broken")
    if text is None:
        run.config_path.unlink()
        os.utime(run.directory, (0, 0))
    else:
        run.config_path.write_text(text)
    app = open_page("runs")
    assert f"**{run.id}** is damaged: config.json of " in texts(app).replace("\\", "")
    app.button(key=f"delete-damaged-{run.id}").click().run()
    assert not app.exception
    assert {"confirm-delete", "cancel-delete"} <= {button.key for button in app.button}
    app.button(key=f"repair-damaged-{run.id}").click().run()
    assert not app.exception
    assert "no other file holds the hyperparameters" in texts(app)
    assert "repair" not in {button.key for button in app.button}


def test_a_damaged_run_says_what_can_be_saved_and_is_repaired(open_page):
    run = finished("Broken")
    run.config_path.write_text(run.config_path.read_text().replace('"created": ', '"created": -'))
    run.status_path.write_text("")
    app = open_page("runs")
    app.button(key=f"repair-damaged-{run.id}").click().run()
    assert "**config.json** is damaged: created: expected a number" in said(app)
    assert "The hyperparameters can be read" in said(app)
    app.button(key="repair").click()
    app.button(key=f"repair-damaged-{run.id}").click().run()  # a rerun of a page closes its windows
    assert "Repaired: config.json and status.json." in said(app)
    assert "All of its files can be read." in said(app)
    assert store.get(run.id).status().state == "interrupted"


def window(run_id):
    """The window of a run as a page of its own."""
    import streamlit as st

    from mnist_core.runs import store
    from pages.components.train.runs import run_menu

    st.session_state.setdefault("menu-step", "")
    run_menu._menu(store.get(run_id))


def test_the_files_of_a_run_are_checked_on_request(full_disk, monkeypatch):
    monkeypatch.setattr(st, "page_link", lambda *args, **options: None)
    run = finished("Looks well")
    run.history_path.write_text('nonsense\n{"kind": "event", "event": "x", "step": 1, "time": 1}\n')
    app = AppTest.from_function(window, kwargs={"run_id": run.id}).run()
    app.button(key=f"repair-{run.id}").click().run()
    assert "**history.jsonl** is damaged: 1 of 3 lines can't be read." in said(app)
    app.button(key="repair").click()
    with full_disk():
        app.run()
    assert "Nothing was changed: writing to the disk failed (File too large)." in said(app)
    assert "**history.jsonl** is damaged" in said(app)
    app.button(key="repair").click().run()
    assert "Repaired: history.jsonl." in said(app)


def said(app):
    found = (*app.markdown, *app.error, *app.success)
    return "\n".join(element.value for element in found).replace("\\", "")


@pytest.mark.parametrize("text", ["", "[]", '{"summary": {}}', '{"state": "?", "updated": NaN}'])
@pytest.mark.parametrize("page", ["runs", "train", "misclassified"])
def test_a_damaged_status_takes_no_page_down(open_page, page, text):
    run = finished("Broken")
    run.status_path.write_text(text)
    app = open_page(page, run=run.id)
    if page == "runs":
        assert table(app)[0]["state"] == "Damaged"
        assert "status.json of " in texts(open_menu(app, run)).replace("\\", "")


def test_damaged_rows_and_controls_take_no_page_down(open_page):
    run = finished("Broken")
    run.history_path.write_text('nonsense\n{"kind": "epoch"}\n[]\n')
    run.control_path.write_text("")
    open_page("train", run=run.id)


@pytest.mark.usefixtures("digits")
@pytest.mark.parametrize("page", ["train", "misclassified", "network"])
def test_an_address_of_a_damaged_run_takes_no_page_down(open_page, page):
    run = finished("Broken")
    run.config_path.write_text('{"name": "x", "created": NaN}')
    assert open_page(page, run=run.id).warning


def test_a_wrong_number_of_runs_to_keep_is_reported(open_page, monkeypatch):
    store.create(TrainingConfig(), "Mine")
    monkeypatch.setenv("DIGITLAB_KEEP_RUNS", "abc")
    app = open_page("runs")
    assert not app.exception
    assert [warning.value for warning in app.warning] == [
        plain("DIGITLAB_KEEP_RUNS: expected a whole number from 0 on, got 'abc'.")
    ]
