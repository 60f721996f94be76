"""The Train page's form and its states, without a browser and without training."""

import json
import re
import shutil
from urllib.parse import parse_qsl

import numpy as np
import pytest
import streamlit as st
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block, Selectbox

from mnist_core.config.config import Optimizer, TrainingConfig
from mnist_core.config.presets import PRESETS
from mnist_core.config.sweep_plan import plan
from mnist_core.evaluation import temperature_scaling
from mnist_core.evaluation.learning_curves import findings
from mnist_core.jobs import launcher
from mnist_core.runs import files, store
from pages.components.shell.state import VISITOR
from pages.components.shell.text import plain
from pages.components.shell.visitor import COOKIE
from pages.components.train.runs import replay, run_controls, run_view
from tests.pages.conftest import path_of
from tests.pages.made_networks import join_calibration, uncalibrated


@pytest.fixture
def started(monkeypatch):
    """The configurations and names given to `launcher.start`; no worker is launched."""
    calls = []

    def start(config, name, visitor):
        calls.append((config, name))
        run = store.create(config, name)
        run.set_status(state="done")
        return run

    monkeypatch.setattr(launcher, "start", start)
    return calls


def texts(app):
    plain_texts = [
        e.value for e in (*app.markdown, *app.caption, *app.info, *app.warning, *app.error)
    ]
    return "\n".join([*plain_texts, *(e.proto.body for e in app.get("html"))])


@pytest.mark.usefixtures("no_networks")
def test_before_the_first_training_the_page_says_what_to_do(open_page):
    app = open_page("train")
    assert "click <strong>Train</strong>" in texts(app)
    assert "570,506 parameters (biases included); 568,970 trainable" in texts(app)
    # By the data's size if they are loaded by now, by MNIST's if not.
    soon = "<strong>(a few seconds|about a minute)</strong>"
    expected = rf"at most {soon} \(an estimate before its first run\)"
    assert re.search(expected, texts(app))
    assert "stop-training" not in {button.key for button in app.button}
    assert not app.warning


@pytest.mark.parametrize("preset", PRESETS)
def test_the_train_button_starts_the_preset_unchanged(open_page, started, preset):
    app = open_page("train")
    app.selectbox(key="preset").select(preset).run()
    app.button(key="start-training").click().run()
    assert not app.exception
    assert [config for config, _ in started] == [PRESETS[preset]]
    assert app.query_params["run"] == store.list_runs()[0].id
    assert app.session_state["set-up"] is False  # the form makes room for the run


@pytest.mark.usefixtures("started")
def test_the_form_keeps_its_place_when_a_training_starts(open_page):
    """Else the browser shows its fields twice for a moment, the second time out of their frame."""

    def place_of_form() -> int:
        (place,) = (
            place
            for place, element in app.main.children.items()
            if isinstance(element, Block)
            and any(button.key == "start-training" for button in element.button)
        )
        return place

    app = open_page("train")
    before, watched = place_of_form(), path_of(app, "digits-to-watch")
    app.button(key="start-training").click().run()
    assert place_of_form() == before
    assert path_of(app, "digits-to-watch") == watched


def test_a_run_that_was_just_started_says_so_before_its_view_waits_for_a_point(
    open_page, monkeypatch
):
    monkeypatch.setattr(launcher, "launch", lambda run: None)
    app = open_page("train")
    said = []
    monkeypatch.setattr(
        run_view, "show_status", lambda *args: (run_controls.show_status(*args), said.append(1))
    )
    monkeypatch.setattr(run_view, "_wait_for_first_point", lambda run, new: said.append(new))
    app.button(key="start-training").click().run()
    assert said == [1, True]
    assert "**Starting**" in texts(app)


