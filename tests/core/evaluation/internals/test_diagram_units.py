"""What is drawn of a network: which units, which connections, and how strong they are."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from mnist_core.config.sizes import CLASSES, INPUTS
from mnist_core.digits.drawings import example_digits
from mnist_core.digits.drawings.from_strokes import image_from_strokes
from mnist_core.evaluation.internals import diagram_units
from mnist_core.network.inference import Classifier


def network(*widths: int, activation: str = "relu") -> Classifier:
    rng = np.random.default_rng(0)
    shape = (INPUTS, *widths, CLASSES)
    kernels = tuple(
        rng.normal(0, 1 / np.sqrt(n), (n, m)).astype(np.float32) for n, m in pairwise(shape)
    )
    biases = tuple(np.zeros(m, np.float32) for m in shape[1:])
    return Classifier(kernels, biases, (activation,) * len(widths))


@pytest.mark.parametrize("widths", [(), (1,), (7, 30), (64, 48, 32, 24, 20, 12)])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_every_network_has_units_in_range_and_connections_between_them(widths, activation):
    view = diagram_units.view(network(*widths, activation=activation))
    shown = [INPUTS, *(len(column["units"]) for column in view["columns"]), CLASSES]
    assert shown[1:-1] == [min(width, 20) for width in widths]
    assert len(view["connections"]) == len(widths) + 1
    assert (view["outputs"], view["side"] ** 2) == (CLASSES, INPUTS)
    for column, width in zip(view["columns"], widths, strict=True):
        assert column["size"] == width
        assert len(set(column["units"])) == len(column["units"])
        assert all(0 <= unit < width for unit in column["units"])
        assert all(low <= high for low, high in zip(column["low"], column["high"], strict=True))
    for connections, before, after in zip(view["connections"], shown, shown[1:], strict=False):
        assert all(0 <= start < before for start in connections["starts"])
        assert set(connections["stops"]) == set(range(after))
        assert np.isfinite(connections["weights"]).all()


def test_a_unit_that_is_active_for_one_digit_alone_is_shown_at_that_digits_height():
    classifier = network(40)
    image = image_from_strokes(example_digits.strokes(7)).reshape(-1) / 255
    kernel = np.zeros((INPUTS, 40), np.float32)
    kernel[:, 23] = image - image.mean()  # most active for what looks like this 7
    (column,) = diagram_units.view(Classifier(
        (kernel, classifier.kernels[1]), classifier.biases, ("relu",)
    ))["columns"]  # fmt: skip
    assert column["units"][7] == 23


def test_a_signal_is_weight_times_activation_and_the_largest_is_1():
    classifier = network(30)
    view = diagram_units.view(classifier)
    connections, column = view["connections"][1], view["columns"][0]
    units = np.array(column["units"])[connections["starts"]]
    exact = classifier.kernels[1][units, connections["stops"]]
    ratio = np.array(connections["weights"]) / exact
    assert ratio == pytest.approx(ratio.mean(), rel=1e-2)
    highest = np.array(column["high"])[connections["starts"]]
    assert abs(connections["weights"] * highest).max() == pytest.approx(1, rel=1e-3)
