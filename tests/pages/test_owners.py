"""Two visitors and each other's runs, in the three modes."""

import ast
from html import escape
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from mnist_core.config.config import TrainingConfig
from mnist_core.jobs import launcher
from mnist_core.runs import ownership, store
from mnist_core.runs.ownership import NOT_YOURS
from pages.components.shell import presence
from pages.components.shell.state import VISITOR
from pages.components.shell.text import plain
from pages.components.shell.visitor_key import COOKIE
from tests.pages.shown import table, texts

PAGES = Path(__file__).parents[2] / "pages"
KEYS = {"she": "a" * 32, "he": "b" * 32}
HERS, HIS = (ownership.visitor_of(key) for key in KEYS.values())


@pytest.fixture
def browser(monkeypatch):
    """Have the pages opened from now on be opened in this visitor's browser."""
    sent: dict[str, str] = {}
    monkeypatch.setattr(type(st.context), "cookies", property(lambda _: sent))

    def use(who: str) -> None:
        sent[COOKIE] = KEYS[who]

    return use


@pytest.fixture(autouse=True)
def no_processes(monkeypatch):
    monkeypatch.setattr(launcher, "launch", lambda run: None)


def hers(state: str):
    run = store.create(TrainingConfig(epochs=2), "Hers", visitor=HERS)
    run.set_status(state=state)
    return run


def keys(app) -> set[str]:
    return {widget.key for widget in (*app.button, *app.toggle, *app.number_input)}


def top(run_id: str) -> None:
    """The controls of a training, as a page of their own."""
    from mnist_core.runs import store
    from pages.components.train.runs import run_controls

    run = store.get(run_id)
    run_controls.show_status(run, run.status())


@pytest.mark.parametrize("mode", ["personal", "class", "public"])
def test_a_training_is_paused_stopped_and_changed_by_its_owner_alone(monkeypatch, mode):
    monkeypatch.setenv("DIGITLAB_MODE", mode)
    run, free = hers("training"), mode == "personal"

    def open_(who: str) -> AppTest:
        app = AppTest.from_function(top, kwargs={"run_id": run.id})
        app.session_state[VISITOR] = who
        return app.run()

    controls = {"pause-training", "stop-training", "change-rate"}
    with run.worker_lock():
        his = open_(HIS)
        assert keys(his) & controls == (controls if free else set())
        assert (NOT_YOURS in texts(his)) != free
        for button in sorted(controls):
            app = open_(HERS)
            app.session_state[VISITOR] = HIS  # his click, though his page has no such button
            app.button(key=button).click().run()
            assert not app.exception
        control = run.control()
        touched = [control.pause, control.stop, control.learning_rate is not None]
        assert touched == [free] * 3


def test_only_the_owner_of_a_damaged_run_is_told_to_repair_it(monkeypatch):
    monkeypatch.setenv("DIGITLAB_MODE", "class")
    run = hers("failed")
    run.status_path.write_text("")
    for who, told in ((HERS, True), (HIS, False)):
        app = AppTest.from_function(top, kwargs={"run_id": run.id})
        app.session_state[VISITOR] = who
        assert ("*Repair*" in texts(app.run())) == told


def window(run_id: str, step: str) -> None:
    """The window of a run's actions, as a page of its own."""
    import streamlit as st

    from mnist_core.runs import store
    from pages.components.train.runs import run_menu

    st.session_state["menu-step"] = step
    run_menu._menu(store.get(run_id))


@pytest.mark.parametrize("mode", ["personal", "class", "public"])
def test_a_run_is_renamed_deleted_kept_and_resumed_by_its_owner_alone(monkeypatch, mode):
    monkeypatch.setenv("DIGITLAB_MODE", mode)
    monkeypatch.setattr(st, "page_link", lambda *args, **options: None)  # there are no pages here
    run, free = hers("stopped"), mode == "personal"

    def open_(step: str, who: str) -> AppTest:
        app = AppTest.from_function(window, kwargs={"run_id": run.id, "step": step})
        app.session_state[VISITOR] = who
        return app.run()

    acts = {f"{act}-{run.id}" for act in ("rename", "delete", "keep", "resume")}
    his = open_("", HIS)
    assert keys(his) & acts == (acts if free else set())
    assert (NOT_YOURS in texts(his)) != free
    if free:
        return
    assert acts <= keys(open_("", HERS))
    before = {path.name: path.read_bytes() for path in run.directory.glob("*.json")}
    for step, click in (
        ("", lambda app: app.toggle(key=f"keep-{run.id}").set_value(True)),
        ("", lambda app: app.button(key=f"resume-{run.id}").click()),
        ("rename", lambda app: app.button(key="confirm-rename").click()),
        ("delete", lambda app: app.button(key="confirm-delete").click()),
    ):
        app = open_(step, HERS)
        app.session_state[VISITOR] = HIS  # his click, though his window has no such button
        click(app).run()
        assert not app.exception
        assert before == {path.name: path.read_bytes() for path in run.directory.glob("*.json")}
        if step:
            assert plain("Only the person who started this run can change it.") in texts(app)


