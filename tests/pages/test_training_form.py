"""The form that describes a training, without a browser and without training."""

import json
import re
from urllib.parse import parse_qsl

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block, Selectbox

from mnist_core.config.config import TrainingConfig
from mnist_core.config.presets import PRESETS
from mnist_core.jobs import launcher
from mnist_core.runs import store
from pages.components.shell.text import plain
from tests.pages.conftest import path_of
from tests.pages.shown import texts


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
