"""The digits that show how to draw."""

from __future__ import annotations

import pytest

from mnist_core.config.sizes import CLASSES
from mnist_core.digits.drawings import example_digits
from mnist_core.predict.predictor import Predictor
from mnist_core.runs import store


@pytest.mark.parametrize("run", store.list_pretrained(), ids=lambda run: run.id)
def test_the_digits_that_show_how_to_draw_are_read_by_every_shipped_network(run):
    predictor = Predictor.load(run)
    answers = [predictor.predict_strokes(strokes) for strokes in example_digits.all_digits()]
    assert [answer.verdict.digit for answer in answers] == list(range(CLASSES))
    assert {answer.verdict.kind for answer in answers} == {"digit"}
