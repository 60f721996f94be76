import os
import zipfile

import keras
import numpy as np
import pytest
from sklearn.datasets import load_digits

from mnist_core.config.config import (
    ACTIVATIONS,
    NORMALIZATIONS,
    Layer,
    TrainingConfig,
    parameter_count,
)
from mnist_core.config.presets import PRESETS
from mnist_core.evaluation.internals import forward_pass
from mnist_core.network import keras_model
from mnist_core.network.inference import Classifier, WeightsError, weights_npz


@pytest.fixture(scope="module")
def digits():
    """64 real handwritten digits, 8×8, centred in 28×28."""
    small = load_digits().images[:64] * (255 / 16)
    images = np.zeros((64, 28, 28), np.uint8)
    images[:, 6:22, 6:22] = small.repeat(2, axis=1).repeat(2, axis=2)
    return images


def as_inputs(images):
    return images.reshape(-1, 784).astype(np.float32) / 255


def shaken(config, digits):
    """A model whose normalization has statistics and whose biases are not zero."""
    model = keras_model.build_model(config)
    rng = np.random.default_rng(1)
    weights = []
    for variable in model.weights:
        noise = rng.normal(0, 0.1, variable.shape)
        value = np.asarray(variable) + noise
        weights.append(np.abs(value) + 0.2 if "variance" in variable.path else value)
    model.set_weights(weights)
    return model


@pytest.mark.parametrize("preset", PRESETS)
def test_keras_counts_the_parameters_of_the_presets(preset):
    model = keras_model.build_model(PRESETS[preset])
    trainable = sum(int(np.prod(w.shape)) for w in model.trainable_weights)
    assert (model.count_params(), trainable) == parameter_count(PRESETS[preset])


def test_the_early_stopping_preset_is_the_published_stack():
    names = [
        type(layer).__name__ for layer in keras_model.build_model(PRESETS["early-stopping"]).layers
    ]
    block = ["Dense", "Activation", "BatchNormalization", "Dropout"]
    assert names == [*block, *block, "Dense", "Activation", "Dropout", "Dense"]


def test_the_leaky_relu_preset_is_the_published_stack():
    names = [
        type(layer).__name__ for layer in keras_model.build_model(PRESETS["leaky-relu"]).layers
    ]
    block = ["Dense", "BatchNormalization", "LeakyReLU"]
    assert names == [*block, *block, "Dropout", *block, "Dropout", "Dense"]


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_numpy_inference_agrees_with_keras(activation, normalization, digits, tmp_path):
    layer = Layer(24, activation, normalization, 0.2)
    model = shaken(TrainingConfig(layers=(layer, layer)), digits)
    keras_model.save_inference_weights(model, tmp_path / "weights.npz")
    classifier = Classifier.load(tmp_path / "weights.npz")

    expected = np.asarray(model(as_inputs(digits), training=False))
    np.testing.assert_allclose(classifier.probabilities(digits), expected, atol=1e-5)

    hidden = [item for item in model.layers if item.name.startswith(activation)]
    outputs = keras.Model(model.inputs[0], [item.output for item in hidden])(as_inputs(digits))
    for ours, theirs in zip(classifier.activations(digits), outputs, strict=True):
        np.testing.assert_allclose(ours, np.asarray(theirs), atol=2e-5, rtol=1e-5)


def arrays_of(path):
    classifier = Classifier.load(path)
    return [*classifier.kernels, *classifier.biases]


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
@pytest.mark.parametrize("activation", ["leaky_relu", "gelu"])
def test_a_keras_file_gives_the_same_weights_to_the_last_bit(
    activation, normalization, digits, tmp_path
):
    layer = Layer(24, activation, normalization, 0.2)
    model = shaken(TrainingConfig(layers=(layer, layer)), digits)
    model.save(tmp_path / "model.keras")
    keras_model.save_inference_weights(model, tmp_path / "weights.npz")
    assert weights_npz(tmp_path / "model.keras") == (tmp_path / "weights.npz").read_bytes()
    classifier = Classifier.load(tmp_path / "model.keras")
    assert classifier.activation_names == (activation, activation)


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
@pytest.mark.parametrize("activation", ["leaky_relu", "gelu"])
def test_each_step_of_the_forward_pass_by_hand_is_what_keras_layer_computes(
    activation, normalization, digits, tmp_path
):
    layer = Layer(24, activation, normalization, 0.2)
    model = shaken(TrainingConfig(layers=(layer, layer)), digits)
    model.save(tmp_path / "model.keras")
    layers = forward_pass.layers_of_keras_file(tmp_path / "model.keras")
    passed = forward_pass.forward_pass(layers, digits[0])
    model.layers[-1].activation = keras.activations.linear  # so that its outputs are the logits
    steps = [item for item in model.layers if not isinstance(item, keras.layers.Dropout)]
    theirs, values = [], as_inputs(digits[:1])
    for step in steps:
        values = step(values, training=False) if "normalization" in step.name else step(values)
        theirs.append(np.asarray(values)[0])
    unit = 3
    ours = [
        value
        for item, inputs in zip(layers, passed, strict=False)
        for value in forward_pass.weighted_sum(item, inputs, unit).values
    ]
    np.testing.assert_allclose(ours, [values[unit] for values in theirs], atol=2e-5, rtol=1e-5)


