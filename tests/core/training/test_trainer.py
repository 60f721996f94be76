import io
import math
import shutil
import zipfile
from dataclasses import replace

import h5py
import keras
import numpy as np
import pytest
from scipy.special import softmax

from mnist_core.config.config import Augmentation, Layer, OwnData
from mnist_core.digits.datasets.dataset import Dataset
from mnist_core.digits.datasets.splits import validation_split
from mnist_core.digits.drawings import pen_dataset
from mnist_core.digits.drawings.pen_dataset import Drawings
from mnist_core.evaluation import cached_predictions
from mnist_core.evaluation.metrics import Evaluation
from mnist_core.network.inference import Classifier, WeightsError
from mnist_core.runs import store
from mnist_core.runs.records import BeforeFineTuning
from mnist_core.training import distillation, train_step, training_digits
from mnist_core.training import trainer as training
from tests.core.training.small_training import (
    SMALL,
    TAUGHT,
    break_off,
    contents,
    rows,
    without_events,
    without_times,
)

pytestmark = pytest.mark.slow


@pytest.fixture
def trained(few_digits):
    run = store.create(SMALL, "small")
    status = training.train(SMALL, few_digits, run)
    return run, status


def test_a_training_leaves_a_whole_run_directory(trained, few_digits):
    run, status = trained
    assert status.state == run.status().state == "done"
    assert run.epochs() == [1, 2, 3]
    model = keras.saving.load_model(run.model_path)
    inputs = few_digits.x_test.reshape(-1, 784).astype(np.float32) / 255
    ours = Classifier.load(run.weights_path).probabilities(few_digits.x_test)
    np.testing.assert_allclose(ours, np.asarray(model(inputs)), atol=1e-5)
    stored = Evaluation.load(run.evaluation_path)
    np.testing.assert_array_equal(stored.probabilities, ours)
    assert (stored.dataset, stored.split) == ("sample", "test")


def test_the_summary_agrees_with_the_stored_evaluation(trained, few_digits):
    run, status = trained
    predicted = Classifier.load(run.weights_path).probabilities(few_digits.x_test).argmax(axis=1)
    wrong = int((predicted != few_digits.y_test).sum())
    assert status.summary.test_errors == wrong
    assert status.summary.test_accuracy == pytest.approx(1 - wrong / 100)
    assert status.summary.epochs == 3
    assert status.summary.parameters == 785 * 32 + 4 * 32 + 33 * 10
    assert status.summary.test_accuracy > 0.5


def test_the_history_has_every_batch_and_every_epoch(trained):
    run, _ = trained
    batches, epochs = rows(run, "batch"), rows(run, "epoch")
    assert [row.step for row in batches] == list(range(1, 28))  # 270 digits in 9 batches, thrice
    assert [row.epoch for row in epochs] == [1, 2, 3]
    assert batches[-1].epoch == 3
    sizes = np.array([32] * 8 + [14])
    first = np.array([row.loss for row in batches[:9]])
    assert epochs[0].loss == pytest.approx((first * sizes).sum() / 270, rel=1e-4)
    assert epochs[2].val_loss < epochs[0].val_loss
    assert {row.learning_rate for row in epochs} == {3e-3}


def test_the_stored_epochs_are_the_weights_after_each_epoch(trained, few_digits):
    run, _ = trained
    final = Classifier.load(run.weights_path).probabilities(few_digits.x_test)
    last = Classifier.load(run.epoch_path(3)).probabilities(few_digits.x_test)
    first = Classifier.load(run.epoch_path(1)).probabilities(few_digits.x_test)
    np.testing.assert_allclose(last, final, atol=5e-3)
    assert np.abs(first - final).max() > 0.1


def test_the_same_seed_gives_the_same_result(trained, few_digits):
    run, status = trained
    again = store.create(SMALL, "again")
    assert training.train(SMALL, few_digits, again).summary.test_loss == pytest.approx(
        status.summary.test_loss, rel=1e-6
    )
    assert without_times(again) == without_times(run)


def test_what_was_prepared_beforehand_trains_the_same(trained, few_digits):
    run, _ = trained
    config = SMALL.with_changes(epochs=1, optimizer={"learning_rate": 1.0})  # neither is built in
    prepared = train_step.prepare(config, few_digits.x_train, few_digits.y_train)
    train_step.trace(prepared.steps)
    keras.utils.set_random_seed(99)
    again = store.create(SMALL, "again")
    trainer = training.Trainer(SMALL, few_digits, again)
    trainer.prepare(prepared)
    assert trainer.model is prepared.model
    with trainer.session():
        while trainer.epoch_wanted():
            trainer.train_epoch()
    assert without_times(again) == without_times(run)