def test_a_visitor_with_too_many_runs_is_told_the_limit(open_page, monkeypatch):
    monkeypatch.setattr(launcher, "launch", lambda run: None)
    monkeypatch.setenv("DIGITLAB_RUNS_PER_VISITOR", "2")
    app = open_page("train")
    for _ in range(3):
        app.button(key="start-training").click().run()
    assert not app.exception
    assert plain("You already have 2 runs; the limit is 2.") in app.warning[0].value
    assert len(store.list_runs()) == 2
    other = open_page("train")
    other.button(key="start-training").click().run()
    assert len(store.list_runs()) == 3


def test_a_name_that_is_too_long_is_reported_and_keeps_its_field(open_page, monkeypatch):
    launched = []
    monkeypatch.setattr(launcher, "launch", launched.append)
    app = open_page("train")
    app.text_input(key="run-name").set_value("x" * 61)
    app.button(key="start-training").click().run()
    assert "1–60 characters, got 61" in app.error[0].value.replace("\\", "")
    assert app.button(key="start-training").disabled
    assert app.text_input(key="run-name").value == "x" * 61
    assert not launched
    app.text_input(key="run-name").set_value("x" * 60).run()
    assert not app.error
    assert not app.button(key="start-training").disabled


@pytest.mark.parametrize("name", ["KEEP_RUNS", "SLOTS", "RUNS_PER_VISITOR"])
def test_a_wrong_setting_is_reported_and_nothing_is_started(open_page, monkeypatch, name):
    monkeypatch.setattr(launcher, "launch", lambda run: None)
    monkeypatch.setenv(f"DIGITLAB_{name}", "abc")
    app = open_page("train")
    app.button(key="start-training").click().run()
    assert not app.exception
    assert plain(f"DIGITLAB_{name}: expected a whole number from") in app.warning[0].value
    assert store.list_runs() == []


def cookies_written(app) -> list[str]:
    components = [element.proto for element in app.get("bidi_component")]
    written = [each for each in components if each.component_name == "digit_lab_visitor"]
    return [json.loads(each.json)["cookie"] for each in written]


def test_after_a_reload_a_visitor_is_the_same_in_another_browser_a_new_one(open_page, monkeypatch):
    monkeypatch.setattr(launcher, "launch", lambda run: None)
    monkeypatch.setenv("DIGITLAB_RUNS_PER_VISITOR", "1")
    sent: dict[str, str] = {}
    monkeypatch.setattr(type(st.context), "cookies", property(lambda _: sent))
    app = open_page("train")
    app.button(key="start-training").click().run()
    (cookie,) = cookies_written(app)
    name, value = re.match(r"([\w-]+)=([0-9a-f]{16}); path=/;", cookie).groups()

    sent[name] = value
    app = open_page("train")
    app.button(key="start-training").click().run()
    assert plain("You already have 1 run; the limit is 1.") in app.warning[0].value
    sent[name] = "<b>"  # not a number that the app gave
    app = open_page("train")
    app.button(key="start-training").click().run()
    assert len(store.list_runs()) == 2
    (cookie,) = cookies_written(app)
    assert "<b>" not in cookie


def test_a_setting_that_the_optimizer_does_not_use_is_kept_in_the_form_but_not_in_the_run(
    open_page,
):
    app = open_page("train")
    app.toggle(key="all-settings").set_value(True).run()
    app.selectbox(key="optimizer").select("sgd").run()
    app.number_input(key="momentum").set_value(0.8).run()
    app.selectbox(key="optimizer").select("adam").run()
    assert "momentum" not in app.query_params
    app.toggle(key="all-settings").set_value(False).run()
    app.toggle(key="all-settings").set_value(True).run()
    app.selectbox(key="optimizer").select("sgd").run()
    assert app.number_input(key="momentum").value == 0.8


