"""The Train page's form and its states, without a browser and without training."""

import pytest

from mnist_core import jobs, runs
from mnist_core.config import PRESETS, TrainingConfig


@pytest.fixture
def started(monkeypatch):
    """Configurations and names handed to ``jobs.start``; no worker is launched."""
    calls = []

    def start(config, name):
        calls.append((config, name))
        run = runs.create(config, name)
        run.set_status(state="done")
        return run

    monkeypatch.setattr(jobs, "start", start)
    return calls


def texts(app):
    return "\n".join(e.value for e in (*app.markdown, *app.info, *app.warning, *app.error))


def test_before_anything_was_trained_the_page_says_what_to_do(open_page):
    app = open_page("train")
    assert "click **Train**" in app.info[0].value
    assert app.button(key="stop-training").disabled
    assert "570,506 parameters, 568,970 of them trained" in texts(app)


@pytest.mark.parametrize("preset", PRESETS)
def test_train_starts_the_preset_unchanged(open_page, started, preset):
    app = open_page("train")
    app.selectbox(key="preset").select(preset).run()
    app.button(key="start-training").click().run()
    assert not app.exception
    assert [config for config, _ in started] == [PRESETS[preset]]
    assert app.query_params["run"] == runs.list_runs()[0].id


def test_every_setting_of_the_form_reaches_the_run(open_page, started):
    app = open_page("train")
    app.number_input(key="layer-count").set_value(1).run()
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
    app.number_input(key="seed").set_value(5).run()
    assert f"{785 * 40 + 4 * 40 + 41 * 10:,} parameters" in texts(app)
    app.button(key="start-training").click().run()
    ((config, _),) = started
    assert config == TrainingConfig.from_dict(
        {
            "layers": [
                {"units": 40, "activation": "gelu", "normalization": "before", "dropout": 0.25}
            ],
            "optimizer": "sgd",
            "momentum": 0.8,
            "learning_rate": 0.02,
            "schedule": "one_cycle",
            "batch_size": 64,
            "epochs": 3,
            "validation_split": 0.2,
            "early_stopping_patience": 0,
            "seed": 5,
        }
    )


def test_a_finished_run_shows_its_summary_and_where_to_go_on(open_page):
    run = runs.get("early-stopping")
    summary = run.status().summary
    app = open_page("train", run=run.id)
    values = {metric.label: metric.value for metric in app.metric}
    assert values["Test accuracy"] == f"{summary['test_accuracy']:.2%}"
    assert values["Wrong"] == f"{summary['test_errors']} of 10,000"
    assert values["Parameters"] == "570,506"
    assert len(app.dataframe[0].value) == summary["epochs"]


def test_the_run_that_goes_on_is_shown_to_a_visitor_who_brings_no_link(open_page):
    run = runs.create(TrainingConfig(), "Of somebody else")
    run.set_status(state="training")
    with run.worker_lock():
        app = open_page("train")
    assert "**Training** · Of somebody else" in texts(app)
    assert not app.button(key="stop-training").disabled


def test_a_link_to_a_run_that_is_gone_says_so(open_page):
    app = open_page("train", run="../../etc")
    assert "not here" in app.warning[0].value


def test_an_interrupted_run_says_why(open_page):
    run = runs.create(TrainingConfig(), "Killed")
    run.set_status(state="training")
    app = open_page("train", run=run.id)
    assert "ended without a word" in app.error[0].value
