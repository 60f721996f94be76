import numpy as np
import pytest

from mnist_core.evaluation.internals.layer_histograms import layer_histograms
from tests.core.evaluation.internals.random_network import network


def test_histograms_share_their_bins_and_count_what_they_name(sample):
    early, late = network("relu"), network("relu", bias=-5.0)
    images = sample.x_test[:40]
    weights, activations = layer_histograms({"1": early, "final": late}, 1, images)
    assert list(weights.shares) == ["1", "final"]
    for name, of in (("1", early), ("final", late)):
        assert weights.shares[name].sum() == pytest.approx(1)
        kernel = of.kernels[1]
        middle = weights.edges[30:32]
        expected = ((kernel >= middle[0]) & (kernel < middle[1])).mean()
        assert weights.shares[name][30] == pytest.approx(expected)
        outputs = of.activations(images)[1]
        assert activations.zeros[name] == pytest.approx((outputs <= 0).mean())
    assert activations.zeros["final"] > activations.zeros["1"]
    assert len(activations.edges) == len(activations.shares["1"]) + 1


def test_outputs_have_weights_but_no_activations(sample):
    weights, activations = layer_histograms({"final": network("gelu")}, 2, sample.x_test[:5])
    assert activations is None
    assert np.all(np.diff(weights.edges) > 0)
