"""A visitor's own drawings with their labels, and their file: JSON, nothing pickled.

    {"format": "digit-lab-drawings", "version": 1, "drawings": [
        {"label": 7, "predicted": 1, "network": "leaky-relu", "strokes": [[x0, y0, x1, y1, …], …]}]}

Images are not in the file: they follow from the strokes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnist_core.digits import from_strokes
from mnist_core.digits.strokes import MAX_COORDINATE, MAX_POINTS, MAX_STROKES
from mnist_core.errors import DigitLabError
from mnist_core.network.inference import Classifier

FORMAT, VERSION = "digit-lab-drawings", 1
MOST = 500
"""Drawings in one collection."""
MOST_BYTES = 10_000_000


class CollectionError(DigitLabError, ValueError):
    """A file holds no saved drawings; the message says where, what was found and what is
    expected."""


@dataclass(frozen=True, eq=False)
class Drawing:
    """A labelled drawing.

    Attributes:
        strokes: (n, 2) x, y in canvas pixels with y downwards.
        label: What the visitor says it is, 0 to 9.
        predicted: What the network said; None where it named no digit.
        network: Name of that network.
    """

    strokes: tuple[NDArray[np.float64], ...] = field(repr=False)
    label: int
    predicted: int | None
    network: str

    @cached_property
    def image(self) -> NDArray[np.uint8]:
        """(28, 28) uint8 in MNIST's form; empty where the strokes make no digit."""
        found = from_strokes.image_from_strokes(self.strokes)
        return np.zeros((28, 28), np.uint8) if found is None else found


def images(drawings: Sequence[Drawing]) -> NDArray[np.uint8]:
    """(n, 28, 28) uint8."""
    return np.array([drawing.image for drawing in drawings], np.uint8).reshape(-1, 28, 28)


def labels(drawings: Sequence[Drawing]) -> NDArray[np.uint8]:
    """(n,) uint8."""
    return np.array([drawing.label for drawing in drawings], np.uint8)


def score(drawings: Sequence[Drawing], classifier: Classifier) -> float:
    """Share of the drawings, at least one, that a network calls by their labels."""
    answers = classifier.probabilities(images(drawings)).argmax(axis=1)
    return float((answers == labels(drawings)).mean())


def to_json(drawings: Sequence[Drawing]) -> str:
    """The file's text; `from_json` reads it."""
    entries = [
        {
            "label": drawing.label,
            "predicted": drawing.predicted,
            "network": drawing.network,
            "strokes": [line.round(1).ravel().tolist() for line in drawing.strokes],
        }
        for drawing in drawings
    ]
    return json.dumps({"format": FORMAT, "version": VERSION, "drawings": entries})


def from_json(content: bytes) -> list[Drawing]:
    """Read a file that `to_json` made, trusting nothing in it.

    Raises:
        CollectionError: it is too large, damaged or something else.
    """
    if len(content) > MOST_BYTES:
        raise CollectionError(f"The file has {len(content):,} bytes; at most {MOST_BYTES:,} go.")
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise CollectionError(
            "The file is no JSON; a file saved by “Save my drawings” is expected."
        ) from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise CollectionError(f"The file is no collection: its “format” should be “{FORMAT}”.")
    if data.get("version") != VERSION:
        raise CollectionError(f"The file's version should be {VERSION}.")
    entries = data.get("drawings")
    if not isinstance(entries, list) or len(entries) > MOST:
        raise CollectionError(f"The file should have a list “drawings” of at most {MOST}.")
    return [_drawing(entry, number) for number, entry in enumerate(entries, start=1)]


def _drawing(entry: Any, number: int) -> Drawing:
    where = f"Drawing {number} of the file"
    if not isinstance(entry, dict):
        raise CollectionError(f"{where} should be a JSON object.")
    label, predicted, lines = (entry.get(name) for name in ("label", "predicted", "strokes"))
    if not _is_digit(label):
        raise CollectionError(f"{where} should have a “label” from 0 to 9.")
    if predicted is not None and not _is_digit(predicted):
        raise CollectionError(f"{where} should have “predicted” from 0 to 9, or null.")
    if not isinstance(lines, list) or not 1 <= len(lines) <= MAX_STROKES:
        raise CollectionError(f"{where} should have 1 to {MAX_STROKES:,} “strokes”.")
    network = str(entry.get("network", ""))[:60]
    strokes = tuple(_stroke(line, where) for line in lines)
    if sum(map(len, strokes)) > MAX_POINTS:
        raise CollectionError(f"{where} has more than {MAX_POINTS:,} points.")
    return Drawing(strokes, label, predicted, network)


def _stroke(line: Any, where: str) -> NDArray[np.float64]:
    good = isinstance(line, list) and 2 <= len(line) <= 2 * MAX_POINTS and len(line) % 2 == 0
    if not good or not all(_is_coordinate(value) for value in line):
        raise CollectionError(f"{where} has a stroke that is no list of x0, y0, x1, y1, …")
    return np.array(line, float).reshape(-1, 2)


def _is_digit(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 9


def _is_coordinate(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and abs(value) <= MAX_COORDINATE  # which NaN is not, either
