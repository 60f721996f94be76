"""Fine-tuning on a made-up handwriting: signs that the network has never seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from mnist_core.config.config import Layer, Optimizer, TrainingConfig
from mnist_core.digits.drawings import user_drawings
from mnist_core.jobs import fine_tuning
from mnist_core.network.inference import Classifier
from mnist_core.runs import store
from mnist_core.runs.run import Run
from mnist_core.training import trainer as training
from tests.core.jobs.signs import drawn, twice

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("launched")]


def contents(run: Run) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in run.directory.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def base(few_digits, tmp_path_factory) -> Run:
    """A small network that reads the sample's digits."""
    config = TrainingConfig(
        layers=(Layer(64, "relu", "before"),),
        epochs=12,
        batch_size=32,
        optimizer=Optimizer(learning_rate=3e-3),
    )
    run = store.create(config, "Base", tmp_path_factory.mktemp("base"))
    training.train(config, few_digits, run)
    return run


def test_a_handwriting_is_learned_and_the_digits_are_not_forgotten(base, few_digits):
    files = contents(base)
    kept = twice()
    run = fine_tuning.start(base, kept)
    summary = training.train(run.config, few_digits, run).summary
    before = summary.before
    assert summary.drawing_count == before.drawing_count == 10
    assert before.drawing_accuracy <= 0.4
    assert summary.drawing_accuracy >= before.drawing_accuracy + 0.4
    later = [drawn(label, seed) for label in range(10) for seed in (7, 8, 9)]
    old, new = (Classifier.load(r.weights_path) for r in (base, run))
    assert user_drawings.score(later, new) >= user_drawings.score(later, old) + 0.3
    assert before.test_accuracy == base.status().summary.test_accuracy
    assert summary.test_accuracy > before.test_accuracy - 0.04
    assert contents(base) == files
    assert len(kept) == 20


def test_a_fine_tuned_network_is_fine_tuned_again_from_where_it_came_from(base, few_digits):
    first = fine_tuning.start(base, twice())
    training.train(first.config, few_digits, first)
    second = fine_tuning.start(first, twice(3))
    assert second.config.base == first.config.base == base.id
    assert second.base_path.read_bytes() == base.model_path.read_bytes()
    assert second.name == first.name == "Base, my handwriting"
    assert second.base_name == "Base"


def test_a_continued_network_is_fine_tuned_from_its_own_weights(base, few_digits):
    continued = store.refine(base, "Continued", 1)
    training.train(continued.config, few_digits, continued)
    tuned = fine_tuning.start(continued, twice())
    assert tuned.config.base == continued.id
    assert tuned.base_path.read_bytes() == continued.model_path.read_bytes()
    assert tuned.base_name == "Continued"


def test_a_fine_tuned_network_that_is_continued_still_tells_what_it_was(base, few_digits):
    tuned = fine_tuning.start(base, twice())
    training.train(tuned.config, few_digits, tuned)
    continued = store.branch(tuned, "Continued", 1)
    assert continued.base_name == "Base"
    assert training.train(continued.config, few_digits, continued).summary.before


def test_a_fine_tuning_that_broke_off_resumes_to_the_same_end(base, few_digits, monkeypatch):
    unbroken, broken = (fine_tuning.start(base, twice()) for _ in range(2))
    expected = training.train(unbroken.config, few_digits, unbroken).summary

    def fail(trainer, count, original=training.Trainer._rates):
        if trainer.progress.epoch == 2:
            raise OSError(28, "No space left on device")
        return original(trainer, count)

    with monkeypatch.context() as patch:
        patch.setattr(training.Trainer, "_rates", fail)
        with pytest.raises(OSError, match="No space"):
            training.train(broken.config, few_digits, broken)
    summary = training.train(broken.config, few_digits, broken).summary
    assert summary.before == expected.before
    assert summary.test_loss == pytest.approx(expected.test_loss, rel=1e-4)