def test_every_setting_of_the_form_reaches_the_run(open_page, started):
    app = open_page("train")
    app.toggle(key="all-settings").set_value(True).run()
    app.button(key="remove-layer-2").click().run()
    app.button(key="remove-layer-0").click().run()
    app.number_input(key="layer-0-units").set_value(40)
    app.selectbox(key="layer-0-activation").select("gelu")
    app.selectbox(key="layer-0-normalization").select("before")
    app.number_input(key="layer-0-dropout").set_value(0.25)
    app.selectbox(key="optimizer").select("sgd").run()
    app.number_input(key="momentum").set_value(0.8)
    app.number_input(key="learning_rate").set_value(0.02)
    app.selectbox(key="schedule").select("one_cycle")
    app.number_input(key="batch_size").set_value(64)
    app.number_input(key="epochs").set_value(3)
    app.number_input(key="validation_split").set_value(0.2)
    app.number_input(key="early_stopping_patience").set_value(0)
    app.number_input(key="label_smoothing").set_value(0.1)
    app.number_input(key="seed").set_value(5).run()
    assert f"{785 * 40 + 4 * 40 + 41 * 10:,} parameters" in texts(app)
    app.button(key="start-training").click().run()
    ((config, _),) = started
    assert config == TrainingConfig.from_dict(
        {
            "layers": [
                {"units": 40, "activation": "gelu", "normalization": "before", "dropout": 0.25}
            ],
            "optimizer": {"name": "sgd", "momentum": 0.8, "learning_rate": 0.02},
            "schedule": {"name": "one_cycle"},
            "regularization": {"label_smoothing": 0.1},
            "batch_size": 64,
            "epochs": 3,
            "validation_split": 0.2,
            "seed": 5,
        }
    )


def units(app):
    count = app.session_state["layer-count"]
    return [app.number_input(key=f"layer-{i}-units").value for i in range(count)]


def test_layers_are_added_moved_and_removed(open_page):
    app = open_page("train")
    app.toggle(key="all-settings").set_value(True).run()
    app.button(key="raise-layer-2").click().run()
    assert units(app) == [512, 128, 256]
    app.button(key="add-layer").click().run()
    assert units(app) == [512, 128, 256, 256]
    app.button(key="remove-layer-1").click().run()
    assert units(app) == [512, 256, 256]
    assert "512-relu-after-0.3~256-relu-after-0.3~256" in app.query_params["layers"]
    diagram = "".join(element.proto.body for element in app.get("html"))
    assert f"{257 * 256:,} parameters" in diagram


def test_a_link_fills_the_form_and_the_form_writes_the_link(open_page):
    app = open_page("train", preset="leaky-relu", learning_rate="0.002", layers="64-gelu~32")
    assert units(app) == [64, 32]
    assert app.number_input(key="learning_rate").value == 0.002
    app.number_input(key="epochs").set_value(3).run()
    expected = {
        "preset": "leaky-relu",
        "learning_rate": "0.002",
        "layers": "64-gelu~32",
        "epochs": "3",
    }
    assert dict(app.query_params) == expected
    app.selectbox(key="preset").select("early-stopping").run()
    assert not app.query_params


def test_impossible_settings_in_a_link_are_named(open_page, started):
    app = open_page("train", epochs="**many**", batch_size="64")
    said = plain("expected a whole number from 1 to 1000, got '**many**'")
    assert f"**Maximum epochs**: {said}." in texts(app)
    app.button(key="start-training").click().run()
    assert started[0][0] == PRESETS["early-stopping"].with_changes(batch_size=64)


def test_a_setting_that_is_known_to_fail_brings_a_warning(open_page):
    app = open_page("train")
    app.number_input(key="learning_rate").set_value(0.2).run()
    assert "high for this optimizer" in app.warning[0].value


