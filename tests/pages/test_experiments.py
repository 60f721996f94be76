"""The Experiments page: plan a sweep, start it, and read what came of it."""

import json
import os
import time

import pytest

from mnist_core.config.presets import PRESETS
from mnist_core.config.sweep_plan import plan
from mnist_core.jobs import launcher
from mnist_core.runs import store
from mnist_core.runs.history import EpochRow, HistoryWriter
from pages.components.train.experiments import experiment_table, sweep_form
from pages.components.train.runs import run_table
from tests.summaries import summary


@pytest.fixture(autouse=True)
def no_processes(no_networks, launched):
    return launched


def payload(at) -> dict:
    (found,) = (
        json.loads(element.proto.json)
        for element in at.get("bidi_component")
        if element.proto.component_name == "digit_lab_experiment_table"
    )
    return found


def said(at) -> str:
    return " ".join(element.value for element in at.markdown).replace("\\", "")


def finish(run, accuracy: float) -> None:
    figures = summary(test_accuracy=accuracy - 0.1, best_val_accuracy=accuracy, best_val_loss=0.1)
    run.set_status(state="done", summary=figures)


def test_a_sweep_is_planned_and_started(open_page, launched):
    at = open_page("experiments")
    assert at.button(key="start-sweep").label == "Start 6 runs"
    assert "on this computer" in at.caption[0].value
    at.number_input(key="sweep-seeds").set_value(1)
    at.selectbox(key="sweep-setting-1").set_value("units").run()
    at.text_input(key="sweep-values-1-units").set_value("8, 16")
    at.text_input(key="sweep-name").set_value("<b>Widths</b>").run()
    at.button(key="start-sweep").click().run()
    assert not at.exception
    assert len(launched) == 6
    assert {run.config.layers[0].units for run in launched} == {8, 16}
    assert launched[0].description.sweep.hyperparameters == ["learning_rate", "units"]
    assert at.get("progress")
    assert "<b>Widths</b> 1" in payload(at)["names"]  # text, never HTML


@pytest.mark.parametrize(
    ("hyperparameter", "values", "problem"),
    [
        ("units", "many", "Units per layer: expected numbers"),
        ("learning_rate", "0.1", "Learning rate is listed twice"),
        ("units", ", ".join(map(str, range(1, 20))), "2 to 24 runs"),
        ("units", ", ".join(map(str, range(1, 300))), "Leave out values or take fewer seeds"),
        ("units", "0, 8", "whole number from 1 to 4096"),
    ],
)
def test_an_impossible_sweep_is_reported_and_cannot_be_started(
    open_page, hyperparameter, values, problem
):
    at = open_page("experiments")
    at.selectbox(key="sweep-setting-1").set_value(hyperparameter).run()
    at.text_input(key=f"sweep-values-1-{hyperparameter}").set_value(values).run()
    assert problem in at.error[0].value.replace("\\", "")
    assert "start-sweep" not in {button.key for button in at.button}


def test_too_many_values_to_draw_from_are_told_and_settings_without_effect_too(open_page):
    at = open_page("experiments")
    at.selectbox(key="sweep-setting-1").set_value("momentum").run()
    at.text_input(key="sweep-values-1-momentum").set_value("0.1, 0.2").run()
    assert at.warning[0].value.startswith("Momentum has no effect on this training")
    assert "start-sweep" in {button.key for button in at.button}
    at.selectbox(key="sweep-way").set_value("some at random").run()
    many = ", ".join(f"{0.001 + number / 1000:.3f}" for number in range(300))
    at.text_input(key="sweep-values-0-learning_rate").set_value(many).run()
    said = at.error[0].value.replace("\\", "")
    assert "Learning rate: expected at most 24 values, got 300. Leave some out" in said
    assert "start-sweep" not in {button.key for button in at.button}


