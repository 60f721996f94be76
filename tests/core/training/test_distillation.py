"""The convolutional teacher: its training, and its predictions."""

import numpy as np
import pytest
import tensorflow as tf

from mnist_core.config.config import Distillation, Layer, TrainingConfig
from mnist_core.training import distillation

pytestmark = pytest.mark.slow

CONFIG = TrainingConfig(layers=(Layer(32),), distillation=Distillation(epochs=25))


@pytest.fixture(scope="module")
def trained(few_digits):
    model, shares = distillation.build(CONFIG), []
    with pytest.MonkeyPatch.context() as patch:  # of 300 digits, 128 make few steps
        patch.setattr(distillation, "BATCH_SIZE", 32)
        shares += distillation.train(
            model, CONFIG, few_digits.x_train, few_digits.y_train, np.arange(300), 25
        )
    return model, shares


def predicted(model, images):
    return model.predict(images.reshape(-1, 784).astype(np.float32) / 255, verbose=0).argmax(1)


def test_it_learns_the_digits(trained, few_digits):
    model, _ = trained
    correct = predicted(model, few_digits.x_train) == few_digits.y_train
    assert correct.mean() > 0.9


def test_it_tells_how_far_it_has_come(trained):
    _, shares = trained
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_it_is_trained_on_single_digits_made_anew(few_digits):
    """Mixup and echoing are for the network that learns from it."""
    weights = []
    for config in (CONFIG, CONFIG.with_changes(regularization={"mixup": 0.5}, data_echoing=3)):
        config = config.with_changes(distillation={"epochs": 2})
        model = distillation.build(config)
        for _ in distillation.train(
            model, config, few_digits.x_train, few_digits.y_train, np.arange(300), 2
        ):
            pass
        weights.append(model.get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.mark.parametrize(("precision", "tolerance"), [("float32", 1e-5), ("bfloat16", 0.05)])
def test_its_predictions_are_those_of_the_network_with_its_normalizations_apart(
    precision, tolerance, trained, few_digits
):
    model = distillation.build(CONFIG.with_changes(precision=precision))
    model.set_weights(trained[0].get_weights())
    digits = few_digits.x_test.reshape(-1, 784).astype(np.float32) / 255
    apart = np.asarray(model(digits, training=False))
    folded = np.asarray(distillation.predictions(model, tf.constant(digits)))
    np.testing.assert_allclose(folded, apart, atol=tolerance)
    assert apart.max(axis=1).mean() > 0.8  # it has something to say
