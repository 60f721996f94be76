"""What fine-tuning starts and what it refuses; test_fine_tuned_networks.py trains."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mnist_core.config.config import (
    AddedDrawings,
    Augmentation,
    Distillation,
    EarlyStopping,
    Layer,
    Optimizer,
    Regularization,
    Schedule,
    TrainingConfig,
)
from mnist_core.digits.drawings import user_drawings
from mnist_core.digits.drawings.pen_dataset import Drawings
from mnist_core.digits.drawings.user_drawings import Drawing
from mnist_core.jobs import fine_tuning, limits
from mnist_core.jobs.fine_tuning import FineTuningError
from mnist_core.runs import store
from mnist_core.runs.run import Run
from mnist_core.training import training_digits
from tests.core.jobs.signs import drawn, twice

pytestmark = pytest.mark.usefixtures("launched")


@pytest.fixture
def base(tmp_path) -> Run:
    """A network that was trained in every way there is; its model is never read here."""
    config = TrainingConfig(
        layers=(Layer(64, "gelu", "before"),),
        optimizer=Optimizer("adamw", 0.05, weight_decay=0.1),
        schedule=Schedule("plateau"),
        early_stopping=EarlyStopping(3),
        regularization=Regularization(0.1, 0.2),
        augmentation=Augmentation(rotation=10),
        distillation=Distillation(4),
        drawings=AddedDrawings("ab" * 32, 4, 4.4, writers_held_out=5),
        batch_size=512,
        epochs=500,
        validation_split=0.03,
        data_echoing=3,
        precision="bfloat16",
        seed=7,
    )
    run = store.create(config, "Champion", tmp_path / "champion")
    run.model_path.write_bytes(b"a model")
    return run


def test_fine_tuning_takes_small_steps_on_few_digits_however_the_network_was_trained(base):
    run = fine_tuning.start(base, twice())
    assert run.config == TrainingConfig(
        layers=(Layer(64, "gelu", "before"),),
        optimizer=Optimizer("adam", 0.0005, weight_decay=0.1),
        schedule=Schedule("one_cycle"),
        drawings=AddedDrawings(run.config.drawings.sha256, 150, 4.4),
        batch_size=128,
        epochs=5,
        validation_split=0.03,
        digits_per_epoch=4000,
        base=base.id,
        seed=7,
    )
    assert run.base_path.read_bytes() == b"a model"
    assert (run.name, run.base_name) == ("Champion, my handwriting", "Champion")
    stored = Drawings.load(run.directory / "drawings.npz")
    assert stored.sha256 == run.config.drawings.sha256
    assert stored.redrawn.shape == (150, 20, 28, 28)  # 1,500 of the ten that are trained on
    sizes = (stored.redrawn[:, ~stored.held_out] > 0).sum(axis=(2, 3))
    assert (sizes.max(axis=0) > 1.5 * sizes.min(axis=0)).all()  # of each with thick and thin pens


def test_half_of_each_digit_is_held_out_and_not_trained_on(base, few_digits):
    run = fine_tuning.start(base, twice())
    digits = training_digits.prepare(run.config, few_digits, run)
    out = digits.drawings.held_out
    assert sorted(digits.drawings.labels[out]) == list(range(10))
    copies = len(digits.drawings.redrawn)
    seen = digits.images[digits.drawn].reshape(copies, 10, 28, 28)
    assert copies * 10 >= fine_tuning.REDRAWN
    assert not (seen == seen[0]).all(axis=(0, 2, 3)).any()  # every copy of each is another
    held = digits.drawings.images[out]
    assert not any((image == held).all(axis=(1, 2)).any() for image in seen.reshape(-1, 28, 28))
    labels = np.array([3] * 30 + [4] * 5 + [5])
    back = fine_tuning.held_out(labels)
    assert np.bincount(labels[back], minlength=10).tolist() == [0, 0, 0, 5, 2, 0, 0, 0, 0, 0]
    assert (back == fine_tuning.held_out(labels)).all()
    assert (back != fine_tuning.held_out(labels, seed=1)).any()


def test_drawings_without_a_digit_are_left_out(base):
    blank = Drawing((np.zeros((2, 2)),), 3, None, "")
    run = fine_tuning.start(base, [blank, *twice()])
    assert len(Drawings.load(run.directory / "drawings.npz").labels) == 20


@pytest.mark.parametrize("seed", range(5))
def test_no_drawing_held_out_is_the_twin_of_a_taught_one(base, seed):
    """Twins: saved twice, read again from their file, or labelled otherwise the second time."""
    kept = twice()
    again = user_drawings.from_json(user_drawings.to_json(kept).encode())
    relabelled = [replace(drawing, label=(drawing.label + 1) % 10) for drawing in kept[:3]]
    several = [*kept, *kept, *again, *relabelled]
    mixed = [several[place] for place in np.random.default_rng(seed).permutation(len(several))]
    stored = Drawings.load(fine_tuning.start(base, mixed).directory / "drawings.npz")
    assert len(stored.labels) == len(kept)
    taught = {image.tobytes() for image in stored.images[~stored.held_out]}
    assert not taught & {image.tobytes() for image in stored.images[stored.held_out]}


def test_of_twins_with_two_labels_the_last_counts(base):
    kept = twice()
    run = fine_tuning.start(base, [replace(kept[3], label=4), *kept])
    stored = Drawings.load(run.directory / "drawings.npz")
    assert np.bincount(stored.labels).tolist() == [2] * 10


def test_the_name_of_a_fine_tuned_network_is_cut_before_its_ending(base):
    run = fine_tuning.start(base.rename("x" * 60), twice())
    assert run.name == "x" * 44 + ", my handwriting"


@pytest.mark.parametrize("count", range(11, 80, 7))
def test_the_file_of_drawings_says_which_are_held_out(base, count):
    kept = [drawn(place % 6, place) for place in range(count)]
    run = fine_tuning.start(base, kept)
    stored = Drawings.load(run.directory / "drawings.npz")
    expected = fine_tuning.held_out(user_drawings.labels(kept))
    np.testing.assert_array_equal(stored.held_out, expected)
    np.testing.assert_array_equal(stored.images, user_drawings.images(kept))
    changed = (stored.redrawn != stored.images).any(axis=(0, 2, 3))
    np.testing.assert_array_equal(changed, ~expected)


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        ([*twice()[:9], *twice()[:9]], "you have 9"),  # twins
        ([], "At least 10 drawings are needed; you have 0"),
        (twice()[:9], "you have 9"),
        ([*twice()[:9], Drawing((np.zeros((2, 2)),), 3, None, "")], "you have 9"),  # a dot
        (twice()[:10], "draw 5 more of digits .* such as another 0 or 1 or 2"),
        (twice()[:14], "draw 1 more"),
    ],
    ids=len,
)
def test_too_few_drawings_are_refused_with_what_is_missing(base, launched, kept, said):
    with pytest.raises(FineTuningError, match=said):
        fine_tuning.start(base, kept)
    assert store.list_runs() == launched == []


def test_fifteen_drawings_of_which_five_come_twice_are_enough(base, launched):
    assert [fine_tuning.start(base, twice()[:15])] == launched


def test_a_network_without_its_model_is_refused(base, tmp_path):
    bare = store.create(base.config, "Bare", tmp_path / "bare")
    with pytest.raises(FineTuningError, match=r"Bare has no model\.keras to start from"):
        fine_tuning.start(bare, twice())


def test_a_visitors_limit_holds(base, monkeypatch):
    monkeypatch.setenv("DIGITLAB_RUNS_PER_VISITOR", "1")
    fine_tuning.start(base, twice(), visitor="me")
    with pytest.raises(limits.TooManyRunsError, match="the limit is 1"):
        fine_tuning.start(base, twice(), visitor="me")
    fine_tuning.start(base, twice(), visitor="someone else")


def test_a_network_of_other_classes_is_refused(base):
    data = {"id": "own-0123456789ab", "name": "L", "classes": [{"name": "A"}, {"name": "B"}]}
    base.update_description(training=base.config.with_changes(data=data))
    with pytest.raises(FineTuningError, match="does not read digits"):
        fine_tuning.check(Run(base.directory), twice())
