"""The patience of early stopping and of plateaus, against Keras' own."""

import keras
import pytest

from mnist_core.config.config import Layer, TrainingConfig
from mnist_core.network import keras_model
from mnist_core.training.early_stopping import PLATEAU_MIN_DELTA, Patience


def test_plateaus_are_counted_like_keras():
    """The same losses through keras.callbacks.ReduceLROnPlateau and through ours."""
    losses = [1.0, 0.9, 0.95, 0.9, 0.89995, 0.8, 0.8, 0.8, 0.8, 0.8, 0.7, 0.71, 0.72, 0.73]
    model = keras_model.build_model(TrainingConfig(layers=(Layer(8),)))
    model.compile(keras.optimizers.SGD(1.0), "mse")
    callback = keras.callbacks.ReduceLROnPlateau(patience=3, factor=0.5)
    callback.set_model(model)
    callback.on_train_begin()
    ours, rate = Patience(3, PLATEAU_MIN_DELTA), 1.0
    for epoch, loss in enumerate(losses):
        callback.on_epoch_end(epoch, {"val_loss": loss})
        if ours.update(loss):
            ours.reset()
            rate /= 2
        assert float(model.optimizer.learning_rate) == rate
    assert rate < 1


@pytest.mark.parametrize("patience", [1, 2, 3])
def test_training_stops_early_when_keras_would(patience):
    """The same losses through keras.callbacks.EarlyStopping and through ours."""
    losses = [1.0, 0.9, 0.95, 0.9, 0.89, 0.8, 0.81, 0.81, 0.79, 0.9, 0.9, 0.9, 0.9]
    model = keras_model.build_model(TrainingConfig(layers=(Layer(8),)))
    model.stop_training = False  # as `fit` does
    callback = keras.callbacks.EarlyStopping(patience=patience)
    callback.set_model(model)
    callback.on_train_begin()
    ours = Patience(patience)
    for epoch, loss in enumerate(losses):
        callback.on_epoch_end(epoch, {"val_loss": loss})
        stops = ours.update(loss)
        assert stops == bool(model.stop_training)
        if stops:
            return
    pytest.fail("neither has stopped")
