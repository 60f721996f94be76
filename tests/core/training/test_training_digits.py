"""Which digits and drawings a training sees, and in which order; no TensorFlow here."""

from dataclasses import replace

import numpy as np
import pytest

from mnist_core.config.config import AddedDrawings, TrainingConfig
from mnist_core.digits.datasets.splits import validation_split
from mnist_core.digits.drawings import pen_dataset
from mnist_core.digits.drawings.pen_dataset import Drawings
from mnist_core.runs import store
from mnist_core.training import training_digits
from mnist_core.training.training_digits import DrawingsMissingError

SHA = "ab" * 32
PLAIN = TrainingConfig(validation_split=0.1, seed=3)
WITH_DRAWINGS = PLAIN.with_changes(drawings=AddedDrawings(SHA, copies=2))


@pytest.fixture
def drawn(few_digits):
    """40 drawings, a quarter of them held out, redrawn twice; no two images are alike."""
    images, labels = few_digits.x_test[:40], few_digits.y_test[:40]
    redrawn, held_out = np.stack([images, 255 - images]), np.arange(40) % 4 == 1
    return Drawings(images, labels, "f", SHA, np.ones(40, np.uint16), redrawn, held_out)


def prepared(config, dataset, drawn=None):
    run = store.create(config, "Mine")
    if drawn is not None:
        drawn.save(run.directory / pen_dataset.FILE_NAME)
    return training_digits.prepare(config, dataset, run)


def validation(dataset, config=PLAIN):
    return validation_split(dataset.y_train, config.validation_split, config.seed)[1]


@pytest.mark.parametrize("share", [0, 50, 400])
def test_the_validation_digits_are_in_no_epoch(few_digits, share):
    digits = prepared(PLAIN.with_changes(digits_per_epoch=share), few_digits)
    np.testing.assert_array_equal(digits.validation, validation(few_digits))
    assert len(digits.validation) == 30
    seen = np.concatenate([digits.order(epoch) for epoch in range(1, 30)])
    assert {*seen} | {*digits.validation} == set(range(300))
    assert not {*seen} & {*digits.validation}
    assert not {*digits.trained_on} & {*digits.validation}


def test_every_training_digit_comes_once_an_epoch_in_a_new_order_that_repeats(few_digits):
    digits = prepared(PLAIN, few_digits)
    first, second = digits.order(1), digits.order(2)
    assert first.dtype == np.int32
    assert sorted(first) == sorted(second) == sorted(digits.train) == sorted(digits.trained_on)
    assert (first != second).any()
    np.testing.assert_array_equal(first, prepared(PLAIN, few_digits).order(1))
    other = PLAIN.with_changes(seed=4)
    assert {*prepared(other, few_digits).order(1)} != {*first}  # as the split is another
    assert (replace(digits, config=other).order(1) != first).any()


def test_without_drawings_the_images_are_those_of_the_data(few_digits):
    digits = prepared(PLAIN, few_digits)
    assert digits.images is few_digits.x_train  # so that what a standby has prepared fits
    assert digits.labels is few_digits.y_train
    assert digits.drawings is None
    assert len(digits.drawn) == 0


def test_drawings_are_added_but_for_those_held_out(few_digits, drawn):
    digits = prepared(WITH_DRAWINGS, few_digits, drawn)
    trained = drawn.redrawn[:, ~drawn.held_out].reshape(-1, 28, 28)
    np.testing.assert_array_equal(digits.images[digits.drawn], trained)
    labels = np.tile(drawn.labels[~drawn.held_out], 2)
    np.testing.assert_array_equal(digits.labels[digits.drawn], labels)
    np.testing.assert_array_equal(digits.images[:300], few_digits.x_train)
    np.testing.assert_array_equal(digits.labels[:300], few_digits.y_train)
    assert sorted(digits.drawn) == list(range(300, 360))
    assert sorted(digits.order(1)) == sorted(digits.trained_on)
    assert {*digits.trained_on} == {*digits.train} | {*digits.drawn}
    np.testing.assert_array_equal(digits.drawings.held_out, drawn.held_out)


def test_an_epoch_takes_a_share_of_the_digits_and_all_drawings(few_digits, drawn):
    digits = prepared(WITH_DRAWINGS.with_changes(digits_per_epoch=50), few_digits, drawn)
    first, second = digits.order(1), digits.order(2)
    for order in (first, second):
        assert sorted(order[order >= 300]) == list(range(300, 360))
        chosen = order[order < 300]
        assert len(set(chosen)) == len(chosen) == 50
    assert set(first) != set(second)
    more = replace(digits, config=WITH_DRAWINGS.with_changes(digits_per_epoch=400))
    times = np.bincount(more.order(1), minlength=300)[:300]
    held_back = validation(few_digits)
    assert sorted(np.delete(times, held_back)) == [1] * 140 + [2] * 130  # of 270 digits
    assert not times[held_back].any()


def test_epochs_that_echo_see_the_same_digits_in_other_orders(few_digits):
    config = PLAIN.with_changes(digits_per_epoch=50, data_echoing=3)
    digits = prepared(config, few_digits)
    orders = [digits.order(epoch) for epoch in range(1, 8)]
    assert [digits.made_in(epoch) for epoch in range(1, 8)] == [1, 1, 1, 4, 4, 4, 7]
    sets = [set(order) for order in orders]
    assert sets[0] == sets[1] == sets[2] != sets[3]
    assert sets[3] == sets[4] == sets[5] != sets[6]
    assert (orders[0] != orders[1]).any()


def test_drawings_that_are_missing_or_others_are_said_to_be_so(few_digits, drawn):
    config = PLAIN.with_changes(drawings=AddedDrawings("cd" * 32))
    with pytest.raises(DrawingsMissingError, match=r"drawings\.npz is missing.*cdcd"):
        prepared(config, few_digits)
    with pytest.raises(DrawingsMissingError, match="holds other drawings"):
        prepared(config, few_digits, drawn)
