"""Bars, digit and preview that follow the pen: live_bars.js computes them in the browser.

It writes into what `prediction` has shown. Where it cannot run, Python's answer still comes at the
end of every stroke.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from mnist_core.network.inference import Classifier
from mnist_core.runs.files import replacing
from mnist_core.runs.run import Run

DIRECTORY = Path(__file__).parents[3] / "static" / "weights"
MOST_FILES = 32  # the oldest go first
MOST_WEIGHTS = 6_000_000  # what a phone multiplies in a few milliseconds


def publish(run: Run, classifier: Classifier) -> dict[str, Any] | None:
    """Have the server hand out a network's weights.

    Args:
        run: Whose network `classifier` is.

    Returns:
        What `live_bars` is to be told: "url" (it changes with the weights, so that browsers may
        keep what they fetched), "widths" of all layers from 784 to 10, and "activations" of the
        hidden ones. None where the network is too large to follow a pen.
    """
    if sum(kernel.size for kernel in classifier.kernels) > MOST_WEIGHTS:
        return None
    weights = run.weights_path
    name = _published(classifier, str(weights), weights.stat().st_mtime_ns)
    if not (DIRECTORY / name).exists():  # tidied away for others, or by hand
        _published.clear()
        name = _published(classifier, str(weights), weights.stat().st_mtime_ns)
    return {
        "url": f"/app/static/{DIRECTORY.name}/{name}",
        "widths": [len(classifier.kernels[0]), *map(len, classifier.biases)],
        "activations": list(classifier.activation_names),
    }


@st.cache_resource(show_spinner=False)
def _published(_classifier: Classifier, path: str, modified: int) -> str:
    """Write the weights where Streamlit serves files; the file's name, by its content.

    Streamlit's own store of media forgets a file when its visitor turns to another page, while the
    browser may still be fetching it.
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
    """Kernel (inputs, units) and bias of each layer in turn, as little-endian float16."""
    layers = zip(classifier.kernels, classifier.biases, strict=True)
    limit = np.finfo(np.float16).max
    numbers = [np.clip(array, -limit, limit).ravel() for layer in layers for array in layer]
    return np.concatenate(numbers).astype("<f2").tobytes()


def live_bars(
    network: dict[str, Any] | None,
    drawing: dict[str, Any],
    strokes: Sequence[np.ndarray],
    *,
    side: int,
    temperature: float = 1.0,
    words: str = "",
    stamp: int = 0,
) -> None:
    """Follow the pen on the canvas. Call it after what it writes into.

    Args:
        network: What `publish` gave.
        drawing: What `canvas` gave.
        strokes: Those of the drawing, each (n, 2) in canvas pixels; new ones are added.
        side: Width and height of the canvas in its pixels.
        temperature: That probabilities are calibrated with.
        words: Python's answer as a sentence, told to screen readers when it changes.
        stamp: Another number at every call, so that the browser hears of an unchanged answer too.
    """
    data = {
        "network": network,
        "strokes": [stroke.round(2).ravel().tolist() for stroke in strokes],
        "count": len(drawing["objects"]),
        "revision": drawing.get("revision", 0),
        "side": side,
        "temperature": temperature,
        "words": words,
        "stamp": stamp,
    }
    _component()(key="live-bars", data=data, height=1)


@cache
def _component():
    return st.components.v2.component(
        "digit_lab_live_bars", js=Path(__file__).with_suffix(".js").read_text("utf-8")
    )