def test_a_search_starts_and_its_settings_are_shown_once_they_are_chosen(open_page, launched):
    pytest.importorskip("optuna", reason="pip install -r requirements-search.txt")
    at = open_page("experiments")
    at.selectbox(key="sweep-way").set_value("a search").run()
    assert "sweep-seeds" not in {field.key for field in at.number_input}
    at.number_input(key="sweep-number-a search").set_value(3).run()
    assert "Together at most" in at.caption[0].value
    at.button(key="start-sweep").click().run()
    assert not at.exception
    first, second, third = launched
    column = dict(zip(payload(at)["names"], payload(at)["columns"][0]["texts"], strict=True))
    assert set(column.values()) == {"–"}
    for run, state, accuracy in ((first, "pruned", 0.99), (second, "done", 0.9)):
        config = run.config.with_changes(optimizer={"learning_rate": 0.0123})
        chosen = run.update_description(training=config, chosen=True)
        figures = summary(best_val_accuracy=accuracy)
        chosen.set_status(state=state, summary=figures, message="Others were better.")
    at = open_page("experiments")
    assert at.get("progress")[0].proto.text == "2 of 3 runs ended: 1 pruned and 1 done"
    assert "Best so far: 90.00% of the validation set, with learning rate 0.0123" in said(at)
    assert sorted(payload(at)["columns"][-1]["texts"]) == ["90.00%", "99.00% (pruned)", "–"]
    (rate,) = (c for c in payload(at)["columns"] if c["title"] == "Learning rate")
    assert sorted(rate["texts"]) == ["0.0123", "0.0123", "–"]
    assert "chosen by the search" in run_table.row_of(third, "me").settings


def test_without_optuna_a_search_says_what_is_missing(open_page, monkeypatch):
    monkeypatch.setattr(sweep_form, "optuna_missing", lambda: "This needs the library optuna.")
    at = open_page("experiments")
    at.selectbox(key="sweep-way").set_value("a search").run()
    assert "needs the library optuna" in at.info[0].value
    assert "start-sweep" not in {button.key for button in at.button}


def test_a_name_that_is_too_long_is_reported_and_not_lost(open_page):
    at = open_page("experiments")
    at.text_input(key="sweep-name").set_value("x" * 82).run()
    assert "1–60 characters, got 82" in at.error[0].value.replace("\\", "")
    assert "start-sweep" not in {button.key for button in at.button}


def test_a_visitor_who_has_too_many_runs_is_told(open_page, monkeypatch):
    monkeypatch.setenv("DIGITLAB_RUNS_PER_SWEEP", "4")
    at = open_page("experiments")
    at.button(key="start-sweep").click().run()
    assert "at most 4 runs here" in at.warning[0].value.replace("\\", "")
    assert store.list_runs() == []


def test_the_page_says_what_mattered_and_keeps_the_best(open_page):
    planned = plan(
        "speedrun", PRESETS["speedrun"], {"learning_rate": [0.01, 0.1], "units": [8, 16]}, 2
    )
    runs = launcher.start_sweep("Rates", planned)
    for number, run in enumerate(runs[:-1]):
        high = run.config.optimizer.learning_rate == 0.01
        finish(run, (0.97 if high else 0.9) + 0.001 * (number % 3))
    at = open_page("experiments")
    assert "Learning rate matters: 0.01 reached 97" in said(at)
    assert "Units per layer makes no difference" in said(at)
    assert at.table[0].value["Learning rate"].tolist() == ["0\\.01", "0\\.1"]
    assert at.table[0].value["Runs"].tolist() == [4, 3]
    assert at.code[0].value == (
        "python -m mnist_core sweep --config config.json --vary learning_rate=0.01,0.1 "
        "--vary units=8,16 --seeds 2 --name Rates"
    )
    data = payload(at)
    titles = [column["title"] for column in data["columns"]]
    assert titles[:3] == ["Units per layer", "Learning rate", "Seed"]
    assert titles[-1] == "Validation accuracy"
    assert data["columns"][-1]["texts"].count("–") == 1  # the one that has not ended
    best = max(runs[:-1], key=lambda run: run.status().summary.best_val_accuracy)
    (key,) = (b.key for b in at.button if b.key.startswith("keep-"))
    at.button(key=key).click().run()
    assert [run.id for run in store.list_runs() if run.kept] == [best.id]
    (key,) = (b.key for b in at.button if b.key.startswith("stop-"))
    at.button(key=key).click().run()
    assert [run.control().stop for run in runs] == [False] * 7 + [True]


