"""The ONNX file computes what NumPy computes."""

import sys
from itertools import pairwise

import numpy as np
import pytest

from mnist_core.config.config import ACTIVATIONS
from mnist_core.config.optional_libraries import LibraryMissingError
from mnist_core.evaluation.temperature_scaling import calibrated
from mnist_core.exports.onnx_model import onnx_model
from mnist_core.network.inference import Classifier


def network(*activations: str) -> Classifier:
    random = np.random.default_rng(0)
    widths = [784, *[16] * len(activations), 10]
    shapes = list(pairwise(widths))
    return Classifier(
        tuple(random.normal(0, 2 / a**0.5, (a, b)).astype(np.float32) for a, b in shapes),
        tuple(random.normal(0, 0.3, b).astype(np.float32) for _, b in shapes),
        activations,
    )


@pytest.mark.parametrize("activations", [*((name,) for name in ACTIVATIONS), (), ("relu", "silu")])
def test_its_probabilities_are_those_of_numpy(activations, sample):
    onnxruntime = pytest.importorskip("onnxruntime")
    classifier = network(*activations)
    session = onnxruntime.InferenceSession(
        onnx_model(classifier, 1.7, "a run"), providers=["CPUExecutionProvider"]
    )
    images = sample.x_test[:50]
    (found,) = session.run(["probabilities"], {"images": images})
    expected = calibrated(classifier.probabilities(images), 1.7)
    assert expected.std(axis=0).max() > 0.02  # not all the same
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_without_the_library_it_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(LibraryMissingError, match=r"onnx, .*pip install -r requirements-export"):
        onnx_model(network(), 1.0, "a run")