@pytest.mark.parametrize(
    "change", [{"seed": 1}, {"layers": (Layer(31),)}, {"optimizer": {"name": "sgd"}}]
)
def test_what_was_prepared_for_something_else_is_not_used(few_digits, change):
    prepared = train_step.prepare(SMALL, few_digits.x_train, few_digits.y_train)
    assert prepared.fits(SMALL, few_digits.x_train)
    assert not prepared.fits(SMALL.with_changes(**change), few_digits.x_train)
    assert not prepared.fits(SMALL, few_digits.x_train[::-1])


def test_a_run_that_is_hopeless_is_pruned_and_keeps_its_best_epoch(few_digits):
    run = store.create(SMALL, "pruned")
    asked = []

    def hopeless() -> str:
        asked.append(len(run.epoch_rows()))
        return "Too slow." if len(asked) == 2 else ""

    status = training.train(SMALL, few_digits, run, hopeless=hopeless)
    assert (status.state, status.summary.epochs, asked) == ("pruned", 2, [1, 2])
    best = min(run.epoch_rows(), key=lambda row: row.val_loss).epoch
    assert status.message == f"Too slow. The weights of the best epoch so far, {best}, are kept."
    assert [row.event for row in rows(run, "event")] == ["prune"]
    assert training.train(SMALL, few_digits, run).state == "done"  # resumed
    assert run.status().summary.epochs == SMALL.epochs


def test_an_interrupted_training_resumes_to_the_same_result(trained, few_digits, monkeypatch):
    unbroken, expected = trained
    run = store.create(SMALL, "interrupted")

    def fail(trainer, count, original=training.Trainer._rates):
        if trainer.progress.step >= 20:
            raise OSError(28, "No space left on device")
        return original(trainer, count)

    with monkeypatch.context() as patch:
        patch.setattr(training.Trainer, "_rates", fail)
        with pytest.raises(OSError, match="No space"):
            training.train(SMALL, few_digits, run)
    assert run.epochs() == [1, 2]
    status = training.train(SMALL, few_digits, run)
    assert status.summary.test_loss == pytest.approx(expected.summary.test_loss, rel=1e-5)
    assert without_events(run) == without_times(unbroken)
    assert [(row.event, row.step) for row in rows(run, "event")] == [("resume", 18)]


def test_a_resumed_training_repeats_the_augmentation(few_digits):
    config = SMALL.with_changes(augmentation=Augmentation(rotation=10, elastic=0.5))
    unbroken, broken = store.create(config, "unbroken"), store.create(config, "broken")
    training.train(config, few_digits, unbroken)

    break_off(config, few_digits, broken)
    training.train(config, few_digits, broken)
    assert without_events(broken) == without_times(unbroken)


@pytest.mark.parametrize("digits_per_epoch", [0, 200])
def test_a_training_resumed_among_epochs_that_echo_makes_their_digits_again(
    few_digits, digits_per_epoch
):
    config = SMALL.with_changes(
        augmentation=Augmentation(rotation=10),
        regularization={"mixup": 0.5},
        data_echoing=3,
        digits_per_epoch=digits_per_epoch,
    )
    unbroken, broken = store.create(config, "unbroken"), store.create(config, "broken")
    training.train(config, few_digits, unbroken)

    break_off(config, few_digits, broken)
    assert 0 < len(rows(broken, "epoch")) < 3
    training.train(config, few_digits, broken)
    assert without_events(broken) == without_times(unbroken)


def test_a_network_trained_in_bfloat16_is_saved_in_float32(few_digits):
    config = SMALL.with_changes(precision="bfloat16")
    run = store.create(config, "half")
    training.train(config, few_digits, run)
    model = keras.models.load_model(run.model_path)
    assert {layer.dtype_policy.name for layer in model.layers} == {"float32"}
    flat = few_digits.x_test.reshape(-1, 784) / np.float32(255)
    expected = Classifier.load(run.weights_path).probabilities(few_digits.x_test)
    np.testing.assert_allclose(model(flat), expected, atol=1e-5)


def test_making_a_trainer_does_nothing_and_preparing_it_trains_and_writes_nothing(
    few_digits, monkeypatch
):
    monkeypatch.setattr(distillation, "train", lambda *_: pytest.fail("trained at once"))
    monkeypatch.setattr(train_step.Steps, "__call__", lambda *_: pytest.fail("trained at once"))
    run = store.create(TAUGHT, "waits")
    before = contents(run)
    with monkeypatch.context() as patch:
        patch.setattr(training_digits, "prepare", lambda *_: pytest.fail("prepared at once"))
        patch.setattr(distillation, "build", lambda *_: pytest.fail("built at once"))
        patch.setattr(train_step, "prepare", lambda *_: pytest.fail("built at once"))
        trainer = training.Trainer(TAUGHT, few_digits, run)
    trainer.prepare()
    assert trainer.state == "distilling"
    assert contents(run) == before


