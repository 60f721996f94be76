"""Bars, digit and preview that follow the pen: live_bars.js computes them in the browser.

It writes into the elements of `widgets.probability_bars`. Where it can't run, Python's answer
still comes at the end of every stroke; where it has no weights yet, for the living network, too.
mnist_format.js and inference.js do again what from_strokes and inference do in Python;
tests/javascript/golden.json holds both to the same results.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.answers import Answer, Number, Prediction
from mnist_core.config.config import LEAKY_RELU_SLOPE
from mnist_core.config.pen import PEN_WIDTH
from mnist_core.config.sizes import IMAGE_SIDE, INK_SIDE
from mnist_core.digits import fabric, from_strokes
from mnist_core.digits.strokes import Stroke
from mnist_core.network.inference import Classifier
from mnist_core.predict import Predictor
from mnist_core.runs.files import replacing
from mnist_core.runs.run import Run
from pages.components.draw import canvas, living_network
from pages.components.draw.canvas_answer import CanvasAnswer
from pages.components.widgets.javascript import component

logger = logging.getLogger(__name__)

DIRECTORY = Path(__file__).parents[3] / "static" / "weights"
AFTER_STROKES = "This network can't follow the pen: the bars change after each stroke."
MOST_FILES = 32  # the oldest go first
MOST_WEIGHTS = 6_000_000  # what a phone multiplies in a few milliseconds

# What mnist_format.js and canvas_brush.js have to know.
FORM = {
    "image_side": IMAGE_SIDE,
    "ink_side": INK_SIDE,
    "pen_width": PEN_WIDTH,
    "drawn_side": from_strokes.DRAWN_SIDE,
    "min_extent": from_strokes.MIN_EXTENT,
    "speck_share": from_strokes.SPECK_SHARE,
    "point_step": from_strokes.POINT_STEP,
    "apart": from_strokes.APART,
    "curve_steps": fabric.CURVE_STEPS,
}


class Architecture(TypedDict):
    """What inference.js has to know of a network beside its weights.

    Attributes:
        widths: Of all layers, from 784 to 10.
        activations: Of the hidden layers, names out of `config.ACTIVATIONS`.
        leaky_relu_slope: LeakyReLU's below 0.
    """

    widths: list[int]
    activations: list[str]
    leaky_relu_slope: float


class PublishedNetwork(Architecture):
    """A network that the browser can fetch.

    Attributes:
        file: Where its weights lie in the folder static/. The name changes with them, so that
            browsers may keep what they have fetched.
        view: What is drawn of it.
    """

    file: str
    view: living_network.View


@dataclass(frozen=True)
class Published:
    """A network that the browser can fetch, once for all strokes.

    Attributes:
        text: The `PublishedNetwork` as JSON: Streamlit would write it twice for each stroke, which
            took 1.3 ms.
        units: Of each hidden layer those that are drawn.
    """

    text: str
    units: list[list[int]]


def publish(run: Run, classifier: Classifier) -> Published | None:
    """Have Streamlit serve a network's weights.

    Args:
        run: The run that the network belongs to.
        classifier: Its network.

    Returns:
        None where the network is too large to follow a pen, or where the disk takes no file.
    """
    if sum(kernel.size for kernel in classifier.kernels) > MOST_WEIGHTS:
        return None
    weights = run.weights_path
    key = (str(weights), weights.stat().st_mtime_ns)
    try:
        name = _published(classifier, *key)
        if not (DIRECTORY / name).exists():  # tidied away for others, or by hand
            _published.clear()
            name = _published(classifier, *key)
    except OSError as error:
        logger.warning("No bars follow the pen: %s", error)
        return None
    return _described(classifier, name, list(classifier.activation_names))


@st.cache_resource(show_spinner=False, max_entries=MOST_FILES)
def _described(_classifier: Classifier, name: str, activations: list[str]) -> Published:
    view = living_network.view(_classifier)
    network: PublishedNetwork = {
        **architecture(_classifier),
        "file": f"{DIRECTORY.name}/{name}",
        "view": view,
    }
    units = [column["units"] for column in view["columns"]]
    return Published(json.dumps(network), units)


def architecture(classifier: Classifier) -> Architecture:
    """The network's architecture, for inference.js."""
    return {
        "widths": [len(classifier.kernels[0]), *map(len, classifier.biases)],
        "activations": list(classifier.activation_names),
        "leaky_relu_slope": LEAKY_RELU_SLOPE,
    }


