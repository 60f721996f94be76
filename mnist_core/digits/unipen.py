"""Strokes from UNIPEN text, a format for pen recordings (Guyon et al. 1994, "UNIPEN project of
on-line data exchange and recognizer benchmarks")."""

from __future__ import annotations

import gzip
import re
import zlib
from pathlib import Path

import numpy as np

from mnist_core.digits.strokes import MAX_COORDINATE, Stroke, StrokeError

MAX_BYTES = 100_000_000


def read_unipen(source: Path | str) -> list[tuple[str, list[Stroke]]]:
    """Labelled drawings.

    `.SEGMENT … "label"` opens a drawing; `.PEN_DOWN` and `.PEN_UP` enclose a stroke of lines
    "x y". Other statements are ignored. UNIPEN's y grows upwards; here it grows downwards.

    Args:
        source: A file (a `Path`; gzip, too) or the text itself.

    Returns:
        (label, strokes) for each segment that has strokes.

    Raises:
        StrokeError: The file can't be read, or a line is not what it should be.
    """
    text = _text(source) if isinstance(source, Path) else source
    drawings: list[tuple[str, list[Stroke]]] = []
    stroke: list[tuple[float, float]] | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith(".SEGMENT"):
            label = re.search(r'"([^"]*)"', line)
            if label is None:
                raise StrokeError(f'Line {number} should end in a label such as "7": {line:.60}')
            drawings.append((label[1], []))
        elif line.startswith(".PEN_DOWN"):
            stroke = []
        elif line.startswith(".PEN_UP"):
            if stroke and drawings:
                drawings[-1][1].append(np.array(stroke))
            stroke = None
        elif stroke is not None and not line.startswith(".") and line.strip():
            stroke.append(_point(line, number))
    return [(label, strokes) for label, strokes in drawings if strokes]


def _text(path: Path) -> str:
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise StrokeError(f"{path} cannot be read: {error}") from error
    if len(content) > MAX_BYTES:
        raise StrokeError(f"{path} has more than {MAX_BYTES:,} bytes.")
    return content.decode("latin-1")


def _point(line: str, number: int) -> tuple[float, float]:
    try:
        x, y = (float(value) for value in line.split()[:2])
    except ValueError:
        raise StrokeError(f'Line {number} should be "x y" and is: {line:.60}') from None
    if not (abs(x) <= MAX_COORDINATE and abs(y) <= MAX_COORDINATE):
        raise StrokeError(f"Line {number} has a coordinate beyond ±100,000: {line:.60}")
    return x, -y
