"""What lessons measure, against values computed apart."""

import math

import numpy as np
import pytest

from mnist_core.config.config import TrainingConfig
from mnist_core.lessons import measuring, reading, template
from mnist_core.lessons.lesson import Training, TrainingRun
from mnist_core.lessons.measuring import Resources
from mnist_core.predict.predictor import Predictor
from mnist_core.runs import store
from mnist_core.runs.history import EpochRow, to_line

LESSONS = {lesson.id: lesson for lesson in reading.read_folder(reading.SHIPPED).lessons}
ASKING = [lesson_id for lesson_id, lesson in LESSONS.items() if not lesson.header.training]


@pytest.fixture(scope="module")
def resources(sample) -> Resources:
    return Resources(sample, store.get, Predictor.load)


def run_of(rows: list[tuple[float, float, float, float]]):
    run = store.create(TrainingConfig(), "Of a lesson")
    lines = [to_line(EpochRow(n, n, *row, 0.1, 1.0)) for n, row in enumerate(rows, 1)]
    run.history_path.write_text("".join(lines), "utf-8")
    return run


@pytest.mark.parametrize("lesson_id", ASKING)
def test_a_lesson_measures_what_its_text_names(lesson_id, resources):
    lesson = LESSONS[lesson_id]
    measured = measuring.measure(lesson.header, resources)
    figures, curves = measuring.names(lesson.header)
    assert measured.figures.keys() == figures
    assert measured.curves.keys() == curves
    explained = template.fill(lesson.sections["Explanation"], measured.figures)
    assert "{" not in explained
    for name in ("images", "probabilities", "labels", "indices"):
        found = len(getattr(measured, name))
        assert found in (0, len(measured.images)), name


def test_a_training_s_figures_are_those_of_its_epochs():
    rows = [(1.0, 0.5, 0.8, 0.6), (0.5, 0.9, 0.4, 0.8), (0.1, 1.0, 0.6, 0.7)]
    setup = Training(
        (TrainingRun("a", "A", TrainingConfig()), TrainingRun("b", "B", TrainingConfig()))
    )
    measured = measuring.of_training(setup, {"a": run_of(rows)})
    assert measured.figures["a.loss"] == (0.1, "0.100")
    assert measured.figures["a.val_accuracy"].text == "70.00%"
    assert measured.figures["a.lowest_epoch"].value == 2
    assert measured.figures["a.lowest_val_loss"].value == 0.4
    assert measured.figures["a.gap"].text == "30.0"
    assert measured.figures["a.rise"].value == pytest.approx(1.5)
    np.testing.assert_allclose(measured.curves["a.val_loss"].y, [0.8, 0.4, 0.6])
    assert math.isnan(measured.figures["b.loss"].value)
    assert measured.figures["b.loss"].text == "–"
    sketched = measuring.with_sketch(measured, "a.val_loss", [0.9, 0.5, 0.3])
    assert sketched.figures["sketch.distance"].value == pytest.approx((0.1 + 0.1 + 0.3) / 3)
    assert sketched.figures["sketch.lowest_at"].value == 3


def test_a_training_without_finite_figures_has_none():
    setup = Training((TrainingRun("a", "A", TrainingConfig()),))
    measured = measuring.of_training(setup, {"a": run_of([(math.nan,) * 4])})
    assert measured.figures["a.val_loss"].text == "–"
    assert measured.figures["a.lowest_epoch"].text == "–"


def test_moved_images_keep_the_ink_that_stays_inside():
    image = np.zeros((1, 28, 28), np.uint8)
    image[0, 10, 5] = 200
    assert measuring.shifted(image, 3, -4)[0, 6, 8] == 200
    assert measuring.shifted(image, 3, -4).sum() == 200
    assert measuring.shifted(image, -6, 0).sum() == 0
    np.testing.assert_array_equal(measuring.shifted(image, 0, 0), image)


def test_the_shift_s_accuracies_are_those_of_the_network(resources):
    measured = measuring.measure(LESSONS["1-centring"].header, resources)
    predictor = Predictor.load(store.get("compact"))
    x, y = resources.data.x_test, resources.data.y_test
    moved = np.zeros_like(x)
    moved[:, :, 4:] = x[:, :, :-4]
    share = (predictor.classifier.probabilities(moved).argmax(axis=1) == y).mean()
    assert measured.figures["accuracy4"].value == pytest.approx(share)
    one = predictor.predict_image(measured.images[1])
    np.testing.assert_allclose(measured.probabilities[1], one.probabilities, atol=1e-5)


def test_the_moved_digit_has_all_its_ink(resources):
    header = LESSONS["1-centring"].header.with_changes(shift={"right": -6, "down": -7})
    sevens = resources.data.x_test[resources.data.y_test == 7]
    assert sevens[:5, :7].any()  # not every 7 could be moved so far
    centred, moved = measuring.measure(header, resources).images
    np.testing.assert_array_equal(centred[7:, 6:], moved[:-7, :-6])
    assert centred.sum() == moved.sum()


def test_a_unit_that_is_not_there_is_reported(resources):
    header = LESSONS["2-units"].header.with_changes(unit={"unit": 96})
    with pytest.raises(measuring.MeasuringError, match="has no unit 96 in its first"):
        measuring.measure(header, resources)
