"""Images and probabilities that the browser's modules make of many drawings, against Python's."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from mnist_core.config.config import ACTIVATIONS
from mnist_core.digits.drawings import from_strokes
from mnist_core.digits.drawings.strokes import Stroke
from mnist_core.evaluation import temperature_scaling
from mnist_core.network.inference import Classifier
from mnist_core.runs.store import list_pretrained
from pages.components.draw.live import live_bars, published_networks
from tests.javascript.shaky_drawings import drawings

SCRIPT = Path(__file__).with_name("predict.js")


def random_network(activation: str, seed: int) -> Classifier:
    """Weights as large as at the start of training; a large last layer spreads the answers."""
    rng = np.random.default_rng(seed)
    widths = (784, 64, 48, 10)
    gains = (1.5, 2.0, 8.0)
    shapes = zip(widths[:-1], widths[1:], gains, strict=True)
    kernels = tuple(
        rng.normal(0, gain / np.sqrt(n / 4 if n == 784 else n), (n, m)).astype(np.float32)
        for n, m, gain in shapes
    )
    # What all units share says nothing about the digit.
    kernels = (kernels[0], *(kernel - kernel.mean(axis=0) for kernel in kernels[1:]))
    biases = tuple(rng.normal(0, 0.1, m).astype(np.float32) for m in widths[1:])
    return Classifier(kernels, biases, (activation, activation))


@pytest.fixture
def computed(node):
    """A function: a network and drawings → the images and probabilities that JavaScript makes."""

    def compute(classifier: Classifier, strokes: list[list[Stroke]], temperature: float = 1):
        given = {
            "weights": base64.b64encode(published_networks.packed(classifier)).decode("ascii"),
            "architecture": published_networks.architecture(classifier),
            "form": live_bars.FORM,
            "drawings": [[line.ravel().tolist() for line in lines] for lines in strokes],
            "temperature": temperature,
        }
        result = subprocess.run(
            [node, str(SCRIPT)],
            input=json.dumps(given),
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        answer = json.loads(result.stdout)
        images = np.array(answer["images"], np.uint8).reshape(-1, 28, 28)
        return images, np.array(answer["probabilities"])

    return compute


def assert_agreement(theirs: np.ndarray, ours: np.ndarray) -> None:
    assert (theirs.argmax(1) == ours.argmax(1)).mean() >= 0.99
    assert (abs(theirs - ours).max(axis=1) <= 0.05).mean() >= 0.95


def test_javascript_draws_what_python_draws(computed):
    strokes = drawings(150)
    images, _ = computed(random_network("relu", 0), strokes)
    expected = np.stack([from_strokes.digit_from_strokes(lines).image for lines in strokes])
    assert (abs(images.astype(int) - expected).max(axis=(1, 2)) <= 1).mean() >= 0.99


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_javascript_computes_what_python_computes(computed, activation):
    strokes = drawings(120, seed=1)
    classifier = random_network(activation, seed=2)
    _, theirs = computed(classifier, strokes)
    images = np.stack([from_strokes.digit_from_strokes(lines).image for lines in strokes])
    ours = classifier.probabilities(images)
    assert len(set(ours.argmax(1).tolist())) > 2  # the test can tell networks apart
    assert_agreement(theirs, ours)


@pytest.mark.parametrize("run", list_pretrained(), ids=lambda run: run.id)
def test_the_shipped_networks_answer_alike_in_javascript(computed, run):
    strokes = drawings(200, seed=3)
    classifier = Classifier.load(run.weights_path)
    temperature = temperature_scaling.load(run).temperature
    _, theirs = computed(classifier, strokes, temperature)
    images = np.stack([from_strokes.digit_from_strokes(lines).image for lines in strokes])
    ours = temperature_scaling.calibrated(classifier.probabilities(images), temperature)
    assert_agreement(theirs, ours)