def test_the_address_names_the_sweep_that_is_shown(open_page):
    for name in ("Old", "New"):
        launcher.start_sweep(name, plan("speedrun", PRESETS["speedrun"], {}, 2))
    old = next(run for run in store.list_runs() if run.name == "Old 1").description.sweep.id
    assert payload(open_page("experiments"))["names"] == ["New 1", "New 2"]
    at = open_page("experiments", sweep=old)
    assert payload(at)["names"] == ["Old 1", "Old 2"]
    at.selectbox(key="sweep-list").set_value("every").run()
    assert at.query_params["sweep"] == "every"
    assert len(payload(at)["names"]) == 4
    at = open_page("experiments", sweep="gone")
    warning = at.warning[0].value
    assert "which does not exist here" in warning
    assert "the id of a sweep" in warning
    assert old not in warning
    assert payload(at)["names"] == ["New 1", "New 2"]


def test_sweeps_of_one_name_are_told_apart(open_page):
    for _ in range(2):
        launcher.start_sweep("Sweep", plan("speedrun", PRESETS["speedrun"], {}, 2))
    options = open_page("experiments").selectbox(key="sweep-list").options
    assert len(set(options)) == 3
    assert all(name.startswith("Sweep (") for name in options[:2])


def test_no_text_stands_twice_on_an_axis():
    column = experiment_table.Column("Time", [1.6, 2.4, 30], experiment_table.duration)
    assert [text for _, text in experiment_table._column(column)["ticks"]] == ["2 s", "30 s"]


def test_places_are_even_for_words_logarithmic_for_wide_numbers_and_none_for_none():
    assert experiment_table.places(["b", "a", None, "c"]) == [0.5, 0.0, None, 1.0]
    assert experiment_table.places([0.001, 0.01, 0.1]) == pytest.approx([0, 0.5, 1])
    assert experiment_table.places([1, 2, 3, float("nan")]) == [0, 0.5, 1, None]
    assert experiment_table.places([7, 7]) == [0.5, 0.5]
    assert experiment_table.places([None, None]) == [None, None]
    assert experiment_table.places([0, 1, 100]) == [0, 0.01, 1]


def test_curves_are_the_validation_accuracies_by_epoch_of_the_newest_runs(no_networks, monkeypatch):
    runs = [store.create(PRESETS["speedrun"], f"R{number}") for number in range(3)]
    for run, accuracies in zip(runs, [(0.5, 0.9), (0.7,), (float("nan"),)], strict=True):
        writer = HistoryWriter(run.history_path, 0)
        for epoch, accuracy in enumerate(accuracies, 1):
            writer.write(EpochRow(epoch, epoch, 0.1, 0.9, 0.1, accuracy, 0.01, epoch))
        writer.close()
    found = experiment_table.curves(runs)
    assert found["points"] == [[(0, 0), (1, 1)], [(0, pytest.approx(0.5))], []]
    assert found["across"] == [(0, "1"), (1, "2")]
    assert [text for _, text in found["up"]] == ["50.00%", "70.00%", "90.00%"]
    monkeypatch.setattr(experiment_table, "MAX_CURVES", 2)
    oldest_first = sorted(runs, key=lambda run: run.created)
    assert experiment_table.curves(oldest_first)["points"][0] == []


def test_every_example_of_values_can_be_trained():
    for name, values in sweep_form.EXAMPLES.items():
        found = sweep_form.parse(name, values)
        assert len(plan("speedrun", PRESETS["speedrun"], {name: found}).runs) == 3


def test_the_time_for_many_runs_grows_with_their_number_not_with_its_square(no_networks):
    def time_for(runs) -> float:  # of this thread alone: the machine may be busy
        names = {run.id: run.name for run in runs}
        experiment_table.payload(runs, names)  # from then on files are remembered
        begun = time.thread_time()
        experiment_table.payload(runs, names)
        return time.thread_time() - begun

    base = PRESETS["speedrun"]
    runs = [
        store.create(
            base.with_changes(seed=seed, optimizer={"learning_rate": 0.001 * (1 + seed)}),
            f"R{seed}",
        )
        for seed in range(300)
    ]
    for run in runs:
        finish(run, 0.9)
    before = time.time() - 60  # as if nothing had changed for a while
    for run in runs:
        for path in (run.config_path, run.status_path):
            os.utime(path, (before, before))
    few = min(time_for(runs[:60]) for _ in range(3))
    many = min(time_for(runs) for _ in range(3))
    assert many < 18 * few  # five times as many; their square would be 25
