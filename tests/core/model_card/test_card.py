"""The model card states what was measured, and measures what it says."""

import pytest

from mnist_core.config.config import parameter_count
from mnist_core.evaluation.metrics import Evaluation
from mnist_core.model_card import card
from mnist_core.runs import store


@pytest.mark.parametrize("run", store.list_pretrained(), ids=lambda run: run.id)
def test_the_card_states_the_stored_accuracy(run):
    stored = Evaluation.load(run.evaluation_path)
    text = card.CARD.read_text("utf-8")
    parameters = f"{parameter_count(run.config)[0]:,}"
    row = f"| {run.id} | {parameters} | **{stored.accuracy:.2%}** ({stored.errors} wrong) |"
    assert row in text
    assert row in card.PROJECT_README.read_text("utf-8")
    assert f"--preset {run.id} " in text
    summary = run.status().summary
    if summary.drawing_accuracy is not None:
        wrong = round((1 - summary.drawing_accuracy) * summary.drawing_count)
        assert f"**{summary.drawing_accuracy:.2%}** ({wrong} of" in text


def test_a_table_is_markdown():
    assert card.table(("a", "b"), [(1, "x")]) == "| a | b |\n| --- | --- |\n| 1 | x |"