def test_a_browser_without_a_key_is_told_what_to_do(open_page, browser, monkeypatch):
    monkeypatch.setenv("DIGITLAB_MODE", "class")
    app = open_page("runs")
    assert "Allow cookies for this site" in app.error[0].value
    assert not app.title
    monkeypatch.setenv("DIGITLAB_MODE", "school")
    app = open_page("runs")
    assert plain("DIGITLAB_MODE: expected one of personal, class, public") in app.error[0].value


def test_what_one_starts_is_ones_own_also_after_a_reload(open_page, browser, monkeypatch):
    monkeypatch.setenv("DIGITLAB_MODE", "class")
    browser("she")
    open_page("train").button(key="start-training").click().run()
    (run,) = store.list_runs()
    assert run.visitor == HERS
    assert table(open_page("runs"))[0]["who"] == "You"
    browser("he")
    assert table(open_page("runs"))[0]["who"] == f"Visitor {HERS[:4]}"


def test_runs_are_shown_under_the_nickname_and_filtered_by_mine_and_class(
    open_page, browser, monkeypatch
):
    monkeypatch.setenv("DIGITLAB_MODE", "class")
    browser("she")
    open_page("train").text_input(key="nickname").set_value("<b>Ada</b>").run()
    hers("done")
    store.create(TrainingConfig(), "His", visitor=HIS).set_status(state="done")
    called = f"<b>Ada</b> ({HERS[:4]})"
    app = open_page("runs")
    assert app.selectbox(key="runs-of").options[:2] == ["Class", "Mine"]
    app.selectbox(key="runs-of").select_index(1).run()
    assert [(row["name"], row["who"]) for row in table(app)] == [("Hers", "You")]
    assert open_page("train").text_input(key="nickname").value == "<b>Ada</b>"
    browser("he")
    app = open_page("runs")
    assert called in app.selectbox(key="runs-of").options
    assert {row["name"]: row["who"] for row in table(app)}["Hers"] == escape(called)
    monkeypatch.setenv("DIGITLAB_MODE", "personal")
    assert "nickname" not in {field.key for field in open_page("train").text_input}


def test_before_a_run_is_deleted_it_is_said_who_uses_it(monkeypatch, network):
    monkeypatch.setenv("DIGITLAB_MODE", "class")
    monkeypatch.setattr(st, "page_link", lambda *args, **options: None)
    run = network({}).update_description(visitor=HERS)

    def opened() -> AppTest:
        app = AppTest.from_function(window, kwargs={"run_id": run.id, "step": "delete"})
        app.session_state[VISITOR] = HERS
        return app.run()

    for who, what in ((HERS, presence.USES), (HIS, presence.WATCHES)):
        monkeypatch.setattr(presence, "visitor", lambda who=who: who)
        presence.note(run, what)
    monkeypatch.setattr(presence, "visitor", lambda: HERS)
    assert [warning.value for warning in opened().warning] == [
        f"Just now Visitor {HIS[:4]} watches it."
    ]
    monkeypatch.setattr(presence, "RECENT_SECONDS", -1)
    assert not opened().warning


def test_pages_note_who_watches_and_who_draws(open_page, browser, network, monkeypatch):
    monkeypatch.setenv("DIGITLAB_MODE", "class")
    run = network({})
    noted = []
    monkeypatch.setattr(presence, "note", lambda run, what: noted.append((run.id, what)))
    browser("he")
    open_page("network", run=run.id)
    open_page("train", run=run.id)
    assert noted == [(run.id, presence.USES), (run.id, presence.WATCHES)]


def test_in_a_class_the_form_begins_with_the_quickest_training_and_says_what_is_too_large(
    open_page, browser, monkeypatch
):
    monkeypatch.setenv("DIGITLAB_MODE", "class")
    browser("she")
    app = open_page("train")
    assert app.selectbox(key="preset").value == "speedrun"
    app.number_input(key="epochs").set_value(31).run()
    assert plain("at most 30 epochs here; this one would have 31") in app.error[0].value
    assert app.button(key="start-training").disabled
    app = open_page("train", preset="speedrun", layers="~".join(["4096"] * 6))
    assert plain("at most 4,096 hidden units here") in app.error[0].value
    assert app.button(key="start-training").disabled


def test_pages_change_runs_by_the_permitted_functions_alone():
    forbidden = {
        "request",
        "rename",
        "delete",
        "update_description",
        "set_status",
        "kill",
        "resume",
    }
    for path in PAGES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in forbidden:
                assert ast.unparse(node.value) == "run_permissions", (
                    f"{path.name}: {ast.unparse(node)}"
                )
            if isinstance(node, ast.Attribute) and node.attr in ("stop", "keep"):
                assert ast.unparse(node.value) not in ("launcher", "run"), path.name
