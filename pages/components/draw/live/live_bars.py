"""Bars, digit and preview that follow the pen: live_bars.js computes them in the browser.

It writes into the elements of `widgets.probability_bars`. Where it can't run, Python's answer
still comes at the end of every stroke; where it has no weights yet, for the living network, too.
mnist_format.js and inference.js do again what from_strokes and inference do in Python;
tests/javascript/golden.json holds both to the same results.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import logging
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.config.config import LEAKY_RELU_SLOPE
from mnist_core.config.pen import PEN_WIDTH
from mnist_core.config.sizes import IMAGE_SIDE, INK_SIDE, MAX_LEVEL
from mnist_core.digits.drawings import fabric, from_strokes
from mnist_core.digits.drawings.strokes import Stroke
from mnist_core.evaluation.internals import diagram_units
from mnist_core.network.inference import Classifier
from mnist_core.predict.answer import Answer, Number, Prediction
from mnist_core.predict.predictor import Predictor
from mnist_core.runs import environment, store
from mnist_core.runs.files import replacing
from mnist_core.runs.run import Run
from pages.components.draw.canvas import canvas
from pages.components.draw.canvas_answer import CanvasAnswer
from pages.components.shell import networks, served_folder, served_weights
from pages.components.shell.background import Key
from pages.components.shell.javascript import invisible, waiting_component

logger = logging.getLogger(__name__)

HTML = """<canvas class="living-network" role="img"></canvas>
<p class="network-legend">Blue lines excite a unit (a neuron), orange lines inhibit it. Click a unit
to look inside it.</p>"""

AFTER_STROKES = "This network can't follow the pen: the bars change after each stroke."
MAX_BYTES = 200_000_000  # of all files together; the oldest go first
MAX_WEIGHTS = 6_000_000  # what a phone multiplies in a few milliseconds

# What mnist_format.js and canvas_brush.js have to know.
FORM = {
    "max_level": MAX_LEVEL,
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


@dataclass(frozen=True)
class Published:
    """A network that the browser can fetch.

    Attributes:
        name: Of its files in `environment.published_directory()`, without ".json", what the browser
            must know of it, and ".bin.gz", its weights. It changes with them, so that browsers may
            keep what they have fetched.
        address: Below which the browser finds them, from `served_folder.address`.
        units: Of each hidden layer those that are drawn.
    """

    name: str
    address: str
    units: list[list[int]]


def publish(run: Run, classifier: Classifier) -> Published | None:
    """Have Streamlit serve a network.

    Args:
        run: The run that the network belongs to.
        classifier: Its network.

    Returns:
        None where the network is too large to follow a pen, or where the disk takes no file.
    """
    if sum(kernel.size for kernel in classifier.kernels) > MAX_WEIGHTS:
        return None
    weights = networks.weights_key(run)
    try:
        found = _published(run.id, classifier, weights)
        if not all(file.exists() for file in _files(found.name)):  # tidied away, or by hand
            _published.clear()
            found = _published(run.id, classifier, weights)
    except OSError as error:
        logger.warning("No bars follow the pen: %s", error)
        return None
    return found


def _files(name: str) -> list[Path]:
    directory = environment.published_directory()
    return [directory / f"{name}{suffix}" for suffix in (".json", ".bin.gz")]


def architecture(classifier: Classifier) -> Architecture:
    """The network's architecture, for inference.js."""
    return {
        "widths": [len(classifier.kernels[0]), *map(len, classifier.biases)],
        "activations": list(classifier.activation_names),
        "leaky_relu_slope": LEAKY_RELU_SLOPE,
    }


@st.cache_resource(show_spinner=False)
def _published(run_id: str, _classifier: Classifier, weights: Key) -> Published:
    """Write a network where Streamlit serves files, under a name made from the content.

    Streamlit's own media store drops a file when its visitor turns to another page, while the
    browser may still be fetching it.
    """
    view = diagram_units.view(_classifier)
    description = json.dumps({**architecture(_classifier), "view": view}).encode()
    # Of weights in another form Streamlit would make this one for each browser that fetches them.
    contents = (description, gzip.compress(packed(_classifier), mtime=0))
    directory, folder = environment.published_directory(), environment.published_weights(run_id)
    folder.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(b"".join(contents)).hexdigest()[:32]
    name = f"{folder.relative_to(directory).as_posix()}/{digest}"
    for file, content in zip(_files(name), contents, strict=True):
        with replacing(file) as unfinished:
            unfinished.write_bytes(content)
    _tidy()
    address = served_folder.address(served_weights.NAME, directory)
    return Published(name, address, [column["units"] for column in view["columns"]])


def _tidy() -> None:
    """Delete the networks of runs that another server has deleted, and the oldest that are too
    many."""
    for folder in environment.published_weights("any").parent.iterdir():
        if not store.exists(folder.name):
            shutil.rmtree(folder, ignore_errors=True)
    taken, found = 0, environment.published_directory().glob("*/*/*.bin.gz")
    for file in sorted(found, key=lambda file: -file.stat().st_mtime_ns):
        taken += file.stat().st_size
        if taken > MAX_BYTES:
            file.unlink(missing_ok=True)
            file.with_name(file.name.replace(".bin.gz", ".json")).unlink(missing_ok=True)


def packed(classifier: Classifier) -> bytes:
    """The weights as inference.js reads them: kernel (inputs, units) and bias of each layer in
    turn, little-endian float16."""
    layers = zip(classifier.kernels, classifier.biases, strict=True)
    limit = np.finfo(np.float16).max
    numbers = [np.clip(array, -limit, limit).ravel() for layer in layers for array in layer]
    return np.concatenate(numbers).astype("<f2").tobytes()


def send_script() -> None:
    """Send the script of `live_bars`, once with the page, outside of the fragment that calls it."""
    invisible(__file__, "live-bars-script")


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
        "network": network and f"{network.address}/{network.name}",
        "form": FORM,
        "strokes": [] if canvas.is_finished() else _coordinates(found.strokes),
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
    shown_network = waiting_component(__file__, HTML)(
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