@st.cache_resource(show_spinner=False)
def _published(_classifier: Classifier, path: str, modified: int) -> str:
    """Write the weights where Streamlit serves files.

    Streamlit's own media store drops a file when its visitor turns to another page, while the
    browser may still be fetching it.

    Returns:
        The file's name, made from its content.
    """
    content = packed(_classifier)
    target = DIRECTORY / f"{hashlib.sha256(content).hexdigest()[:32]}.bin"
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    with replacing(target) as unfinished:
        unfinished.write_bytes(content)
    files = sorted(DIRECTORY.glob("*.bin"), key=lambda file: -file.stat().st_mtime_ns)
    for old in files[MOST_FILES:]:
        old.unlink(missing_ok=True)
    return target.name


def packed(classifier: Classifier) -> bytes:
    """The weights as inference.js reads them: kernel (inputs, units) and bias of each layer in
    turn, little-endian float16."""
    layers = zip(classifier.kernels, classifier.biases, strict=True)
    limit = np.finfo(np.float16).max
    numbers = [np.clip(array, -limit, limit).ravel() for layer in layers for array in layer]
    return np.concatenate(numbers).astype("<f2").tobytes()


def live_bars(
    network: Published | None,
    drawing: dict[str, Any],
    found: CanvasAnswer,
    predictor: Predictor,
    stamp: int,
) -> str | None:
    """Have the bars follow the pen on the canvas. Call it after the elements that it writes into.

    Args:
        network: From `publish`.
        drawing: From `canvas.drawing`.
        found: Python's answer, which screen readers announce when it changes, with the drawing's
            strokes; the browser adds the one being drawn.
        predictor: The network's.
        stamp: Different at every call, so that the browser hears of an unchanged answer too.

    Returns:
        The unit of the living network that was clicked just now, as the address `?unit=` has it.
    """
    seen = found.answer if isinstance(found.answer, Prediction) else None
    data = {
        "network": network and network.text,
        "form": FORM,
        "strokes": _coordinates(found.strokes),
        "count": len(drawing["objects"]),
        "revision": drawing.get("revision", 0),
        "side": canvas.SURFACE_SIDE,
        "resolution": canvas.RESOLUTION,
        "temperature": predictor.temperature,
        "words": _words(found.whole),
        "shown": _coordinates(found.own) if seen else [],
        "activations": _activations(predictor, seen.image, network.units)
        if network and seen
        else [],
        "probabilities": seen.probabilities.tolist() if seen else [],
        "stamp": stamp,
    }
    shown_network = component(__file__, living_network.HTML)(
        key="live-bars", data=data, height=1, on_unit_change=lambda: None
    )
    if network is None:
        st.html(f'<div class="network-too-large">{AFTER_STROKES}</div>')
    return shown_network.unit


def _activations(
    predictor: Predictor, image: NDArray[np.uint8], units: list[list[int]]
) -> list[list[float]]:
    """Of these units of each hidden layer, for a (28, 28) image."""
    layers = predictor.classifier.activations(image[None])
    return [layer[0, some].round(4).tolist() for layer, some in zip(layers, units, strict=True)]


def _coordinates(strokes: Sequence[Stroke]) -> list[list[float]]:
    """Of each stroke x0, y0, x1, y1, …"""
    return [stroke.round(2).ravel().tolist() for stroke in strokes]


def _words(answer: Answer | Number) -> str:
    if isinstance(answer, Number):
        return answer.sentence
    return answer.verdict.text if isinstance(answer, Prediction) else answer.reason
