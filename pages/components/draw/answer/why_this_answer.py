"""Why this prediction: which ink speaks for it, and the training digits most like the drawing."""

from __future__ import annotations

import streamlit as st

from mnist_core.network.inference import Classifier
from mnist_core.predict.answer import Prediction
from mnist_core.runs.run import Run
from pages.components.shell import dataset
from pages.components.shell.classes import things
from pages.components.shell.neighbours import training_digits
from pages.components.widgets.images.digit_grid import digit_grid
from pages.components.widgets.images.saliency_map import saliency_map

TITLE = "Why this answer? · Saliency"
SIMILAR = 8


def why_this_answer(run: Run, classifier: Classifier, prediction: Prediction) -> None:
    """Show the saliency map of the two most likely digits, and the nearest training digits.

    Args:
        run: The network in use.
        classifier: Its weights.
        prediction: What it predicts for the drawing.
    """
    saliency_map(classifier, prediction.image, *prediction.two_likeliest())
    st.markdown(
        f"**The {SIMILAR} most similar training {things()}** (nearest neighbours in the network's "
        "last hidden layer)"
    )
    data = dataset.when_loaded()
    index = training_digits(run, data) if data else None
    if data and index:
        if not index.complete:
            st.caption(f"Among {index.indices.size:,} of them so far.")
        nearest = index.nearest(prediction.image, SIMILAR).indices
        digit_grid(data.x_train[nearest], data.y_train[nearest], indices=nearest)
