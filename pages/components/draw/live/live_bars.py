"""Bars, digit and preview that follow the pen: live_bars.js computes them in the browser.

It writes into the elements of `widgets.probability_bars`. Where it can't run, Python's answer
still comes at the end of every stroke; where it has no weights yet, for the living network, too.
mnist_format.js and inference.js do again what from_strokes and inference do in Python;
tests/javascript/golden.json holds both to the same results.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.config.pen import PEN_WIDTH
from mnist_core.config.sizes import IMAGE_SIDE, INK_SIDE, MAX_LEVEL
from mnist_core.digits.drawings import fabric, from_strokes
from mnist_core.digits.drawings.strokes import Stroke
from mnist_core.predict.answer import Answer, Number, Prediction
from mnist_core.predict.predictor import Predictor
from pages.components.draw.canvas import canvas
from pages.components.draw.canvas_answer import CanvasAnswer
from pages.components.draw.live.published_networks import Published
from pages.components.shell.javascript import invisible, waiting_component

HTML = """<canvas class="living-network" role="img"></canvas>
<p class="network-legend">Blue lines excite a unit (a neuron), orange lines inhibit it. Click a unit
to look inside it.</p>"""

AFTER_STROKES = "This network can't follow the pen: the bars change after each stroke."

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
        network: From `published_networks.publish`.
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
    shown_network = waiting_component(__file__, HTML)(
        key="live-bars", data=data, height=1, on_unit_change=lambda: None
    )
    if network is None:
        st.html(f'<div class="network-too-large">{AFTER_STROKES}</div>')
    return shown_network.unit


def _activations(
    predictor: Predictor, image: NDArray[np.uint8], units: list[list[int]]
) -> list[list[float]]:
    """The activations of these units of each hidden layer, for a (28, 28) image."""
    layers = predictor.classifier.activations(image[None])
    return [layer[0, some].round(4).tolist() for layer, some in zip(layers, units, strict=True)]


def _coordinates(strokes: Sequence[Stroke]) -> list[list[float]]:
    """Each stroke as x0, y0, x1, y1, …"""
    return [stroke.round(2).ravel().tolist() for stroke in strokes]


def _words(answer: Answer | Number) -> str:
    if isinstance(answer, Number):
        return answer.sentence
    return answer.verdict.text if isinstance(answer, Prediction) else answer.reason
