"""The page of a class's teacher."""

import csv
import io
import re
from html import escape

import pytest
import streamlit as st

from mnist_core.config.config import TrainingConfig
from mnist_core.config.presets import PRESETS
from mnist_core.config.sweep_plan import plan
from mnist_core.jobs import launcher, limits
from mnist_core.runs import class_rules, ownership, store
from pages.components.shell import visitor
from pages.components.shell.text import plain
from pages.components.shell.visitor_key import COOKIE
from pages.components.train.runs import run_table
from tests.pages.shown import texts
from tests.summaries import summary

KEY = "correct horse battery"


@pytest.fixture(autouse=True)
def a_class(monkeypatch):
    monkeypatch.setattr(visitor, "_wrong", [])
    monkeypatch.setenv("DIGITLAB_MODE", "class")
    monkeypatch.setenv("DIGITLAB_TEACHER_KEY", KEY)
    monkeypatch.setattr(launcher, "launch", lambda *runs: None)
    sent = {COOKIE: "c" * 32}
    monkeypatch.setattr(type(st.context), "cookies", property(lambda _: sent))


@pytest.fixture
def page(open_page):
    """The page, opened with the key."""
    app = open_page("teacher")
    app.text_input(key="teacher-key").set_value(KEY)
    return app.button(key="open-teacher").click().run()


def run_of(pupil: str, name: str, state: str, **status):
    run = store.create(TrainingConfig(epochs=2), name, visitor=ownership.visitor_of(pupil * 32))
    run.set_status(state=state, **status)
    return run


def test_a_sweep_is_one_row_and_stopped_as_a_whole(page):
    planned = plan("speedrun", PRESETS["speedrun"], {"units": [8, 16, 32]})
    runs = launcher.start_sweep("Widths", planned, visitor=ownership.visitor_of("a" * 32))
    runs[0].set_status(state="done")
    page.run()
    (bar,) = page.get("progress")
    assert "**Widths**" in bar.proto.text
    assert "1 of 3 runs have ended" in bar.proto.text
    page.button(key=f"stop-{runs[0].description.sweep.id}").click().run()
    assert [run.control().stop for run in runs] == [False, True, True]


def board_of(app) -> list[dict[str, str]]:
    """The board's rows, as HTML."""
    html = "".join(element.proto.body for element in app.get("html"))
    rows = re.findall(r"<tr><td>\d+</td>(.*?)</tr>", html)
    return [dict(re.findall(r'<td class="(\w+)">(.*?)</td>', row)) for row in rows]


@pytest.mark.parametrize("key", ["", "wrong", KEY.upper(), KEY + " ", "ключ"])
def test_without_the_key_nothing_is_shown(open_page, key):
    run_of("a", "Ada's", "queued")
    app = open_page("teacher")
    app.text_input(key="teacher-key").set_value(key)
    app.button(key="open-teacher").click().run()
    assert "This is not the key." in app.error[0].value
    assert not app.toggle
    assert not app.dataframe
    assert "Ada" not in texts(app)


def test_after_five_wrong_keys_the_right_one_waits_too(open_page, monkeypatch):
    now = 1000.0
    monkeypatch.setattr(visitor.time, "monotonic", lambda: now)
    app = open_page("teacher")

    def tried(key):
        app.text_input(key="teacher-key").set_value(key)
        app.button(key="open-teacher").click().run()
        return [error.value for error in app.error]

    for number in range(5):
        assert "This is not the key." in tried(f"guess {number}")[0]
    assert "Try again in 5 minutes." in tried(KEY)[0]
    now += 301
    assert tried(KEY) == []
    assert app.toggle(key="halt-queue")


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("DIGITLAB_MODE", "public", "for the teacher of a class"),
        ("DIGITLAB_MODE", "personal", "for the teacher of a class"),
        ("DIGITLAB_TEACHER_KEY", "", "It is not set"),
    ],
)
def test_there_is_no_such_page_without_a_class_or_a_key(open_page, monkeypatch, name, value, told):
    monkeypatch.setenv(name, value)
    app = open_page("teacher")
    assert told in app.info[0].value
    assert not app.text_input
    assert "Teacher" not in {link.proto.label for link in app.sidebar.get("page_link")}


def test_the_teacher_stops_any_run_and_sets_what_the_class_may_do(page):
    run = run_of("a", "Ada's", "training")
    with run.worker_lock():
        page.run()
        page.button(key=f"stop-{run.id}").click().run()
    assert run.control().stop
    page.toggle(key="halt-queue").set_value(True).run()
    page.number_input(key="most-epochs").set_value(5).run()
    assert class_rules.read() == class_rules.ClassRules(halted=True, epochs=5)
    class_rules.change(halted=False)  # by another teacher
    assert page.run().toggle(key="halt-queue").value is False
    page.number_input(key="most-epochs").set_value(None).run()
    assert limits.most_epochs() == page.number_input(key="most-epochs").value == 30
    assert not page.exception


def test_the_teacher_may_change_runs_on_other_pages_too(page):
    run = run_of("a", "Ada's", "stopped")
    page.switch_page("pages/runs.py").run()
    page.session_state["menu-of"] = run.id
    assert f"delete-{run.id}" in {button.key for button in page.run().button}