def test_a_finished_run_shows_its_results_and_its_epochs(open_page):
    run = store.get("early-stopping")
    summary = run.status().summary
    app = open_page("train", run=run.id)
    values = {metric.label: metric.value for metric in app.metric}
    assert values["Test accuracy"] == f"{summary.test_accuracy:.2%}"
    assert values["Test errors"] == f"{summary.test_errors} of 10,000"
    assert values["Test loss"] == f"{summary.test_loss:.4f}"
    assert any("before calibration" in metric.help for metric in app.metric)
    assert values["Parameters"] == "570,506"
    assert len(app.dataframe[0].value) == summary.epochs
    why = run.status().message.removeprefix("Stopped early: the")  # which is said in bold
    assert f"**Stopped early.** The{plain(why)}" in texts(app)
    found = findings(run.epoch_rows(), run.config, run.status())[0]
    assert texts(app).index(f"**{found.title}.**") < texts(app).index(plain(found.figures))


def test_while_others_train_a_newcomers_page_is_the_form_with_their_runs_to_watch(open_page):
    run = store.create(TrainingConfig(epochs=4), "Of *somebody* else", visitor="another")
    run.set_status(state="training")
    run.history_path.write_text('{"kind": "batch", "epoch": 1.0, "step": 9, "time": 1}\n')
    with run.worker_lock():
        app = open_page("train")
        assert "click <strong>Train</strong>" in texts(app)
        assert "stop-training" not in {button.key for button in app.button}
        bar = app.get("progress")[0].proto
        assert plain("Of *somebody* else") in bar.text
        assert (bar.value, "Epoch 2 of 4" in bar.text) == (25, True)
        app.button(key=f"watch-{run.id}").click().run()
        assert f"**Training**  \n{plain(run.name)}" in texts(app)
        assert app.query_params["run"] == run.id


def test_a_sweep_of_others_is_one_row_that_leads_to_its_page(open_page, launched):
    planned = plan("speedrun", PRESETS["speedrun"], {"units": [8, 16]}, seeds=2)
    runs = launcher.start_sweep("Widths", planned, visitor="another")
    runs[0].set_status(state="done")
    runs[1].set_status(state="training")
    with runs[1].worker_lock():
        app = open_page("train")
        (bar,) = app.get("progress")
        assert "**Widths** · Training · 1 of 4 runs have ended" in bar.proto.text
        assert bar.proto.value == 25
        (watch,) = [button for button in app.button if button.label == "Watch"]
        assert watch.key == f"watch-{runs[1].id}"


def test_without_a_link_visitors_see_their_own_run_and_a_link_to_a_set_up_opens_the_form(
    open_page, monkeypatch
):
    monkeypatch.setattr(type(st.context), "cookies", property(lambda _: {COOKIE: "0" * 16}))
    run = store.create(TrainingConfig(), "Mine", visitor="0" * 16)
    run.set_status(state="training")
    with run.worker_lock():
        app = open_page("train")
        assert "**Training**  \nMine" in texts(app)
        app = open_page("train", preset="speedrun", epochs="2")
        assert "click <strong>Train</strong>" in texts(app)
        assert app.number_input(key="epochs").value == 2
        assert f"watch-{run.id}" in {button.key for button in app.button}


def copied_link(app):
    """The parameters of the link that the button copies."""
    (data,) = (
        json.loads(element.proto.json)
        for element in app.get("bidi_component")
        if element.proto.component_name == "digit_lab_copy_link"
    )
    return dict(parse_qsl(data["query"]))


def test_the_copied_link_is_the_set_up_alone_also_while_a_run_is_watched(open_page):
    assert copied_link(open_page("train")) == {"preset": "early-stopping"}
    app = open_page("train", run="early-stopping", preset="compact", epochs="3")
    assert copied_link(app) == {"preset": "compact", "epochs": "3"}


