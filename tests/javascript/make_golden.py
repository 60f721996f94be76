"""Drawings with the images and probabilities that Python makes of them, for both twins to meet.

    python -m tests.javascript.make_golden

writes golden.json anew. tests/javascript/test_python_twin.py reads it for Python, *.test.js for the
browser's mnist_format.js, canvas_brush.js, inference.js and percent.js. It changes only where the
form of images or the arithmetic of a network is meant to change. Formulas make all drawings.
"""

from __future__ import annotations

import base64
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnist_core.config.config import ACTIVATIONS
from mnist_core.config.formatting import percent
from mnist_core.config.sizes import CLASSES, INPUTS
from mnist_core.digits.drawings.fabric import read_fabric
from mnist_core.digits.drawings.from_strokes import digit_from_strokes, image_from_strokes
from mnist_core.digits.mnist_format import NothingToClassify
from mnist_core.evaluation.temperature_scaling import calibrated
from mnist_core.network.inference import Classifier
from pages.components.draw.live.live_bars import FORM
from pages.components.draw.live.published_networks import architecture, packed

PATH = Path(__file__).with_name("golden.json")
WIDTHS = (INPUTS, 12, 8, CLASSES)
TEMPERATURE = 1.7
ACTIVATION_PAIRS = (*((name, name) for name in ACTIVATIONS), ("relu", "tanh"))  # by hidden layer
DECIMATE = 0.4  # Fabric's PencilBrush.decimate

Stroke = NDArray[np.float64]  # (n, 2)


def line(*corners: tuple[float, float], steps: int = 8) -> Stroke:
    """Points along straight pieces, a little unsteady: no sum of theirs lies on a rounding edge."""
    ends = np.array(corners, float)
    t = np.arange(steps)[:, None] / steps
    points = np.concatenate([*(a + t * (b - a) for a, b in pairwise(ends)), ends[-1:]])
    wave = np.arange(len(points))
    return points + np.stack([np.sin(2.3 * wave), np.cos(1.7 * wave)], axis=1)


def spiral(points: int, turns: float) -> Stroke:
    t = np.linspace(0, 1, points)
    angle = 2 * np.pi * turns * t
    radius = 20 + 83 * t
    return np.stack([133 + radius * np.cos(angle), 141 + 0.8 * radius * np.sin(angle)], axis=1)


def moved(stroke: Stroke, scale: float, x: float, y: float) -> Stroke:
    return stroke * scale + (x, y)


SEVEN = line((71, 63), (183, 58), (107, 221))
FIVE = [line((171, 60), (98, 64), (93, 131)), line((95, 128), (160, 139), (171, 190), (90, 213))]
# So heavy on one side that the other is cut off when the centre of mass comes to the middle.
HEAVY = [
    line(*((40 + 37 * (i % 2), 40 + 13.1 * i) for i in range(16))),
    line((236, 130), (241, 161)),
]

DRAWINGS: dict[str, list[Stroke]] = {
    "one stroke": [SEVEN],
    "two strokes": FIVE,
    "wide": [line((33, 140), (140, 171), (251, 133))],
    "tall": [line((140, 20), (131, 150), (149, 259))],
    "small": [moved(SEVEN, 0.1, 200, 20)],
    "just large enough": [np.array([[100.0, 100], [103, 104.1], [101.3, 108]])],
    "far outside of the canvas": [moved(SEVEN, 5, -900, 700)],
    "a speck": [SEVEN, np.array([[251.0, 251], [253.2, 254]])],
    "specks on every side": [
        np.array([[5.0, 130], [6, 131]]),
        SEVEN,
        np.array([[270.0, 20]]),
        np.array([[150.0, 4], [151, 3], [149, 5]]),
    ],
    "a stroke just too large for a speck": [SEVEN, np.array([[230.0, 231], [230.4, 241.3]])],
    "a tap beside a drawing": [SEVEN, np.array([[33.0, 207]])],
    "taps alone": [np.array([[91.0 + 4 * i * i % 37, 40 + 19.3 * i]]) for i in range(9)],
    "a last point close to the one before": [
        np.array([[60.0, 60], [180, 67], [91, 220], [94.6, 218.2]])
    ],
    "a last point far from the others": [np.array([[90.0, 40], [94, 71], [88, 90], [171, 233]])],
    "strokes of two points": [
        np.array([[100.0, 43], [117, 229]]),
        np.array([[95.0, 88], [61, 93]]),
    ],
    "the same point twice": [
        np.array([[100.0, 43], [117, 229], [117, 229]]),
        np.array([[95.0, 88], [95, 88], [61, 93]]),
    ],
    "heavy on the left": HEAVY,
    "heavy on the right": [stroke * (-1, 1) + (280, 0) for stroke in HEAVY],
    "heavy at the top": [stroke[:, ::-1] for stroke in HEAVY],
    "heavy at the bottom": [280 - stroke[:, ::-1] for stroke in HEAVY],
    "a long stroke": [spiral(1500, 7.3)],
    "many strokes": [
        line((60 + 3.7 * i, 50 + 41 * (i % 3)), (75 + 3.1 * i, 150 + 29 * (i % 4)), steps=3)
        for i in range(30)
    ],
    "an empty stroke beside others": [np.empty((0, 2)), SEVEN],
    "several digits beside each other": [moved(SEVEN, 0.5, 0, 20), moved(SEVEN, 0.5, 130, 25)],
    "several digits above each other": [moved(SEVEN, 0.5, 60, -20), moved(SEVEN, 0.5, 57, 120)],
    "blank": [],
    "an empty stroke": [np.empty((0, 2))],
    "a tap": [np.array([[100.0, 100]])],
    "a dot": [np.array([[100.0, 100], [104, 103], [101, 107.9]])],
}

