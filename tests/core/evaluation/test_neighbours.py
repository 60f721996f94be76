import numpy as np
import pytest

from mnist_core.evaluation import neighbours
from mnist_core.evaluation.neighbours import NeighbourIndex, last_hidden_layer
from mnist_core.network.inference import Classifier
from mnist_core.runs import store


@pytest.fixture
def network() -> Classifier:
    """One hidden layer of random weights."""
    rng = np.random.default_rng(0)
    return Classifier(
        kernels=(
            rng.normal(0, 0.05, (784, 8)).astype(np.float32),
            rng.normal(0, 0.3, (8, 10)).astype(np.float32),
        ),
        biases=(np.full(8, 0.1, np.float32), np.zeros(10, np.float32)),
        activation_names=("gelu",),
    )


@pytest.fixture
def image(sample) -> np.ndarray:
    return sample.x_test[17]


def by_sorting(features, query, most) -> tuple[np.ndarray, np.ndarray]:
    distances = np.linalg.norm(features - query, axis=1)
    order = np.argsort(distances, kind="stable")[:most]
    return order, distances[order]


def test_the_nearest_are_those_of_all_distances_sorted(network, sample, image):
    index = NeighbourIndex(network, sample.x_train, sample.y_train)
    query = last_hidden_layer(network, image[None])[0]
    expected, distances = by_sorting(last_hidden_layer(network, sample.x_train), query, 8)
    found = index.nearest(image, 8)
    assert found.indices.tolist() == expected.tolist()
    np.testing.assert_allclose(found.distances, distances, atol=1e-5)
    again = index.nearest(sample.x_train[3], 1)
    assert again.indices.tolist() == [3]
    assert again.distances == pytest.approx([0], abs=1e-6)


def test_the_search_can_be_among_some_digits_alone(network, sample, image):
    index = NeighbourIndex(network, sample.x_train, sample.y_train)
    fours = np.flatnonzero(sample.y_train == 4)
    query = last_hidden_layer(network, image[None])[0]
    expected, _ = by_sorting(last_hidden_layer(network, sample.x_train[fours]), query, 6)
    assert index.nearest(image, 6, [4]).indices.tolist() == fours[expected].tolist()


def test_features_are_computed_once_and_for_the_digits_that_are_searched(
    network, few_digits, image, monkeypatch
):
    seen = []
    monkeypatch.setattr(
        neighbours,
        "last_hidden_layer",
        lambda *given: seen.append(len(given[1])) or last_hidden_layer(*given),
    )
    index = NeighbourIndex(network, few_digits.x_train, few_digits.y_train)
    ones = int((few_digits.y_train == 1).sum())
    rechecked = min(ones, 1 + neighbours.SPARE)
    index.nearest(image, 1, [1])
    assert seen == [1, ones, rechecked]
    index.nearest(image, 1, [1])
    assert seen == [1, ones, rechecked, 1, rechecked]


def test_where_there_are_fewer_all_are_found(network, few_digits, image):
    labels = np.full(300, 9, np.uint8)
    labels[:2] = 4
    index = NeighbourIndex(network, few_digits.x_train, labels)
    assert sorted(index.nearest(image, 5, [4]).indices.tolist()) == [0, 1]
    assert index.nearest(image, 5, [7]).indices.size == 0


def test_an_index_says_how_large_it_becomes(network, few_digits):
    index = NeighbourIndex(network, few_digits.x_train, few_digits.y_train)
    assert index.size == 300 * 8 * 2


@pytest.mark.slow
@pytest.mark.parametrize("name", ["champion", "leaky-relu"])
def test_a_shipped_networks_neighbours_in_mnist_are_those_of_all_distances_sorted(mnist, name):
    shipped = Classifier.load(store.get(name).weights_path)
    index = NeighbourIndex(shipped, mnist.x_train, mnist.y_train)
    chunks = np.array_split(mnist.x_train, 15)
    features = np.concatenate([last_hidden_layer(shipped, chunk) for chunk in chunks])
    for image in mnist.x_test[::500]:
        query = last_hidden_layer(shipped, image[None])[0]
        expected, distances = by_sorting(features, query, 8)
        found = index.nearest(image, 8)
        assert found.indices.tolist() == expected.tolist()
        np.testing.assert_allclose(found.distances, distances, rtol=1e-4)


def test_the_last_hidden_layer_or_the_pixels_of_a_network_without_one(network, image):
    classifier = network
    hidden = last_hidden_layer(classifier, image[None])
    assert hidden.shape == (1, 8)
    np.testing.assert_allclose(
        hidden @ classifier.kernels[-1] + classifier.biases[-1],
        classifier.logits(image[None]),
        atol=1e-5,
    )
    linear = Classifier((np.zeros((784, 10), np.float32),), (np.zeros(10, np.float32),), ())
    np.testing.assert_allclose(
        last_hidden_layer(linear, image[None]), image.reshape(1, -1) / 255, atol=1e-6
    )