def test_the_simple_form_sizes_the_presets_layers(open_page, started):
    app = open_page("train", preset="speedrun")
    assert not app.toggle(key="all-settings").value
    app.selectbox(key="size").select("Small").run()
    assert app.query_params["layers"] == "256-relu-before~64-relu-before"
    app.number_input(key="epochs").set_value(2)
    app.number_input(key="learning_rate").set_value(0.02).run()
    app.button(key="start-training").click().run()
    ((config, name),) = started
    assert [layer.units for layer in config.layers] == [256, 64]
    assert (config.epochs, config.optimizer.learning_rate) == (2, 0.02)
    assert name == "Speedrun, 256 → 64 units, rate 0.02, 2 epochs"
    app = open_page("train", preset="speedrun", layers="256-relu-before~64-relu-before")
    assert app.selectbox(key="size").value == "Small"


def test_a_size_by_a_label_of_before_changes_nothing(open_page, monkeypatch):
    """A browser sends a label, which another preset may have changed meanwhile."""
    app = open_page("train", preset="speedrun")
    before = app.query_params.get("layers")
    sent = Selectbox._widget_state.fget

    def outdated(box: Selectbox) -> WidgetState:
        old = WidgetState(id=box.id, string_value="Small: 3 → 2 units")
        return old if box.key == "size" else sent(box)

    monkeypatch.setattr(Selectbox, "_widget_state", property(outdated))
    app.run()
    assert not app.exception
    assert app.session_state["size"] == "Medium"
    assert app.query_params.get("layers") == before


def test_a_link_to_more_than_the_simple_form_shows_opens_all_settings(open_page):
    app = open_page("train", layers="64-gelu~32")
    assert app.toggle(key="all-settings").value
    assert app.selectbox(key="size").value == "Your own"


def test_the_same_set_up_is_never_named_the_same_twice(open_page, started):
    app = open_page("train")
    for _ in range(2):
        app.button(key="start-training").click().run()
    assert [name for _, name in started] == ["Early stopping", "Early stopping (2)"]


def test_an_impossible_value_is_reported_keeps_its_field_and_starts_nothing(open_page):
    app = open_page("train")
    app.toggle(key="all-settings").set_value(True).run()
    for key, value, possible, said in (
        ("epochs", 5000, 5, "Maximum epochs: expected a whole number from 1 to 1000, got 5000."),
        ("epochs", None, 5, "Maximum epochs: expected a whole number from 1 to 1000, got nothing."),
        ("layer-1-units", 0, 9, "Layer 2, units: expected a whole number from 1 to 4096, got 0."),
        (
            "layer-0-dropout",
            2.0,
            0.1,
            "Layer 1, dropout: expected a number from 0 to 0.9, got 2.",
        ),
    ):
        before = dict(app.query_params)
        app.number_input(key=key).set_value(value).run()
        assert [re.sub(r"[*\\]", "", error.value) for error in app.error] == [said]
        assert app.number_input(key=key).value == value
        assert app.button(key="start-training").disabled
        assert "On this computer" not in texts(app)  # it would be another set-up's time
        assert dict(app.query_params) == before
        app.number_input(key=key).set_value(possible).run()
        assert not app.exception
        assert not app.error
        assert not app.button(key="start-training").disabled


def test_every_setting_has_help(open_page):
    app = open_page("train")
    app.toggle(key="all-settings").set_value(True).run()
    app.toggle(key="augment").set_value(True).run()
    app.selectbox(key="optimizer").select("sgd").run()
    settings = [w for w in (*app.number_input, *app.selectbox, *app.slider) if w.key]
    assert len(settings) > 25
    assert [widget.key for widget in settings if not widget.help] == []


def test_a_link_to_a_deleted_run_says_so(open_page):
    app = open_page("train", run="../../etc")
    assert app.warning[0].value == "This run no longer exists."


def test_an_interrupted_run_says_why_and_can_be_resumed(open_page, monkeypatch):
    resumed = []
    monkeypatch.setattr(launcher, "resume", lambda run, visitor: resumed.append(run))
    run = store.create(TrainingConfig(), "Killed")
    run.set_status(state="training")
    app = open_page("train", run=run.id)
    assert "ended unexpectedly" in app.error[0].value
    app.button(key="resume-run").click().run()
    assert [run.id for run in resumed] == [run.id]