def test_a_run_is_pinned_from_its_menu_by_the_teacher_alone(page, open_page):
    run = run_of("a", "Ada's", "stopped")
    pupil = open_page("runs")
    pupil.session_state["menu-of"] = run.id
    assert f"pin-{run.id}" not in {toggle.key for toggle in pupil.run().toggle}
    page.switch_page("pages/runs.py").run()
    for pinned in (run.id, None):
        page.session_state["menu-of"] = run.id
        switch = page.run().toggle(key=f"pin-{run.id}")
        assert switch.value is (pinned is None)
        switch.set_value(pinned is not None).run()
        assert class_rules.read().pinned_run == pinned
    assert not page.exception


def test_the_board_shows_the_best_first(page):
    assert board_of(page) == []
    for name, accuracy in (("<i>Ada", 0.9), ("Bob", 0.95)):
        run_of("a", name, "done", summary=summary(test_accuracy=accuracy))
    run_of("c", "Waiting", "queued")
    run_of("c", "Cut short", "pruned", summary=summary(test_accuracy=0.99, epochs=1))
    *rows, last = board_of(page.run())
    assert (last["name"], last["accuracy"]) == ("Cut short", "99.00%")  # the best, but not complete
    assert re.fullmatch(r"1 of \d+, pruned", last["epochs"])
    assert [(row["name"], row["accuracy"]) for row in rows] == [
        ("Bob", "95.00%"),
        (escape("<i>Ada"), "90.00%"),
    ]
    assert "128 units" in board_of(page)[0]["settings"]
    assert "class-csv" in {button.key for button in page.get("download_button")}
    page.button(key="projector-enter").click().run()
    assert [row["name"] for row in board_of(page)] == ["Bob", escape("<i>Ada"), "Cut short"]
    assert [title.value for title in page.title] == ["Board"]
    assert not page.toggle
    page.button(key="projector-leave").click().run()
    assert page.toggle(key="halt-queue")


def test_a_projector_has_the_best_twelve_and_says_how_many_more_there_are(page):
    for number in range(17):
        run_of("a", f"Run {number}", "done", summary=summary(test_accuracy=0.5 + number / 100))
    page.button(key="projector-enter").click().run()
    assert [row["name"] for row in board_of(page)] == [f"Run {n}" for n in range(16, 4, -1)]
    assert "and 5 more runs" in "".join(e.proto.body for e in page.get("html"))


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)"])
def test_no_name_is_a_formula_in_a_spreadsheet(name):
    rows = [run_table.row_of(run_of("a", name, "done"), "")]
    (row,) = csv.DictReader(io.StringIO(run_table.table_csv(rows)))
    assert row["name"] == f"'{name}"


def test_pupils_see_no_page_that_the_teacher_hides_and_begin_with_that_network(page, open_page):
    page.multiselect(key="hidden-pages").set_value(["Data", "Map of digits"]).run()
    page.selectbox(key="first-network").set_value("compact").run()
    assert not page.exception
    rules = class_rules.read()
    assert (rules.hidden, rules.network) == ("data map_of_digits", "compact")

    def menu_of(app):
        return {link.proto.label for link in app.sidebar.get("page_link")}

    assert {"Data", "Map of digits"} < menu_of(page.run())
    pupil = open_page("data")
    assert "has hidden this page" in pupil.info[0].value
    assert not pupil.title
    assert menu_of(pupil) & {"Data", "Map of digits", "Train"} == {"Train"}
    calibration = open_page("calibration")
    assert calibration.selectbox(key="network").value == "compact"
    page.multiselect(key="hidden-pages").set_value([]).run()
    assert open_page("data").title


def test_every_page_leads_to_what_the_teacher_pins(page, open_page):
    run = run_of("a", "[x](//host)", "training")
    with run.worker_lock():
        page.run()
        page.selectbox(key="pinned-lesson").set_value("2-units").run()
        page.selectbox(key="pinned-run").set_value(run.id).run()
        page.multiselect(key="hidden-pages").set_value(["Data"]).run()

        def leads_to(app) -> list[tuple[str, str, str]]:
            links = [link.proto for link in app.main.get("page_link")]
            return [(link.label, link.page, link.query_string) for link in links][:2]

        lesson = ("What a unit looks for", "learn", "lesson=2-units&step=question")
        watched = (plain("[x](//host)"), "train", f"run={run.id}")
        assert leads_to(open_page("data")) == [lesson, watched]  # hidden, but not the way on
        learn = open_page("learn")
        assert leads_to(learn)[:1] == [watched]
        learn.button(key="pinned-learn").click().run()
        assert learn.title[0].value == "What a unit looks for"
        train = open_page("train")
        assert leads_to(train)[:1] == [lesson]
        train.button(key="pinned-train").click().run()
        assert train.query_params["run"] == run.id
    run.set_status(state="stopped")
    run.delete()
    assert leads_to(open_page("data")) == [lesson]
    page.run().selectbox(key="pinned-lesson").set_value(None).run()
    assert not page.exception
    assert leads_to(open_page("data")) == []
