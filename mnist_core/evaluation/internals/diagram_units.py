"""What is drawn of a network: of each hidden layer the units that tell digits apart best, and the
strongest connections between them, from the 28×28 pixels to the outputs.

The choice depends on the weights alone, so that it stays the same while one draws.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from mnist_core.config.formatting import count
from mnist_core.config.sizes import CLASSES, IMAGE_SIDE, INPUTS
from mnist_core.digits.drawings import example_digits
from mnist_core.digits.drawings.from_strokes import image_from_strokes
from mnist_core.network.inference import Classifier, inputs_of

UNITS_PER_DIGIT = 2  # units drawn in each layer for each digit
CONNECTIONS_PER_UNIT = 3  # connections drawn into each unit
CONNECTIONS_PER_OUTPUT = 4
SLANTS = (-0.25, -0.1, 0.05, 0.2)  # slants of the digits by which units are chosen

Floats = NDArray[np.float32]


class Column(TypedDict):
    """The chosen units of a hidden layer, from top to bottom.

    Attributes:
        units: Their numbers in the layer: the best unit for each digit 0-9, then the second best
            for each, and so on.
        low, high: The least and greatest activation of each for digits drawn with a pen.
        size: Units of the whole layer.
    """

    units: list[int]
    low: list[float]
    high: list[float]
    size: int


class Connections(TypedDict):
    """Connections between two columns.

    Attributes:
        starts: Indices in the column before, from the top; for the first, indices of pixels.
        stops: Indices in the column, from the top.
        weights: Of each connection, scaled so that the largest signal, weight × activation, is 1
            for digits drawn with a pen.
    """

    starts: list[int]
    stops: list[int]
    weights: list[float]


class View(TypedDict):
    """What is drawn of a network: a column for each hidden layer, and connections into each column
    and into the outputs.

    Attributes:
        words: For screen readers.
        outputs: How many there are, one for each class.
        side: Width and height of the image, in pixels.
    """

    columns: list[Column]
    connections: list[Connections]
    words: str
    outputs: int
    side: int


def view(classifier: Classifier) -> View:
    """Choose units and connections."""
    images = _drawn_digits()
    values = classifier.activations(images)
    chosen = [_strongest_units(layer) for layer in values]
    inputs = [inputs_of(images), *values]
    shown: list[NDArray[np.int64]] = [np.arange(INPUTS), *chosen, np.arange(classifier.classes)]
    into = [CONNECTIONS_PER_UNIT] * len(chosen) + [CONNECTIONS_PER_OUTPUT]
    connections = [
        _connections(before[:, starts], kernel[np.ix_(starts, stops)], most)
        for before, kernel, (starts, stops), most in zip(
            inputs, classifier.kernels, pairwise(shown), into, strict=True
        )
    ]
    columns: list[Column] = [
        {
            "units": units.tolist(),
            "low": layer[:, units].min(axis=0).round(4).tolist(),
            "high": layer[:, units].max(axis=0).round(4).tolist(),
            "size": layer.shape[1],
        }
        for units, layer in zip(chosen, values, strict=True)
    ]
    return {
        "columns": columns,
        "connections": connections,
        "words": _in_words(columns, classifier.classes),
        "outputs": classifier.classes,
        "side": IMAGE_SIDE,
    }


def _in_words(columns: list[Column], outputs: int) -> str:
    sizes = ", ".join(f"{column['size']:,}" for column in columns)
    layers = (
        f"{count(len(columns), 'hidden layer')} ({sizes} units)" if columns else "no hidden layer"
    )
    return (
        f"The network: {INPUTS} pixels, {layers}, {outputs} outputs. Of each layer some units are "
        "shown, brighter where they are more active, and their strongest connections: blue where "
        "they excite, orange where they inhibit."
    )


@cache
def _drawn_digits() -> NDArray[np.uint8]:
    """Digits drawn with a pen, at several slants: (10 · 4, 28, 28) uint8, digit by digit."""
    images = []
    for strokes in example_digits.all_digits():
        for slant in SLANTS:
            image = image_from_strokes([line @ [[1, 0], [slant, 1]] for line in strokes])
            assert image is not None
            images.append(image)
    return np.stack(images)


def _strongest_units(values: Floats) -> NDArray[np.int64]:
    """For each digit the units that tell it from the others best, by how much more active they are
    for it than for other digits, in units of their spread. No unit is chosen twice.

    Args:
        values: (digits · slants, units), digit by digit.
    """
    means = values.reshape(CLASSES, -1, values.shape[1]).mean(axis=1)
    spread = means.std(axis=0)
    scores = (means - means.mean(axis=0)) / (spread + 0.1 * spread.max() + 1e-12)
    chosen: list[int] = []
    for _ in range(UNITS_PER_DIGIT):
        best: dict[int, int] = {}  # unit of a digit
        for index in np.argsort(-scores, axis=None, kind="stable").tolist():
            digit, unit = divmod(index, values.shape[1])
            if digit not in best and unit not in best.values() and unit not in chosen:
                best[digit] = unit
            if len(best) == CLASSES:
                break
        chosen += [best[digit] for digit in sorted(best)]
    return np.array(chosen)


def _connections(values: Floats, kernel: Floats, into: int) -> Connections:
    """The strongest connections into each unit, by the standard deviation of their signals.

    Args:
        values: (images, units before).
        kernel: (units before, units).
        into: How many lead into each.
    """
    strength = values.std(axis=0)[:, None] * abs(kernel)
    starts = np.argsort(-strength, axis=0, kind="stable")[:into]
    stops = np.broadcast_to(np.arange(kernel.shape[1]), starts.shape)
    weights = kernel[starts, stops]
    largest = np.abs(values[:, starts] * weights).max(initial=1e-12)
    return {
        "starts": starts.ravel().tolist(),
        "stops": stops.ravel().tolist(),
        "weights": (weights / largest).round(5).ravel().tolist(),
    }