def test_a_resumed_run_counts_towards_the_visitors_limit(open_page, monkeypatch):
    monkeypatch.setattr(launcher, "launch", lambda run: None)
    monkeypatch.setenv("DIGITLAB_RUNS_PER_VISITOR", "1")
    first, second = (store.create(TrainingConfig(), name) for name in ("First", "Second"))
    for run in (first, second):
        run.set_status(state="stopped")
    for run in (first, second):
        app = open_page("train", run=run.id)
        app.session_state[VISITOR] = "0123456789abcdef"
        app.button(key="resume-run").click().run()
        assert not app.exception
    assert (first.status().state, second.status().state) == ("queued", "stopped")
    assert store.get(first.id).visitor == "0123456789abcdef"
    assert plain("You already have 1 run; the limit is 1.") in app.toast[0].value


def test_resuming_a_run_that_another_visitor_has_resumed_or_deleted_is_no_error(open_page):
    run = store.create(TrainingConfig(), "Of all")
    run.set_status(state="stopped")
    app, other = open_page("train", run=run.id), open_page("train", run=run.id)
    run.set_status(state="training")
    with run.worker_lock():
        app.button(key="resume-run").click().run()
        assert "**Training**" in texts(app)
    run.set_status(state="stopped")
    run.delete()
    other.button(key="resume-run").click().run()
    assert not app.exception
    assert not other.exception


def test_a_run_that_is_deleted_while_it_is_on_screen_is_said_to_be_gone(open_page, monkeypatch):
    run = store.create(TrainingConfig(), "Of all")
    run.set_status(state="done")
    app = open_page("train", run=run.id)

    def choose_watched_digits(data):  # the last call before the fragment
        shutil.rmtree(run.directory, ignore_errors=True)
        return replay.choose_watched_digits(data)

    monkeypatch.setattr(run_view, "choose_watched_digits", choose_watched_digits)
    app.run()
    assert not app.exception
    assert "This run no longer exists." in texts(app)
    assert "status.json" not in texts(app)


def test_pausing_resuming_and_stopping_are_shown_at_once(open_page):
    run = store.create(TrainingConfig(), "Of mine")
    run.set_status(state="training")
    with run.worker_lock():
        app = open_page("train", run=run.id)
        app.button(key="pause-training").click().run()
        assert run.control().pause
        assert "**Pausing…**  \nOf mine" in texts(app)
        run.set_status(state="paused")
        app.run()
        assert "**Paused**" in texts(app)
        app.button(key="resume-training").click().run()
        assert not run.control().pause
        app.number_input(key=f"new-rate-{run.id}").set_value(0.005)
        app.button(key="change-rate").click().run()
        assert run.control().learning_rate == 0.005
        app.button(key="stop-training").click().run()
        assert run.control().stop
        assert "**Stopping…**" in texts(app)


def test_the_training_of_a_teacher_is_shown_and_can_be_paused_and_stopped(open_page):
    run = store.create(TrainingConfig(), "Of mine")
    run.set_status(state="distilling", distilled=0.43)
    with run.worker_lock():
        app = open_page("train", run=run.id)
        assert "**Training the teacher network**  \nOf mine" in texts(app)
        bar = app.get("progress")[0].proto
        assert (bar.value, bar.text.startswith("43% of the teacher's training")) == (43, True)
        app.button(key="pause-training").click().run()
        assert run.control().pause
        app.button(key="stop-training").click().run()
        assert run.control().stop


