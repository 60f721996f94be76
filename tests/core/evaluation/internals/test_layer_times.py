import numpy as np

from mnist_core.evaluation.internals.layer_times import layer_times
from mnist_core.network.inference import Classifier


def test_a_layer_with_many_more_weights_takes_longer():
    widths = [(784, 3000), (3000, 1), (1, 10)]
    network = Classifier(
        tuple(np.zeros(shape, np.float32) for shape in widths),
        tuple(np.zeros(units, np.float32) for _, units in widths),
        ("relu", "relu"),
    )
    shares = []
    first, second, last = layer_times(network, shares.append)
    assert first > second > 0 < last < first
    assert shares == sorted(shares)
    assert shares[-1] == 1
