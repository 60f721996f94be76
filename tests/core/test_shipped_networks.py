"""The shipped networks are what their presets and stored evaluations say."""

import json
import re

import numpy as np
import pytest

from mnist_core.config.config import AddedDrawings, Distillation, parameter_count
from mnist_core.config.presets import DRAWINGS, PRESETS, TEACHERS
from mnist_core.evaluation import cached_predictions
from mnist_core.evaluation.metrics import Evaluation
from mnist_core.network.inference import Classifier
from mnist_core.runs import store

SHIPPED = store.list_pretrained()
MAX_PARAMETERS = {"champion": 3_000_000, "compact": 100_000}
MIN_ACCURACY = {
    "champion": 0.996,
    "compact": 0.99,
    "early-stopping": 0.982,
    "leaky-relu": 0.97,
}


def test_the_networks_of_the_card_are_shipped():
    assert {run.id for run in SHIPPED} == set(MIN_ACCURACY) <= set(PRESETS)


@pytest.mark.parametrize("run", SHIPPED, ids=lambda run: run.id)
def test_a_shipped_network_is_its_preset_trained_on_mnist(run):
    preset = PRESETS[run.id]
    options = dict(
        drawings=None, distillation=None, seed=preset.seed, data_echoing=1, precision="float32"
    )
    assert run.config.with_changes(**options) == preset
    drawings, teacher = run.config.drawings, run.config.distillation
    assert drawings == (AddedDrawings(drawings.sha256, **DRAWINGS[run.id]) if drawings else None)
    assert teacher == (Distillation(teacher.epochs, **TEACHERS[run.id]) if teacher else None)
    status, stored = run.status(), Evaluation.load(run.evaluation_path)
    assert (status.state, status.dataset, stored.dataset, stored.split) == (
        "done", "mnist", "mnist", "test",
    )  # fmt: skip
    assert status.summary.test_accuracy == stored.accuracy >= MIN_ACCURACY[run.id]
    assert len(stored.labels) == 10_000
    assert parameter_count(run.config)[0] <= MAX_PARAMETERS.get(run.id, np.inf)


@pytest.mark.parametrize("run", SHIPPED, ids=lambda run: run.id)
def test_nothing_shipped_names_a_place_of_the_machine_it_was_trained_on(run):
    for path in run.directory.glob("*.json*"):
        assert not re.search(r"/(home|Users|tmp|work)/|[A-Z]:\\\\", path.read_text("utf-8")), path
    assert json.loads((run.directory / "config.json").read_text())["command"].startswith(
        f"python -m mnist_core train --preset {run.id}"
    )


@pytest.mark.parametrize("run", SHIPPED, ids=lambda run: run.id)
def test_the_weights_give_the_stored_probabilities(run, mnist):
    stored = Evaluation.load(run.evaluation_path)
    given = Classifier.load(run.weights_path).probabilities(mnist.x_test[:500])
    np.testing.assert_allclose(given, stored.probabilities[:500], atol=1e-5)
    np.testing.assert_array_equal(stored.labels, mnist.y_test)
    test = cached_predictions.split_of(mnist, "test", run.config)
    assert cached_predictions.load_evaluation(run, test, "mnist") is not None
