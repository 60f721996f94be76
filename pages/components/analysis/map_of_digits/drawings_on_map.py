"""The visitor's own drawings, placed on the map of digits."""

from __future__ import annotations

import numpy as np

from mnist_core.evaluation.features.features import last_hidden_layer
from mnist_core.evaluation.features.projection import Projection
from mnist_core.predict.answer import Number, Prediction
from mnist_core.runs.run import Run
from pages.components.analysis.split_predictions import SplitPredictions
from pages.components.shell import networks, visitor_drawings
from pages.components.shell.background import result_of
from pages.components.widgets.charts.digit_map import OwnDrawing


def place_drawings(
    predictions: SplitPredictions, projected: Projection, version: str
) -> list[OwnDrawing]:
    """The visitor's drawings at their places on the map, with what the Draw page says of them.

    Args:
        predictions: Those of the network whose map it is.
        projected: The map.
        version: Identifies the map among all maps.
    """
    own = _predictions(predictions.run)
    if not own:
        return []
    images = np.stack([prediction.image for _, prediction in own])
    features = last_hidden_layer(predictions.classifier, images)
    places = result_of(
        ("own drawings", version, images.tobytes()),
        lambda report: projected.place(features),
        "Placing your drawings",
    )
    return [
        OwnDrawing(prediction.image, f"{name}. {prediction.verdict.text}", float(x), float(y))
        for (name, prediction), (x, y) in zip(own, places, strict=True)
    ]


def _predictions(run: Run) -> list[tuple[str, Prediction]]:
    """What the network predicts for each drawing, with the drawing's name; the one on the canvas
    comes first."""
    predictor = networks.predictor(run)
    drawn = visitor_drawings.on_canvas(run, predictor)
    if isinstance(drawn, Number):
        parts = [digit.prediction for digit in drawn.digits]
    else:
        parts = [drawn] if isinstance(drawn, Prediction) else []
    named = [("Your drawing", part) for part in parts]
    for drawing in () if run.config.data else visitor_drawings.saved():
        prediction = visitor_drawings.as_accepted(predictor.predict_image(drawing.image))
        named.append((f"Your {drawing.label}", prediction))
    return [(name, each) for name, each in named if each.image.any()]  # it may be blank