def test_preparing_a_broken_off_run_leaves_it_as_it_is(few_digits):
    run = store.create(SMALL, "waits")
    break_off(SMALL, few_digits, run)
    before = contents(run)
    trainer = training.Trainer(SMALL, few_digits, run)
    assert trainer.progress.epoch == 0
    trainer.prepare()
    assert trainer.progress.epoch == 1
    assert contents(run) == before


@pytest.fixture
def drawn(few_digits):
    """40 drawings that look like the digits of the sample's test set, twice redrawn."""
    writers = np.repeat([1, 2, 3, 4], 10).astype(np.uint16)
    images, labels = few_digits.x_test[:40], few_digits.y_test[:40]
    redrawn = np.stack([images, images // 2])
    return Drawings(images, labels, "some.unipen", "ab" * 32, writers, redrawn, writers == 4)


@pytest.mark.parametrize("held_out", [np.arange(40) >= 30, np.arange(40) % 4 == 1])
def test_drawings_are_trained_on_but_for_those_held_out(few_digits, drawn, held_out):
    config = SMALL.with_changes(drawings={"sha256": drawn.sha256, "copies": 2}, batch_size=30)
    run = store.create(config, "drawn")
    replace(drawn, held_out=held_out).save(run.directory / pen_dataset.FILE_NAME)
    digits = training_digits.prepare(config, few_digits, run)
    expected = drawn.redrawn[:, ~held_out].reshape(-1, 28, 28)
    np.testing.assert_array_equal(digits.images[digits.drawn], expected)
    np.testing.assert_array_equal(digits.labels[digits.drawn], np.tile(drawn.labels[~held_out], 2))
    summary = training.train(config, few_digits, run).summary
    assert len(rows(run, "batch")) == 3 * (270 + 2 * 30) // 30
    assert summary.drawing_count == 10
    classifier = Classifier.load(run.weights_path)
    predicted = classifier.probabilities(drawn.images[held_out]).argmax(axis=1)
    accuracy = (predicted == drawn.labels[held_out]).mean()
    assert summary.drawing_accuracy == pytest.approx(accuracy)


def test_after_label_smoothing_the_network_is_as_sure_as_it_fits_validation(few_digits):
    config = SMALL.with_changes(
        regularization={"label_smoothing": 0.3}, epochs=12, validation_split=0.3
    )
    run = store.create(config, "smooth")
    summary = training.train(config, few_digits, run).summary
    _, indices = validation_split(few_digits.y_train, 0.3, config.seed)
    images, labels = few_digits.x_train[indices], few_digits.y_train[indices]
    uncalibrated = Classifier.load(run.epoch_path(12)).logits(images)
    final = Classifier.load(run.weights_path)
    assert summary.temperature < 0.9
    np.testing.assert_allclose(final.logits(images) * summary.temperature, uncalibrated, atol=0.02)

    def loss(temperature):
        return Evaluation(labels, softmax(final.logits(images) / temperature, axis=1)).loss

    assert loss(1) < min(loss(0.95), loss(1.05))


def test_a_long_training_reports_and_keeps_less(few_digits, monkeypatch):
    monkeypatch.setattr(training, "MAX_BATCH_ROWS", 10)
    monkeypatch.setattr(training, "MAX_EPOCH_WEIGHTS", 2)
    run = store.create(SMALL, "long")
    training.train(SMALL, few_digits, run)
    assert [row.step for row in rows(run, "batch")] == list(range(3, 28, 3))  # of 27 batches
    assert [row.epoch for row in rows(run, "epoch")] == [1, 2, 3]
    assert run.epochs() == [2]


def test_early_stopping_restores_the_best_epoch(few_digits):
    config = SMALL.with_changes(
        optimizer={"learning_rate": 0.5}, early_stopping={"patience": 2}, epochs=30
    )
    run = store.create(config, "early")
    status = training.train(config, few_digits, run)
    losses = [row.val_loss for row in rows(run, "epoch")]
    best = int(np.argmin(losses)) + 1
    assert len(losses) == best + 2 < 30
    assert status.summary.best_epoch == best
    assert status.summary.best_val_loss == pytest.approx(min(losses), rel=1e-4)
    assert f"epoch {best} are kept" in status.message
    validation = Classifier.load(run.weights_path)
    best_weights = Classifier.load(run.epoch_path(best))
    np.testing.assert_allclose(validation.kernels[0], best_weights.kernels[0], atol=2e-2, rtol=2e-3)


def test_the_rate_is_halved_on_a_plateau_down_to_the_minimum(few_digits):
    config = SMALL.with_changes(
        schedule={"name": "plateau", "plateau_patience": 1, "minimum_learning_rate": 0.4},
        optimizer={"learning_rate": 1.0},
        epochs=8,
    )
    run = store.create(config, "plateau")
    training.train(config, few_digits, run)
    epochs = rows(run, "epoch")
    expected, factor, best = [], 1.0, math.inf
    for row in epochs:
        expected.append(max(factor, 0.4))
        if row.val_loss < best - 1e-4:
            best = row.val_loss
        else:
            factor /= 2
    np.testing.assert_allclose([row.learning_rate for row in epochs], expected, rtol=1e-5)
    assert {0.5, 0.4} <= set(expected)


def test_a_training_that_diverges_says_so(few_digits):
    layers = (Layer(64, "leaky_relu"),) * 3
    config = SMALL.with_changes(
        optimizer={"name": "sgd", "learning_rate": 10.0}, layers=layers, epochs=30
    )
    run = store.create(config, "diverges")
    with pytest.raises(training.TrainingDivergedError, match="learning rate below 10"):
        training.train(config, few_digits, run)
    assert all(math.isfinite(row.loss) for row in rows(run, "batch"))


def test_weights_that_answer_nothing_say_so(few_digits, monkeypatch):
    run = store.create(SMALL, "astray")
    nothing = np.full((len(few_digits.x_train), 10), np.nan, np.float32)
    monkeypatch.setattr(Classifier, "probabilities", lambda self, images: nothing[: len(images)])
    with pytest.raises(training.TrainingDivergedError, match=r"learning rate below 0\.003"):
        training.train(SMALL, few_digits, run)


@pytest.mark.parametrize("optimizer", ["adamw", "sgd", "rmsprop"])
def test_every_optimizer_learns(optimizer, few_digits):
    rate = 0.05 if optimizer == "sgd" else 3e-3
    config = SMALL.with_changes(optimizer={"name": optimizer, "learning_rate": rate}, epochs=2)
    run = store.create(config, optimizer)
    training.train(config, few_digits, run)
    losses = [row.loss for row in rows(run, "epoch")]
    assert losses[1] < losses[0]


def test_a_branch_goes_on_where_the_run_ended(few_digits):
    config = SMALL.with_changes(
        optimizer={"learning_rate": 0.5}, early_stopping={"patience": 1}, epochs=30
    )
    first = store.create(config, "first")
    ended = training.train(config, few_digits, first)
    before = first.history()
    second = store.branch(first, "second", 2)
    epochs = ended.summary.epochs
    assert second.config == config.with_changes(epochs=epochs + 2)
    further = training.train(second.config, few_digits, second)
    assert epochs < further.summary.epochs <= epochs + 2
    assert second.history()[: len(before)] == before
    assert first.history() == before
    assert first.status() == ended


def test_a_branch_of_an_early_stopped_run_resumes_after_a_stop(few_digits):
    config = SMALL.with_changes(
        optimizer={"learning_rate": 0.5}, early_stopping={"patience": 1}, epochs=30
    )
    first = store.create(config, "first")
    epochs = training.train(config, few_digits, first).summary.epochs
    second = store.branch(first, "second", 2)
    second.request(stop=True)
    training.train(second.config, few_digits, second)
    second.request(stop=False)
    assert training.train(second.config, few_digits, second).summary.epochs > epochs


def test_a_branch_equals_a_longer_training(few_digits):
    first = store.create(SMALL, "first")
    training.train(SMALL, few_digits, first)
    second = store.branch(first, "second", 2)
    training.train(second.config, few_digits, second)
    longer = store.create(second.config, "longer")
    training.train(second.config, few_digits, longer)
    assert without_times(second) == without_times(longer)


def based(base, run, **changes):
    """A run's configuration that starts from the weights of another run."""
    shutil.copyfile(base.model_path, run.base_path)
    return run.config.with_changes(base=base.id, **changes)


def test_a_training_starts_from_the_weights_of_its_base(trained, few_digits, drawn):
    base, before = trained
    run = store.create(SMALL, "further")
    drawn.save(run.directory / pen_dataset.FILE_NAME)
    config = based(
        base,
        run,
        drawings={"sha256": drawn.sha256},
        optimizer={"learning_rate": 1e-6},
        epochs=1,
    )
    summary = training.train(config, few_digits, run).summary
    theirs, ours = (Classifier.load(r.weights_path) for r in (base, run))
    np.testing.assert_allclose(ours.kernels[0], theirs.kernels[0], atol=1e-2)
    answers = theirs.probabilities(drawn.images[30:]).argmax(axis=1)
    right = float((answers == drawn.labels[30:]).mean())
    assert summary.before == BeforeFineTuning(before.summary.test_accuracy, right, 10)


def test_a_training_with_a_base_ends_a_little_on_its_side(trained, few_digits, drawn):
    base, _ = trained
    run = store.create(SMALL, "further")
    drawn.save(run.directory / pen_dataset.FILE_NAME)
    config = based(base, run, drawings={"sha256": drawn.sha256}, epochs=1)
    training.train(config, few_digits, run)
    # The normalization is folded into the layer after it: the first one is as it was trained.
    start, ended = (Classifier.load(r.weights_path).kernels[0] for r in (base, run))
    with np.load(run.epoch_path(1)) as arrays:
        trained_to = arrays["kernel_0"]
    assert abs(trained_to - start).max() > 0.01
    np.testing.assert_allclose(ended, 0.3 * start + 0.7 * trained_to, atol=1e-3)


def test_a_run_whose_base_is_missing_or_another_says_so(trained, few_digits):
    run = store.create(SMALL.with_changes(base="gone"), "missing")
    with pytest.raises(training.BaseMissingError, match=r"network gone, but base.keras is missing"):
        training.train(run.config, few_digits, run)
    other = store.create(SMALL.with_changes(layers=(Layer(8),)), "other")
    with pytest.raises(training.BaseMissingError, match="of another shape"):
        training.train(based(trained[0], other), few_digits, other)
    run.base_path.write_bytes(b"nothing")
    with pytest.raises(training.BaseMissingError):
        training.train(run.config, few_digits, run)


@pytest.mark.parametrize("damaged", [b"", b"no HDF5", "an HDF5 file without layers"])
def test_a_run_whose_base_has_damaged_weights_says_so(trained, few_digits, damaged):
    run = store.create(SMALL, "damaged")
    config = based(trained[0], run)
    if isinstance(damaged, str):
        content = io.BytesIO()
        with h5py.File(content, "w") as file:
            file["other"] = 1
        damaged = content.getvalue()
    with zipfile.ZipFile(run.base_path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(run.base_path, "w") as archive:
        for name, content in (entries | {"model.weights.h5": damaged}).items():
            archive.writestr(name, content)
    with pytest.raises(training.BaseMissingError, match=r"base.keras is missing, damaged or"):
        training.train(config, few_digits, run)


def letters(few_digits):
    """Three classes of the sample as a data set of one's own, and its configuration."""
    data = OwnData("own-0123456789ab", "Letters", ({"name": "A"}, {"name": "B"}, {"name": "C"}))
    train, test = few_digits.y_train < 3, few_digits.y_test < 3
    own = Dataset(
        data.id,
        few_digits.x_train[train],
        few_digits.y_train[train],
        few_digits.x_test[test],
        few_digits.y_test[test],
        "three classes",
        names=data.names,
    )
    return SMALL.with_changes(data=data, regularization={"label_smoothing": 0.1, "mixup": 0.2}), own


def test_data_of_ones_own_have_their_own_outputs(few_digits):
    config, own = letters(few_digits)
    run = store.create(config, "letters")
    summary = training.train(config, own, run).summary
    assert summary.parameters == 785 * 32 + 4 * 32 + 33 * 3
    assert summary.test_accuracy > 0.8
    stored = Evaluation.load(run.evaluation_path)
    assert (stored.dataset, stored.classes) == (own.name, 3)
    found = cached_predictions.load_classifier(run).probabilities(own.x_test)
    np.testing.assert_array_equal(stored.probabilities, found)
    with pytest.raises(WeightsError, match="784 → 10"):
        Classifier.load(run.weights_path)
    assert run.status().dataset == own.name
    evaluated = cached_predictions.evaluate(
        run, cached_predictions.split_of(own, "validation", config), own.name
    )
    assert evaluated.classes == 3


def test_a_network_is_not_trained_on_other_data_than_its_own(few_digits):
    config, own = letters(few_digits)
    for wrong, data in ((config, few_digits), (SMALL, own)):
        with pytest.raises(training.OtherDataError, match="Train it on its own data"):
            training.train(wrong, data, store.create(wrong, "mixed up"))
