"""The convolutional teacher: its training, and its predictions."""

import threading
import time

import numpy as np
import pytest
import tensorflow as tf

from mnist_core.config.config import Distillation, Layer, TrainingConfig
from mnist_core.digits.datasets.splits import validation_split
from mnist_core.network import keras_model
from mnist_core.runs import store
from mnist_core.runs.run import Run
from mnist_core.training import distillation
from mnist_core.training import trainer as training
from mnist_core.training.checkpoint import CheckpointError
from tests.core.training.small_training import (
    SMALL,
    TAUGHT,
    break_off,
    rows,
    without_events,
    without_times,
)

pytestmark = pytest.mark.slow

CONFIG = TrainingConfig(layers=(Layer(32),), distillation=Distillation(epochs=25))


@pytest.fixture(scope="module")
def trained(few_digits):
    model, shares = distillation.build(CONFIG), []
    with pytest.MonkeyPatch.context() as patch:  # of 300 digits, 128 make few steps
        patch.setattr(distillation, "BATCH_SIZE", 32)
        shares += distillation.train(
            model, CONFIG, few_digits.x_train, few_digits.y_train, np.arange(300), 25
        )
    return model, shares


def predicted(model, images):
    return model.predict(images.reshape(-1, 784).astype(np.float32) / 255, verbose=0).argmax(1)


def test_it_learns_the_digits(trained, few_digits):
    model, _ = trained
    correct = predicted(model, few_digits.x_train) == few_digits.y_train
    assert correct.mean() > 0.9


