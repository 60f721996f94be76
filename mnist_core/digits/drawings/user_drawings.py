"""A visitor's own drawings with their labels, and the JSON file in which they are saved.

    {"format": "digit-lab-drawings", "version": 1, "drawings": [
        {"label": 7, "predicted": 1, "network": "leaky-relu", "strokes": [[x0, y0, x1, y1, …], …]}]}

The file holds no images, as they can be computed from the strokes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mnist_core.config.sizes import CLASSES, IMAGE_SIDE
from mnist_core.digits.drawings import from_strokes
from mnist_core.digits.drawings.strokes import MAX_COORDINATE, MAX_POINTS, MAX_STROKES, Stroke
from mnist_core.errors import DigitLabError
from mnist_core.network.inference import Classifier

FORMAT, VERSION = "digit-lab-drawings", 1
MAX_DRAWINGS = 500
"""Most drawings that a visitor can have or a file can hold."""
MAX_BYTES = 10_000_000
_NETWORK_LENGTH = 60  # characters of a network's name, at most


class DrawingsFileError(DigitLabError, ValueError):
    """A file does not hold saved drawings; the message says what is wrong with it and where."""


@dataclass(frozen=True, eq=False)
class Drawing:
    """A labelled drawing.

    Attributes:
        strokes: In canvas pixels.
        label: What the visitor says it is, 0 to 9.
        predicted: The predicted digit; None if it was rejected.
        network: Name of the network that predicted it.
    """

    strokes: tuple[Stroke, ...] = field(repr=False)
    label: int
    predicted: int | None
    network: str

    @cached_property
    def rounded(self) -> tuple[bytes, ...]:
        """The strokes in tenths of a pixel, as they are saved, so that a drawing equals its saved
        copy."""
        return tuple((stroke * 10).round().astype(np.int64).tobytes() for stroke in self.strokes)

    @cached_property
    def image(self) -> NDArray[np.uint8]:
        """(28, 28) uint8 in MNIST's form; blank if the strokes make no digit."""
        image = from_strokes.image_from_strokes(self.strokes)
        return np.zeros((IMAGE_SIDE, IMAGE_SIDE), np.uint8) if image is None else image


def images(drawings: Sequence[Drawing]) -> NDArray[np.uint8]:
    """The drawings' images, (n, 28, 28) uint8."""
    stacked = np.array([drawing.image for drawing in drawings], np.uint8)
    return stacked.reshape(-1, IMAGE_SIDE, IMAGE_SIDE)


def labels(drawings: Sequence[Drawing]) -> NDArray[np.uint8]:
    """The drawings' labels, (n,) uint8."""
    return np.array([drawing.label for drawing in drawings], np.uint8)


def score(drawings: Sequence[Drawing], classifier: Classifier) -> float:
    """The network's accuracy, 0 to 1, on at least one drawing. Drawings that the detector rejects
    count like the others, and no temperature is needed, as it does not change which digit is the
    most likely."""
    return classifier.accuracy(images(drawings), labels(drawings))


def to_json(drawings: Sequence[Drawing]) -> str:
    """The content of a file with these drawings, which `from_json` reads."""
    entries = [
        {
            "label": drawing.label,
            "predicted": drawing.predicted,
            "network": drawing.network,
            "strokes": [stroke.round(1).ravel().tolist() for stroke in drawing.strokes],
        }
        for drawing in drawings
    ]
    return json.dumps({"format": FORMAT, "version": VERSION, "drawings": entries})


def from_json(content: bytes) -> list[Drawing]:
    """Read the content of a file that `to_json` made, checking everything in it.

    Raises:
        DrawingsFileError: It is too large, damaged or not a file of drawings.
    """
    if len(content) > MAX_BYTES:
        raise DrawingsFileError(
            f"The file has {len(content):,} bytes; at most {MAX_BYTES:,} can be read."
        )
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise DrawingsFileError(
            "This is not a Digit Lab drawings file: it is not JSON. “Download my drawings” saves "
            "one."
        ) from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise DrawingsFileError(
            f"This is not a Digit Lab drawings file: its “format” should be “{FORMAT}”."
        )
    if data.get("version") != VERSION:
        raise DrawingsFileError(f"The file's “version” should be {VERSION}.")
    entries = data.get("drawings")
    if not isinstance(entries, list) or len(entries) > MAX_DRAWINGS:
        raise DrawingsFileError(
            f"The file should have a list “drawings” of at most {MAX_DRAWINGS}."
        )
    return [_drawing(entry, number) for number, entry in enumerate(entries, start=1)]


def without_known(drawings: Sequence[Drawing], known: Sequence[Drawing]) -> list[Drawing]:
    """The drawings that are not among the known ones, without duplicates. Two are the same if their
    labels and, to a tenth of a pixel, their strokes are."""
    seen = {(drawing.label, drawing.rounded) for drawing in known}
    new = []
    for drawing in drawings:
        if (drawing.label, drawing.rounded) not in seen:
            seen.add((drawing.label, drawing.rounded))
            new.append(drawing)
    return new


def _drawing(entry: object, number: int) -> Drawing:
    where = f"Drawing {number} of the file"
    if not isinstance(entry, dict):
        raise DrawingsFileError(f"{where} should be a JSON object.")
    label = _digit(entry.get("label"))
    if label is None:
        raise DrawingsFileError(f"{where} should have a “label” from 0 to 9.")
    predicted = _digit(entry.get("predicted"))
    if predicted is None and entry.get("predicted") is not None:
        raise DrawingsFileError(f"{where} should have “predicted” from 0 to 9, or null.")
    lines = entry.get("strokes")
    if not isinstance(lines, list) or not 1 <= len(lines) <= MAX_STROKES:
        raise DrawingsFileError(f"{where} should have 1 to {MAX_STROKES:,} “strokes”.")
    strokes = tuple(_stroke(line, where) for line in lines)
    if sum(map(len, strokes)) > MAX_POINTS:
        raise DrawingsFileError(f"{where} has more than {MAX_POINTS:,} points.")
    return Drawing(strokes, label, predicted, str(entry.get("network", ""))[:_NETWORK_LENGTH])


def _stroke(line: object, where: str) -> Stroke:
    numbers = [_coordinate(value) for value in line] if isinstance(line, list) else []
    if not numbers or len(numbers) % 2 or None in numbers:
        raise DrawingsFileError(f"{where} has a stroke that is not a list of x0, y0, x1, y1, …")
    return np.array(numbers, float).reshape(-1, 2)


def _digit(value: object) -> int | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value < CLASSES else None


def _coordinate(value: object) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return float(value) if abs(value) <= MAX_COORDINATE else None  # also refuses NaN
