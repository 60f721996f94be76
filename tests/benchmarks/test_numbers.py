"""The benchmark of numbers, on digits that the tests draw."""

import re
from itertools import pairwise

import numpy as np
import pytest
from scipy import ndimage

from mnist_core.predict.predictor import Predictor
from mnist_core.runs import store
from tests.benchmarks import composed_numbers, numbers
from tests.benchmarks.composed_numbers import LAYOUTS
from tests.core.digits.drawn_digits import OPEN_FOUR, SEVEN, picture

INK = 1 - np.asarray(picture(SEVEN, 10, (110, 140), ink=0), float) / 255


@pytest.mark.parametrize("name", LAYOUTS)
def test_digits_stand_beside_each_other_as_the_layout_says(name):
    ink, boxes = composed_numbers.on_paper([INK] * 3, LAYOUTS[name], np.random.default_rng(0))
    pieces = ndimage.label(ink > 0.25, np.ones((3, 3)))[1]
    assert pieces == (1 if name == "touching" else 3)
    strokes, drawn = composed_numbers.on_canvas(
        [SEVEN] * 3, LAYOUTS[name], np.random.default_rng(0)
    )
    for found in (boxes, drawn):
        assert [box[0] for box in found] == sorted(box[0] for box in found)
        overlap = any(one[2] > other[0] for one, other in pairwise(found))
        assert not overlap or name in ("overlapping", "touching")
    assert len(strokes) == 3
    assert min(map(np.min, strokes)) >= 0
    assert max(map(np.max, strokes)) <= 280


def test_a_number_is_right_if_its_digits_are_in_their_places():
    predictor = Predictor.load(store.get(numbers.NETWORK))
    drawings = [("7", SEVEN), ("4", OPEN_FOUR)]
    made = numbers.tasks(drawings, numbers.on_canvas, LAYOUTS["apart"], [2], seed=0, count=3)
    tasks = list(made)
    assert {len(task.text) for task in tasks} == {2}
    outcomes = numbers.measure(predictor, iter(tasks))
    assert [outcome.right for outcome in outcomes] == [True] * 3
    wrong = [numbers.Task("00", task.boxes, task.read, task.pieces) for task in tasks]
    assert [(o.cut, o.right) for o in numbers.measure(predictor, iter(wrong))] == [
        (True, False)
    ] * 3
    row = numbers.summary(outcomes)
    assert (row["numbers"], row["right"], row["cut"], row["surely_wrong"]) == (3, 1, 1, 0)


def test_a_fit_ends_and_makes_the_right_cuts_likelier(capsys):
    predictor = Predictor.load(store.get(numbers.NETWORK))
    drawings = [("7", SEVEN), ("4", OPEN_FOUR)]
    made = numbers.tasks(drawings, numbers.on_canvas, LAYOUTS["near"], [2], seed=0, count=3)
    numbers.fit(predictor, list(made))
    said = capsys.readouterr().out
    fitted, before = map(float, re.findall(r"\d\.\d{3}", said.splitlines()[0]))
    assert re.match("[1-3] numbers", said)  # a cut may lack a digit's own strokes
    assert fitted < before
    assert "Model(weights=(" in said
