import numpy as np

from mnist_core.evaluation.features.features import last_hidden_layer, principal_axes
from mnist_core.network.inference import Classifier


def test_the_last_hidden_layer_or_the_pixels_of_a_network_without_one(sample):
    rng = np.random.default_rng(0)
    image = sample.x_test[17]
    classifier = Classifier(
        kernels=(
            rng.normal(0, 0.05, (784, 8)).astype(np.float32),
            rng.normal(0, 0.3, (8, 10)).astype(np.float32),
        ),
        biases=(np.full(8, 0.1, np.float32), np.zeros(10, np.float32)),
        activation_names=("gelu",),
    )
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


def test_principal_axes_are_the_right_singular_vectors_with_their_largest_coordinate_positive():
    """The convention of scikit-learn's `svd_flip`, by which maps in links keep their sides."""
    rng = np.random.default_rng(3)
    features = (rng.normal(size=(60, 7)) * [9, 7, 5, 4, 3, 2, 1] + 20).astype(np.float32)
    features = features @ np.linalg.qr(rng.normal(size=(7, 7)))[0].astype(np.float32)
    expected = np.linalg.svd(features - features.mean(axis=0, dtype=float))[2][:4]
    for axis in expected:
        axis *= 1 if max(axis) == max(abs(axis)) else -1
    mean, axes = principal_axes(features, 4)
    assert (mean.dtype, axes.dtype) == (np.float32, np.float32)
    np.testing.assert_allclose(mean, features.mean(axis=0, dtype=float), rtol=1e-6)
    np.testing.assert_allclose(axes, expected.T, atol=1e-5)
    assert principal_axes(features, 30)[1].shape == (7, 7)
