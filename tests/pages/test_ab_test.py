"""A/B on the Train page: what is changed, what stays, and what is said of the outcome."""

import pytest

from mnist_core.runs import store
from mnist_core.runs.history import EventRow, HistoryWriter
from mnist_core.runs.run import Run
from pages.components.train.experiments import ab_test
from tests.summaries import summary

TRAINING = {"seed": 5, "optimizer": {"learning_rate": 0.01}}


@pytest.fixture
def done(network, launched):
    """Makes a network whose training is done."""

    def make(errors: dict[int, int], **changes) -> Run:
        run = network(errors, **{**TRAINING, **changes})
        run.set_status(summary=summary(test_accuracy=1 - len(errors) / 100))
        return run

    return make


def said(at) -> str:
    shown = (*at.markdown, *at.caption, *at.error, *at.warning)
    return " ".join(element.value for element in shown).replace("\\", "")


def keys(at) -> set[str]:
    return {button.key for button in at.button}


def test_b_has_one_other_setting_and_the_same_seed(open_page, done, launched):
    first = done({})
    at = open_page("train", run=first.id)
    assert at.text_input(key=f"ab-value-{first.id}-learning_rate").label == "0.01 becomes"
    at.selectbox(key=f"ab-setting-{first.id}").set_value("batch_size").run()
    at.text_input(key=f"ab-value-{first.id}-batch_size").set_value("32").run()
    at.button(key=f"ab-{first.id}").click().run()
    assert not at.exception
    (second,) = launched
    assert second.config == first.config.with_changes(batch_size=32)
    assert second.description.versus == first.id
    assert at.query_params["run"] == second.id


@pytest.mark.parametrize("value", ["0.01", "0.02, 0.03", "fast", "", "100"])
def test_a_value_that_is_not_one_other_is_reported(open_page, done, value):
    first = done({})
    at = open_page("train", run=first.id)
    at.text_input(key=f"ab-value-{first.id}-learning_rate").set_value(value).run()
    said = at.error[0].value.replace("\\", "")
    assert said.startswith("Learning rate: expected")
    assert value.strip() or said.endswith("one other value than 0.01, got none.")
    assert f"ab-{first.id}" not in keys(at)


def test_settings_without_effect_are_not_offered(open_page, done):
    first = done({})
    at = open_page("train", run=first.id)
    offered = at.selectbox(key=f"ab-setting-{first.id}").options
    assert {"Learning rate", "Dropout", "Optimizer"} <= set(offered)
    assert "Momentum" not in offered  # Adam has none
    at.selectbox(key=f"ab-setting-{first.id}").set_value("optimizer").run()
    assert "Adam" not in at.selectbox(key=f"ab-value-{first.id}-optimizer").options


@pytest.mark.parametrize("what", ["stopped", "fine-tuned", "continued"])
def test_what_could_not_be_repeated_has_no_b(done, what):
    run = done({}, base="another" if what == "fine-tuned" else "")
    if what == "stopped":
        run.set_status(state="stopped")
    if what == "continued":
        run = run.update_description(continues="another")
    assert not ab_test.can_be_repeated(run)
    assert ab_test.can_be_repeated(done({}))


def as_b(run: Run, first: Run) -> Run:
    return run.update_description(versus=first.id)


def test_the_outcome_is_that_of_the_two_and_can_be_repeated(open_page, done, launched):
    first = done({1: 2, 2: 3, 3: 4})
    second = as_b(done({1: 2, 9: 1}, optimizer={"learning_rate": 0.1}), first)
    at = open_page("train", run=second.id)
    assert "**Learning rate: 0.01 → 0.1.** Nothing else differs" in said(at)
    assert "B fixes 2 errors of A and adds 1. The networks differ on 3 digits." in said(at)
    assert "2 to 1 would come up in 100% of such cases" in said(at)  # 2 · P(≥ 2 of 3) = 1
    shown = at.table[0].value
    assert shown["Learning rate"].tolist() == ["0\\.01", "0\\.1"]
    assert shown["Test accuracy"].tolist() == ["97.00%", "98.00%"]
    at.button(key="ab-repeat").click().run()
    rates_and_seeds = {(r.config.optimizer.learning_rate, r.config.seed) for r in launched}
    assert rates_and_seeds == {(rate, seed) for rate in (0.01, 0.1) for seed in (5, 6, 7)}


def test_what_else_differs_is_said(open_page, done):
    first = done({})
    second = as_b(done({1: 2}, optimizer={"learning_rate": 0.1}), first)
    writer = HistoryWriter(second.history_path, 0)
    writer.write(EventRow("learning_rate", 3, 1.0, 0.05))
    writer.close()
    assert "changed by hand, too" in said(open_page("train", run=second.id))
    second.set_status(state="stopped")
    assert "B was stopped early" in said(open_page("train", run=second.id))


def test_a_pair_that_is_none_is_reported(open_page, done):
    first, second = done({}), done({1: 2}, batch_size=32, epochs=2)
    second = as_b(second, first)
    assert "but they differ in 2" in said(open_page("train", run=second.id))
    second.evaluation_path.write_bytes(b"damaged")
    assert "can't be compared" in said(open_page("train", run=second.id))
    first.delete()
    assert "has been deleted" in said(open_page("train", run=second.id))
    assert store.list_runs() == [second]
