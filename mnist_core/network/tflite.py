"""A trained Keras model in TensorFlow Lite's format, for phones and microcontrollers."""

from __future__ import annotations

from pathlib import Path

import keras
import tensorflow as tf


def tflite_model(path: Path) -> bytes:
    """The bytes of a .tflite file: (n, 784) float32 in 0–1 → (n, classes) float32 probabilities,
    before calibration.

    Args:
        path: The path of a `model.keras`.

    Raises:
        FileNotFoundError: There is no such file.
    """
    if not path.exists():
        raise FileNotFoundError(path)
    converter = tf.lite.TFLiteConverter.from_keras_model(keras.models.load_model(path))
    return bytes(converter.convert())