def test_training_continues_in_a_new_run(open_page, monkeypatch):
    launched = []
    monkeypatch.setattr(launcher, "launch", lambda run: launched.append(run.id))
    run = store.create(TrainingConfig(), "Mine")
    run.checkpoint_path.write_bytes(b"")
    run.history_path.write_text(
        '{"kind": "epoch", "epoch": 4, "step": 9, "loss": 1, "accuracy": 0.5, "val_loss": 1,'
        ' "val_accuracy": 0.5, "learning_rate": 0.001, "time": 1}\n'
    )
    run.set_status(state="done", started=1.0)
    app = open_page("train", run=run.id)
    app.number_input(key="more-epochs").set_value(3)
    app.button(key="continue-training").click().run()
    (new,) = launched
    assert (store.get(new).name, store.get(new).config.epochs) == ("Mine, +3", 7)
    assert store.get(new).continued_at == 4
    assert app.query_params["run"] == new


def test_a_shipped_networks_training_continues_from_its_weights(open_page, monkeypatch):
    launched = []
    monkeypatch.setattr(launcher, "launch", launched.append)
    monkeypatch.setenv("DIGITLAB_RUNS_PER_VISITOR", "1")
    app = open_page("train", run="champion")
    assert "with a new optimizer, a tenth of the learning rate" in texts(app)
    app.button(key="continue-training").click().run()
    (new,) = launched
    shipped = store.get("champion")
    assert new.base_path.read_bytes() == shipped.model_path.read_bytes()
    assert (new.config.base, new.config.epochs) == ("champion", 5)
    assert new.config.optimizer.learning_rate == pytest.approx(
        shipped.config.optimizer.learning_rate / 10
    )
    assert not new.config.drawings
    app = open_page("train", run="champion")
    app.session_state[VISITOR] = new.visitor
    app.button(key="continue-training").click().run()
    assert plain("You already have 1 run; the limit is 1.") in app.error[0].value


def test_data_augmentation_is_switched_on_previewed_and_reaches_run_and_link(open_page, started):
    app = open_page("train")
    app.toggle(key="all-settings").set_value(True).run()
    assert not [html for html in app.get("html") if html.proto.body.count("<figure") == 12]
    app.toggle(key="augment").set_value(True).run()
    app.slider(key="augmentation-rotation").set_value(20.0).run()
    assert [html for html in app.get("html") if html.proto.body.count("<figure") == 12]
    app.button(key="start-training").click().run()
    ((config, *_),) = started
    assert config.augmentation.rotation == 20.0
    assert config.augmentation.elastic > 0
    link = app.query_params["augmentation"]
    again = open_page("train", augmentation=link if isinstance(link, str) else link[0])
    assert again.toggle(key="augment").value
    assert again.slider(key="augmentation-rotation").value == 20.0


def test_mixup_is_previewed_and_reaches_the_run(open_page, started):
    app = open_page("train")
    app.toggle(key="all-settings").set_value(True).run()
    app.slider(key="mixup").set_value(0.5).run()
    (blended,) = (html for html in app.get("html") if html.proto.body.count("<figure") == 12)
    app.toggle(key="augment").set_value(True).run()
    (both,) = (html for html in app.get("html") if html.proto.body.count("<figure") == 12)
    assert blended.proto.body != both.proto.body
    app.button(key="start-training").click().run()
    ((config, *_),) = started
    assert (config.regularization.mixup, config.augmentation.enabled) == (0.5, True)


def test_impossible_data_augmentation_in_a_link_is_named(open_page):
    app = open_page("train", augmentation="900~0.1")
    assert "**Data augmentation, rotation**: expected a number from 0 to 45" in texts(app)
    app.toggle(key="all-settings").set_value(True).run()
    assert not app.toggle(key="augment").value


