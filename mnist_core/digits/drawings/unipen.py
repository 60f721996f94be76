"""Strokes from UNIPEN text, a format for pen recordings (Guyon et al. 1994, "UNIPEN project of
on-line data exchange and recognizer benchmarks")."""

from __future__ import annotations

import gzip
import re
import zlib
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from mnist_core.digits.drawings.strokes import MAX_COORDINATE, MAX_STROKES, Stroke, StrokeError

MAX_BYTES = 100_000_000
_NUMBERS = re.compile(r"\.SEGMENT\s+\S+\s+(\d{1,9}(?:-\d{1,9})?(?:,\d{1,9}(?:-\d{1,9})?)*)\s")


@dataclass(frozen=True)
class _Segment:
    """A `.SEGMENT` statement.

    Attributes:
        line: The number of its line in the file.
        text: The statement without its label.
        label: What the segment shows.
        first: How many strokes precede it in the file.
    """

    line: int
    text: str
    label: str
    first: int


def read_unipen(source: Path | str) -> list[tuple[str, list[Stroke]]]:
    """Read the labelled drawings in UNIPEN text.

    `.SEGMENT … "label"` names a drawing; `.PEN_DOWN` and `.PEN_UP` enclose a stroke of lines such
    as "x y", whose columns the last `.COORD` names. Other statements are ignored. UNIPEN's y points
    up; here it points down.

    If strokes follow each segment, as in UCI's pen digits, they are the segment's. If they come
    before the segments, or after several of them, a segment has the strokes whose numbers it names,
    such as `0-2` or `0,3`, counted from 0 through the file.

    Args:
        source: A file (a `Path`, which may be compressed with gzip) or the text itself.

    Returns:
        (label, strokes) for each segment that has strokes.

    Raises:
        StrokeError: The file can't be read, or a line is not what it should be.
    """
    text = _text(source) if isinstance(source, Path) else source
    segments: list[_Segment] = []
    strokes: list[Stroke] = []
    stroke: list[tuple[float, float]] | None = None
    columns = ["X", "Y"]
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith(".SEGMENT"):
            label = re.search(r'"([^"]*)"', line)
            if label is None:
                raise StrokeError(f'Line {number} should end in a label such as "7": {line:.60}')
            segments.append(_Segment(number, line[: label.start()], label[1], len(strokes)))
        elif line.startswith(".COORD"):
            columns = _columns(line, number)
        elif line.startswith(".PEN_DOWN"):
            stroke = []
        elif line.startswith(".PEN_UP"):
            if stroke is not None:
                strokes.append(np.array(stroke, float).reshape(-1, 2))
            stroke = None
        elif stroke is not None and not line.startswith(".") and line.strip():
            stroke.append(_point(line, number, columns))
    starts = [segment.first for segment in segments]
    if starts and (starts[0] > 0 or any(one == other for one, other in pairwise(starts))):
        by_segment = [[strokes[index] for index in _named(each, len(strokes))] for each in segments]
    else:
        by_segment = [strokes[one:other] for one, other in pairwise([*starts, len(strokes)])]
    drawings = [[stroke for stroke in each if len(stroke)] for each in by_segment]
    return [
        (each.label, drawing) for each, drawing in zip(segments, drawings, strict=True) if drawing
    ]


def _text(path: Path) -> str:
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise StrokeError(f"{path} can't be read: {error}") from error
    if len(content) > MAX_BYTES:
        raise StrokeError(f"{path} has more than {MAX_BYTES:,} bytes.")
    return content.decode("latin-1")


def _columns(line: str, number: int) -> list[str]:
    columns = line.split()[1:]
    if not {"X", "Y"} <= set(columns):
        raise StrokeError(f'Line {number} should name the columns "X" and "Y" and is: {line:.60}')
    return columns


def _point(line: str, number: int, columns: list[str]) -> tuple[float, float]:
    values = line.split()
    if len(values) == 2:  # some files name columns, such as the time T, that they leave out
        columns = [column for column in columns if column in ("X", "Y")]
    try:
        x, y = float(values[columns.index("X")]), float(values[columns.index("Y")])
    except (IndexError, ValueError):
        expected = " ".join(columns).lower()
        raise StrokeError(f'Line {number} should be "{expected}" and is: {line:.60}') from None
    if not (abs(x) <= MAX_COORDINATE and abs(y) <= MAX_COORDINATE):
        raise StrokeError(f"Line {number} has a coordinate beyond ±100,000: {line:.60}")
    return x, -y


def _named(segment: _Segment, count: int) -> list[int]:
    """The numbers of the strokes that a segment names, out of `count`."""
    named = _NUMBERS.match(segment.text)
    if named is None:
        raise StrokeError(
            f"Line {segment.line} should name its strokes by number, such as 0-2 or 0,3, and is: "
            f"{segment.text:.60}"
        )
    numbers: list[int] = []
    for part in named[1].split(","):
        first, _, last = part.partition("-")
        one, other = int(first), int(last or first)
        if not one <= other < count:
            raise StrokeError(
                f"Line {segment.line} should name strokes from 0 to {count - 1} and names {part}."
            )
        numbers.extend(range(one, other + 1))
        if len(numbers) > MAX_STROKES:
            raise StrokeError(f"Line {segment.line} names more than {MAX_STROKES:,} strokes.")
    return numbers
