"""Why this answer: which pixels spoke for it, and which training digits are most like it."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.evaluation import neighbours, saliency
from mnist_core.network.inference import Classifier
from mnist_core.predict import Prediction
from mnist_core.runs.run import Run
from pages.components.shell import dataset
from pages.components.widgets.digit_grid import digit_grid
from pages.components.widgets.pictures import data_uri

FOR, AGAINST = (59, 130, 246), (234, 88, 12)  # blue and orange, told apart by colour-blind people
SIMILAR = 8


def why(run: Run, classifier: Classifier, prediction: Prediction) -> None:
    """Show which ink spoke for the likeliest digit and which for the second likeliest.

    Args:
        run: The network in use.
        classifier: Its weights.
        prediction: What it makes of the drawing.
    """
    image, (digit, other) = prediction.image, prediction.two_likeliest()
    heat = saliency.gradient_times_input(classifier, image, digit, other)
    st.html(
        f'<img src="{data_uri(overlay(image, heat))}" width="196" height="196" alt="Heat map" '
        'style="image-rendering:pixelated;border-radius:4px;display:block;margin-bottom:.5rem">'
        f'<span style="color:rgb{FOR}">■</span> ink that speaks for {digit} &nbsp; '
        f'<span style="color:rgb{AGAINST}">■</span> ink that speaks for {other}'
    )
    st.caption(
        "Method: gradient × input, on the difference between the network's outputs for the two "
        "likeliest digits. It tells of ink only; what is missing from a drawing has no colour."
    )
    st.markdown(f"**The {SIMILAR} most similar training digits**, by the last hidden layer")
    data = dataset.get()
    if data.x_train.size:
        weights = (str(run.weights_path), run.weights_path.stat().st_mtime_ns)
        features = _features(classifier, data.x_train, *weights, data.name)
        own = neighbours.last_hidden_layer(classifier, image[np.newaxis])[0]
        places, _ = neighbours.nearest(features, own, SIMILAR)
        digit_grid(data.x_train[places], data.y_train[places], indices=places)


def overlay(image: NDArray[np.uint8], heat: NDArray[np.float32]) -> NDArray[np.uint8]:
    """(28, 28, 3) uint8: the ink in grey, tinted where it matters.

    Args:
        image: (28, 28) uint8.
        heat: (28, 28) float32, positive for, negative against.
    """
    strength = np.clip(abs(heat) / max(float(abs(heat).max()), 1e-12), 0, 1)[..., None] ** 0.5
    tint = np.where(heat[..., None] > 0, FOR, AGAINST)
    return np.rint(image[..., None] * 0.45 * (1 - strength) + tint * strength).astype(np.uint8)


@st.cache_resource(show_spinner="Looking through the training digits", max_entries=4)
def _features(
    _classifier: Classifier, _images: NDArray[np.uint8], path: str, modified: int, data: str
) -> NDArray[np.float32]:
    parts = [
        neighbours.last_hidden_layer(_classifier, _images[i : i + 4096])
        for i in range(0, len(_images), 4096)
    ]
    return np.concatenate(parts)