def test_messages_above_a_run_do_not_move_it_so_no_click_is_lost(open_page, monkeypatch):
    run = store.create(TrainingConfig(epochs=2), "Mine", visitor="me")
    for epoch in (1, 2):
        files.save_arrays(
            run.epoch_path(epoch),
            {"activations": np.array([], str), "kernel_0": np.zeros((784, 10), np.float32),
             "bias_0": np.zeros(10, np.float32)},
        )  # fmt: skip
    run.set_status(state="stopped")
    app = open_page("train", run=run.id)
    view, replay = path_of(app, "resume-run"), path_of(app, f"replay-{run.id}")
    monkeypatch.setenv("DIGITLAB_RUNS_PER_VISITOR", "1")
    store.create(TrainingConfig(), "Another", visitor="me")
    app.session_state[VISITOR] = "me"
    app.multiselect(key="digits-to-watch").set_value(["no number"])
    app.button(key="start-training").click().run()
    assert "the limit is 1" in texts(app)
    assert "expected a test digit's number" in texts(app)
    assert path_of(app, "resume-run") == view
    assert path_of(app, f"replay-{run.id}") == replay
    app.query_params["run"] = "gone"
    app.run()
    assert "This run no longer exists." in texts(app)
    assert path_of(app, "resume-run") == view


def test_a_run_with_the_lowest_learning_rate_can_be_shown(open_page):
    run = store.create(TrainingConfig(optimizer=Optimizer(learning_rate=1e-6)), "Slow")
    run.set_status(state="training")
    with run.worker_lock():
        app = open_page("train", run=run.id)
    assert app.number_input(key=f"new-rate-{run.id}").value == 1e-6


def test_a_queued_run_says_what_it_is_waiting_for(open_page):
    run = store.create(TrainingConfig(), "Mine")
    app = open_page("train", run=run.id)
    assert app.get("progress")[0].proto.text == "Starting its process"
    first = store.create(TrainingConfig(), "First")
    first.set_status(state="training")
    with first.worker_lock():
        app.run()
        said = "Another run is in training. Yours starts next."
        assert app.get("progress")[0].proto.text == said
        second = store.create(TrainingConfig(), "Second")
        second.update_description(created=run.created - 1)
        app.run()
        assert "1 run is ahead of yours, which starts" in app.get("progress")[0].proto.text


def test_a_resumed_run_does_not_show_its_earlier_results(open_page):
    run = store.create(TrainingConfig(), "Mine")
    summary = store.get("leaky-relu").status().summary
    run.set_status(state="stopped", summary=summary)
    assert "Test accuracy" in [metric.label for metric in open_page("train", run=run.id).metric]
    run.set_status(state="queued")
    assert not open_page("train", run=run.id).metric


def test_the_digits_to_watch_are_seen_and_an_impossible_one_is_said_and_no_longer_chosen(
    no_networks, open_page
):
    app = open_page("train")
    app.multiselect(key="digits-to-watch").set_value(["8", "9999", "word"]).run()
    assert app.multiselect(key="digits-to-watch").value == ["8"]
    html = " ".join(element.proto.body for element in app.get("html"))
    assert re.findall('alt="(Handwritten .)', html) == [f"Handwritten {no_networks.y_test[8]}"]
    assert "9999: expected a test digit's number, 0 to 99." in texts(app)
    assert "word: expected" in texts(app)
    assert "expected" not in texts(app.run())


def test_a_calibration_that_fails_is_reported_with_its_reason(open_page, network, monkeypatch):
    def calibrate(run):
        raise OSError("No space left on device")

    monkeypatch.setattr(temperature_scaling, "calibrate", calibrate)
    app = open_page("train", run=uncalibrated(network({})).id)
    join_calibration()
    app.run()
    told = "could not be calibrated: No space left on device. Its probabilities are shown as the "
    assert plain(told) in texts(app)
    assert "being calibrated" not in texts(app)


def half_a_page() -> None:
    """The page as far as it is there when a quick visitor clicks."""
    from pages.components.train.form import start_training, training_form

    training_form.read_form(training_form.choose_preset())
    start_training.button("Quick", disabled=False)


def test_a_click_on_train_before_the_page_is_complete_starts_the_training(launched):
    app = AppTest.from_function(half_a_page).run()
    app.button(key="start-training").click().run()
    assert not app.exception
    assert [run.name for run in launched] == ["Quick"]