def test_it_tells_how_far_it_has_come(trained):
    _, shares = trained
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_it_is_trained_on_single_digits_made_anew(few_digits):
    """Mixup and echoing are for the network that learns from it."""
    weights = []
    for config in (CONFIG, CONFIG.with_changes(regularization={"mixup": 0.5}, data_echoing=3)):
        config = config.with_changes(distillation={"epochs": 2})
        model = distillation.build(config)
        for _ in distillation.train(
            model, config, few_digits.x_train, few_digits.y_train, np.arange(300), 2
        ):
            pass
        weights.append(model.get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.mark.parametrize(("precision", "tolerance"), [("float32", 1e-5), ("bfloat16", 0.05)])
def test_its_predictions_are_those_of_the_network_with_its_normalizations_apart(
    precision, tolerance, trained, few_digits
):
    model = distillation.build(CONFIG.with_changes(precision=precision))
    model.set_weights(trained[0].get_weights())
    digits = few_digits.x_test.reshape(-1, 784).astype(np.float32) / 255
    apart = np.asarray(model(digits, training=False))
    folded = np.asarray(distillation.predictions(model, tf.constant(digits)))
    np.testing.assert_allclose(folded, apart, atol=tolerance)
    assert apart.max(axis=1).mean() > 0.8  # it has something to say


def test_a_resumed_training_keeps_its_teacher(few_digits, monkeypatch):
    unbroken, broken = store.create(TAUGHT, "unbroken"), store.create(TAUGHT, "broken")
    training.train(TAUGHT, few_digits, unbroken)

    break_off(TAUGHT, few_digits, broken)
    monkeypatch.setattr(distillation, "train", lambda *_: pytest.fail("trained twice"))
    training.train(TAUGHT, few_digits, broken)
    assert without_events(broken) == without_times(unbroken)


def test_a_teacher_of_another_shape_is_refused(few_digits):
    run = store.create(TAUGHT, "older")
    keras_model.build_model(SMALL).save(run.teacher_path)
    with pytest.raises(CheckpointError, match=r"teacher\.keras is damaged or .*Train again"):
        training.train(TAUGHT, few_digits, run)


def test_a_teacher_never_sees_the_validation_digits(few_digits, monkeypatch):
    seen = []

    def spy(model, config, images, labels, chosen, epochs, original=distillation.train):
        seen.extend(chosen)
        yield from original(model, config, images, labels, chosen, epochs)

    monkeypatch.setattr(distillation, "train", spy)
    trainer = training.Trainer(TAUGHT, few_digits, store.create(TAUGHT, "honest"))
    trainer.prepare()
    with trainer.session():
        trainer.distill()
    _, validation = validation_split(few_digits.y_train, TAUGHT.validation_split, TAUGHT.seed)
    assert sorted({*seen, *validation}) == list(range(300))
    assert not set(seen) & set(validation)


@pytest.fixture
def told(monkeypatch):
    """Each state that a status told, with the shares of the teacher's training that it had."""
    found = []

    def spy(run, original=Run.set_status, **changes):
        status = original(run, **changes)
        if not found or found[-1][0] != status.state:
            found.append((status.state, []))
        found[-1][1].append(status.distilled)
        return status

    monkeypatch.setattr(Run, "set_status", spy)
    return found


def test_the_teachers_training_is_a_state_with_a_share_done(few_digits, told, monkeypatch):
    monkeypatch.setattr(distillation, "BATCH_SIZE", 32)
    training.train(TAUGHT, few_digits, store.create(TAUGHT, "taught"))
    states, shares = zip(*told, strict=True)
    assert states == ("queued", "distilling", "training", "evaluating", "done")
    assert shares[1][0] == 0
    assert shares[1][-1] == 1
    assert shares[1] == sorted(set(shares[1]))
    assert len(shares[1]) == 1 + 2 * 3  # 2 epochs of 9 batches, of which a call takes 4
    assert {share for others in (shares[0], *shares[2:]) for share in others} == {None}


def after_first_call(monkeypatch, act):
    """Do something when the teacher has been trained on a few batches."""

    def train(*arguments, original=distillation.train):
        shares = original(*arguments)
        yield next(shares)
        act()
        yield from shares

    monkeypatch.setattr(distillation, "train", train)
    monkeypatch.setattr(distillation, "BATCH_SIZE", 32)


def test_a_stop_ends_the_teachers_training(few_digits, monkeypatch):
    config = SMALL.with_changes(distillation={"epochs": 1000})
    run = store.create(config, "impatient")
    after_first_call(monkeypatch, lambda: run.request(stop=True))
    status = training.train(config, few_digits, run)
    assert (status.state, status.distilled) == ("stopped", None)
    assert status.summary.seconds > 0
    assert "while its teacher network was trained" in status.message
    assert not run.teacher_path.exists()
    assert not run.checkpoint_path.exists()


def test_pause_and_rate_are_obeyed_while_the_teacher_is_trained(few_digits, monkeypatch, told):
    run = store.create(TAUGHT, "obedient")

    def go_on():
        while told[-1][0] != "paused":
            time.sleep(0.01)
        run.request(pause=False)

    def pause():
        run.request(pause=True, learning_rate=0.002)
        threading.Thread(target=go_on, daemon=True).start()

    after_first_call(monkeypatch, pause)
    status = training.train(TAUGHT, few_digits, run)
    states, shares = zip(*told, strict=True)
    assert states[1:4] == ("distilling", "paused", "distilling")
    assert 0 < shares[2][0] < 1  # the page shows it while paused
    events = [(row.event, row.step) for row in rows(run, "event")]
    assert events == [("learning_rate", 0), ("pause", 0), ("resume", 0)]
    assert {row.learning_rate for row in rows(run, "batch")} == {0.002}
    assert 0 < rows(run, "event")[0].time < status.summary.seconds


def test_a_training_that_broke_off_in_the_teachers_resumes_to_the_same_result(
    few_digits, monkeypatch
):
    monkeypatch.setattr(distillation, "BATCH_SIZE", 32)
    unbroken, broken = store.create(TAUGHT, "unbroken"), store.create(TAUGHT, "broken")
    training.train(TAUGHT, few_digits, unbroken)

    def fail():
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        after_first_call(patch, fail)
        with pytest.raises(OSError, match="No space"):
            training.train(TAUGHT, few_digits, broken)
    training.train(TAUGHT, few_digits, broken)
    assert without_events(broken) == without_times(unbroken)
