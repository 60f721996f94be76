"""The Train page and the run that it shows, without a browser and without training."""

import json
import re
import shutil

import numpy as np
import pytest
import streamlit as st

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
from tests.pages.shown import texts


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
