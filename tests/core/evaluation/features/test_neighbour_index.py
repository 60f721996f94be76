import os

import numpy as np
import pytest

from mnist_core.config.config import Layer, TrainingConfig
from mnist_core.evaluation.features import neighbour_index
from mnist_core.evaluation.features.features import last_hidden_layer
from mnist_core.evaluation.features.neighbour_index import NeighbourIndex
from mnist_core.network.inference import Classifier
from mnist_core.runs import files, store
from mnist_core.runs.run import Run
from tests import damage


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
    chunks = np.array_split(features, 1 + len(features) // 500)  # small enough for the cache
    distances = np.concatenate([np.linalg.norm(chunk - query, axis=1) for chunk in chunks])
    order = np.argsort(distances, kind="stable")[:most]
    return order, distances[order]


def test_the_nearest_are_those_of_all_distances_sorted(network, sample, image):
    index = NeighbourIndex.of_some(network, sample.x_train, sample.y_train).completed()
    query = last_hidden_layer(network, image[None])[0]
    expected, distances = by_sorting(last_hidden_layer(network, sample.x_train), query, 8)
    found = index.nearest(image, 8)
    assert found.indices.tolist() == expected.tolist()
    np.testing.assert_allclose(found.distances, distances, atol=1e-5)
    again = index.nearest(sample.x_train[3], 1)
    assert again.indices.tolist() == [3]
    assert again.distances == pytest.approx([0], abs=1e-6)


def test_the_search_can_be_among_some_digits_alone(network, sample, image):
    index = NeighbourIndex.of_some(network, sample.x_train, sample.y_train).completed()
    fours = np.flatnonzero(sample.y_train == 4)
    query = last_hidden_layer(network, image[None])[0]
    expected, _ = by_sorting(last_hidden_layer(network, sample.x_train[fours]), query, 6)
    assert index.nearest(image, 6, [4]).indices.tolist() == fours[expected].tolist()


def test_where_there_are_fewer_all_are_found(network, few_digits, image):
    labels = np.full(300, 9, np.uint8)
    labels[:2] = 4
    index = NeighbourIndex.of_some(network, few_digits.x_train, labels).completed()
    assert sorted(index.nearest(image, 5, [4]).indices.tolist()) == [0, 1]
    assert index.nearest(image, 5, [7]).indices.size == 0


def wide_network() -> Classifier:
    """More features than the index keeps components of, so that it has to look again."""
    rng = np.random.default_rng(1)
    kernel = rng.normal(0, 0.2, (784, 200)).astype(np.float32)
    last = rng.normal(0, 0.3, (200, 10)).astype(np.float32)
    return Classifier(
        (kernel, last), (np.zeros(200, np.float32), np.zeros(10, np.float32)), ("tanh",)
    )


def test_what_the_components_leave_out_hides_no_neighbour(sample):
    network = wide_network()
    index = NeighbourIndex.of_some(network, sample.x_train, sample.y_train).completed()
    features = last_hidden_layer(network, sample.x_train)
    for image in sample.x_test[::60]:
        expected, distances = by_sorting(features, last_hidden_layer(network, image[None])[0], 20)
        found = index.nearest(image, 20)
        assert found.indices.tolist() == expected.tolist()
        np.testing.assert_allclose(found.distances, distances, rtol=1e-4)


def test_building_tells_how_far_it_is(network, sample):
    shares: list[float] = []
    NeighbourIndex.of_some(network, sample.x_train, sample.y_train).completed(shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1


@pytest.fixture
def run(network) -> Run:
    run = store.create(TrainingConfig(layers=(Layer(units=8),)), "Test network")
    np.savez(
        run.weights_path,
        activations=np.array(network.activation_names),
        **{f"kernel_{i}": kernel for i, kernel in enumerate(network.kernels)},
        **{f"bias_{i}": bias for i, bias in enumerate(network.biases)},
    )
    return run


def kept(run: Run, network: Classifier, data) -> NeighbourIndex:
    """An index of all digits that was saved."""
    index = NeighbourIndex.of_some(network, data.x_train, data.y_train).completed()
    neighbour_index.save(run, index, data.name)
    return index


def test_an_index_is_kept_with_the_run_until_its_weights_change(run, network, sample, image):
    given = run, network, sample.x_train, sample.y_train, sample.name
    assert neighbour_index.load(*given) is None
    made, found = kept(run, network, sample), neighbour_index.load(*given)
    assert found.complete
    assert found.nearest(image, 5).indices.tolist() == made.nearest(image, 5).indices.tolist()
    with np.load(run.weights_path) as arrays:
        np.savez(run.weights_path, **{**arrays, "bias_0": arrays["bias_0"] + 1})
    os.utime(run.weights_path, (0, 0))
    assert neighbour_index.load(*given) is None


@pytest.mark.parametrize("damaged", [b"", b"nonsense", *damage.KINDS])
def test_a_damaged_index_is_none(run, network, sample, damaged):
    kept(run, network, sample)
    (file,) = run.directory.glob("neighbours-*.npz")
    if callable(damaged):
        damage.damage(file, damaged)
    else:
        file.write_bytes(damaged)
    given = run, network, sample.x_train, sample.y_train, sample.name
    assert neighbour_index.load(*given) is None


def test_an_index_of_other_digits_is_not_used(run, network, sample, few_digits):
    kept(run, network, sample)
    given = run, network, few_digits.x_train, few_digits.y_train, "sample"
    assert neighbour_index.load(*given) is None


def test_where_nothing_can_be_written_no_index_is_kept(run, network, few_digits, monkeypatch):
    def refuse(*given):
        raise PermissionError("read-only")

    monkeypatch.setattr(files, "save_arrays", refuse)
    kept(run, network, few_digits)
    assert not [*run.directory.glob("neighbours-*")]


def test_some_digits_are_searched_before_all_are(network, sample, image, monkeypatch):
    monkeypatch.setattr(neighbour_index, "SUBSET", 100)
    some = NeighbourIndex.of_some(network, sample.x_train, sample.y_train)
    assert not some.complete
    assert 100 <= some.indices.size < 200
    query = last_hidden_layer(network, image[None])[0]
    features = last_hidden_layer(network, sample.x_train[some.indices])
    expected, _ = by_sorting(features, query, 6)
    assert some.nearest(image, 6).indices.tolist() == some.indices[expected].tolist()
    assert some.completed().complete


@pytest.mark.slow
@pytest.mark.parametrize("name", ["champion", "leaky-relu"])
def test_a_shipped_networks_neighbours_in_mnist_are_those_of_all_distances_sorted(
    mnist, name, monkeypatch
):
    shipped = Classifier.load(store.get(name).weights_path)
    index = NeighbourIndex.of_some(shipped, mnist.x_train, mnist.y_train)
    computed = []  # the features of all digits, which take most of the time

    def noted(classifier, images):
        computed.append(last_hidden_layer(classifier, images))
        return computed[-1]

    with monkeypatch.context() as patch:
        patch.setattr(neighbour_index, "last_hidden_layer", noted)
        index = index.completed()
    features = np.concatenate(computed)
    assert features.shape == (60_000, len(shipped.kernels[-1]))
    for image in mnist.x_test[::500]:
        query = last_hidden_layer(shipped, image[None])[0]
        expected, distances = by_sorting(features, query, 8)
        found = index.nearest(image, 8)
        assert found.indices.tolist() == expected.tolist()
        np.testing.assert_allclose(found.distances, distances, rtol=1e-4)