def test_weights_made_of_a_keras_file_are_kept_until_it_changes(tmp_path, runs_directory):
    path = tmp_path / "net" / "model.keras"
    path.parent.mkdir()
    config = TrainingConfig(layers=(Layer(8),))
    for seed in (0, 1):
        model = keras_model.build_model(config.with_changes(seed=seed))
        model.save(path)
        os.utime(path, (0, 0))  # its date tells nothing
        kernel = model.layers[0].get_weights()[0]
        for _ in range(2):
            np.testing.assert_array_equal(arrays_of(path)[0], kernel)
            (kept,) = (runs_directory / ".results" / "net").iterdir()
            assert kept.read_bytes() == weights_npz(path)
    np.savez(kept, **dict(np.load(kept)) | {"kernel_0": kernel * 2})
    np.testing.assert_array_equal(arrays_of(path)[0], kernel * 2)  # so this is what was read


def test_a_keras_file_is_read_where_nothing_can_be_written(tmp_path, runs_directory):
    model = keras_model.build_model(TrainingConfig(layers=(Layer(8),)))
    model.save(tmp_path / "model.keras")
    runs_directory.write_text("no directory can be made here")
    np.testing.assert_array_equal(
        arrays_of(tmp_path / "model.keras")[0], model.layers[0].get_weights()[0]
    )


@pytest.mark.parametrize("damage", [slice(0), slice(200), slice(-2000)])
def test_a_damaged_keras_file_is_named(damage, tmp_path):
    path = tmp_path / "model.keras"
    keras_model.build_model(TrainingConfig(layers=(Layer(8),))).save(path)
    path.write_bytes(path.read_bytes()[damage])
    for read in (Classifier.load, weights_npz):
        with pytest.raises(WeightsError, match=r"model\.keras"):
            read(path)


@pytest.mark.parametrize(
    "settings",
    ["[]", '{"config": null}', '{"config": {"layers": [{"class_name": "Dense", "config": []}]}}'],
)
def test_a_keras_file_with_other_settings_is_named(settings, tmp_path):
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", settings)
        archive.writestr("model.weights.h5", b"")
    with pytest.raises(WeightsError, match=r"model\.keras"):
        Classifier.load(path)


def test_a_keras_file_without_its_variables_is_named(tmp_path):
    path = tmp_path / "model.keras"
    keras_model.build_model(TrainingConfig(layers=(Layer(8),))).save(path)
    with zipfile.ZipFile(path) as archive:
        settings = archive.read("config.json")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", settings)
        archive.writestr("model.weights.h5", b"no HDF5")
    with pytest.raises(WeightsError, match=r"model\.keras"):
        Classifier.load(path)


def test_weights_too_large_for_half_precision_are_the_largest_there(digits, tmp_path):
    model = keras_model.build_model(TrainingConfig(layers=(Layer(4),)))
    kernel = model.layers[0].get_weights()[0]
    model.layers[0].set_weights([np.full_like(kernel, -1e9), np.zeros(4, np.float32)])
    keras_model.save_inference_weights(model, tmp_path / "weights.npz", np.float16)
    classifier = Classifier.load(tmp_path / "weights.npz")
    assert classifier.kernels[0].min() == -65504
    assert np.isfinite(classifier.probabilities(digits)).all()


def test_the_same_seed_gives_the_same_weights():
    config = TrainingConfig(layers=(Layer(8),), seed=3)
    first, second = (keras_model.build_model(config).get_weights()[0] for _ in range(2))
    np.testing.assert_array_equal(first, second)
    other = keras_model.build_model(config.with_changes(seed=4)).get_weights()[0]
    assert not np.array_equal(first, other)