# Pointer positions; mice report whole pixels.
POINTERS: dict[str, list[list[int]]] = {
    "a tap": [[100, 120]],
    "two positions": [[100, 120], [103, 131]],
    "a curve": [[60, 70], [85, 58], [121, 60], [133, 91], [104, 143], [71, 201], [75, 203]],
    "a pause": [[60, 70], [85, 58], [85, 58], [85, 58], [121, 61], [133, 92], [133, 92]],
}


PERCENTS = ((0, 1, False), (0.0004, 1, False), (0.125, 1, False), (0.8754, 1, False),
            (0.99949, 1, False), (0.99951, 1, False), (1, 1, False), (1, 1, True),
            (0.99951, 1, True), (0.5, 1, True), (0.98754, 2, True), (0.99994, 2, False),
            (0.99996, 2, True), (1, 2, True))  # fmt: skip


def fabric_path(points: list[list[int]]) -> list[list[str | int | float]]:
    """The commands that Fabric's PencilBrush makes of pointer positions.

    It drops positions that are closer than DECIMATE to the one kept before; the last but one it
    always drops, the last never. Then it draws curves from middle to middle between positions.
    """
    kept = points[:1]
    for x, y in points[1:-2]:
        if np.hypot(x - kept[-1][0], y - kept[-1][1]) >= DECIMATE:
            kept.append([x, y])
    kept += points[-1:] if len(points) > 1 else []
    path: list[list[str | int | float]] = [["M", *kept[0]]]
    for (x, y), (next_x, next_y) in pairwise(kept):
        path.append(["Q", x, y, (x + next_x) / 2, (y + next_y) / 2])
    return [*path, ["L", *kept[-1]]]


def read_path(path: list[list[str | int | float]]) -> Stroke:
    """The points that Python reads from a path which is where it was drawn."""
    (stroke,) = read_fabric({"objects": [{"type": "path", "path": path, "left": 0, "top": 0}]})
    return stroke - stroke[0] + np.array(path[0][1:], float)


def classifier(activations: tuple[str, ...]) -> Classifier:
    """A small network of weights that float16 holds exactly; its answers differ from digit to
    digit and are not certain."""
    rng = np.random.default_rng(0)
    gains = (2.5, 1.6, 1.8)
    kernels = [
        rng.normal(0, gain * (4 if inputs == INPUTS else 1) / np.sqrt(inputs), (inputs, units))
        for (inputs, units), gain in zip(pairwise(WIDTHS), gains, strict=True)
    ]
    biases = [rng.normal(0, 0.3, units) for units in WIDTHS[1:]]

    def rounded(arrays: list[NDArray[np.float64]]) -> tuple[NDArray[np.float32], ...]:
        return tuple(array.astype(np.float16).astype(np.float32) for array in arrays)

    return Classifier(rounded(kernels), rounded(biases), activations)


def probabilities(classifier: Classifier, image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(10,), calibrated with TEMPERATURE."""
    return calibrated(classifier.probabilities(image[np.newaxis])[0], TEMPERATURE)


def golden() -> dict[str, Any]:
    """The content of the file."""
    networks = {" ".join(names): classifier(names) for names in ACTIVATION_PAIRS}
    first = classifier(ACTIVATION_PAIRS[0])
    drawings = []
    for name, drawn in DRAWINGS.items():
        strokes = [stroke.round(2) for stroke in drawn]
        found = digit_from_strokes(strokes)
        image = image_from_strokes(strokes)
        answers = {
            names: [round(float(share), 7) for share in probabilities(network, image)]
            for names, network in networks.items()
            if image is not None
        }
        drawings.append(
            {
                "name": name,
                "strokes": [stroke.ravel().tolist() for stroke in strokes],
                "kind": found.kind if isinstance(found, NothingToClassify) else "digit",
                "image": None if image is None else [row.tobytes().hex() for row in image],
                "probabilities": answers,
            }
        )
    pointers = []
    for name, points in POINTERS.items():
        path = fabric_path(points)
        stroke = read_path(path).round(6).tolist()
        pointers.append({"name": name, "points": points, "path": path, "stroke": stroke})
    bits = np.arange(0, 0x7C00, 331, dtype=np.uint16)  # of all finite float16, each sign
    bits = np.concatenate([bits, bits | 0x8000])
    return {
        "form": FORM,
        "network": {**architecture(first), "weights": base64.b64encode(packed(first)).decode()},
        "temperature": TEMPERATURE,
        "drawings": drawings,
        "pointers": pointers,
        "percents": [[*given, percent(*given)] for given in PERCENTS],
        "float16": {"bits": bits.tolist(), "values": bits.view(np.float16).astype(float).tolist()},
    }


def in_lines(content: dict[str, Any]) -> str:
    """JSON with a line for each drawing, so that a change shows which drawings it touches."""

    def items(values: list[Any]) -> str:
        return "[\n" + ",\n".join(json.dumps(value) for value in values) + "\n]"

    parts = [
        f"{json.dumps(key)}: {items(value) if isinstance(value, list) else json.dumps(value)}"
        for key, value in content.items()
    ]
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    PATH.write_text(in_lines(golden()), "utf-8")
