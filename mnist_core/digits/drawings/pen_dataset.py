"""A data set of labelled drawings, preprocessed as the Draw page preprocesses a drawing."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnist_core.config.config import AddedDrawings
from mnist_core.config.pen import THINNEST_PEN
from mnist_core.config.sizes import IMAGE_SIDE
from mnist_core.digits.drawings import from_strokes, unipen
from mnist_core.digits.drawings.strokes import Stroke, StrokeError
from mnist_core.runs.files import ArraysDamagedError, reading_arrays, save_arrays
from mnist_core.runs.records import DrawingsSource
from mnist_core.runs.run import Run

_WRITER = re.compile(r"^\.SEGMENT.*\n\.COMMENT[ \t]+(\d)[ \t]+(\d{1,4})[ \t]+\d+", re.MULTILINE)
FILE_NAME = "drawings.npz"
"""Name of the file in a run's directory with the drawings that it trains on."""
_ARRAYS = ("images", "labels", "writers", "redrawn", "held_out")  # arrays of `Drawings` in it
_SLANT, _STRETCH = 0.15, 0.15  # largest amounts, before the drawing is scaled


@dataclass(frozen=True, eq=False)
class Drawings:
    """Drawn digits with their labels, in the order of their file.

    Attributes:
        images: (n, 28, 28) uint8 in MNIST's form.
        labels: (n,) uint8, 0–9.
        file: The name of the file that they come from.
        sha256: The SHA-256 of the file's uncompressed text, in hexadecimal.
        writers: (n,) uint16, who drew each, from 1 on; 0 where the file does not say.
        redrawn: (copies, n, 28, 28) uint8, variants to train on, made by `redraw`.
        held_out: (n,) bool, whether each is kept from training.
        skipped: How many drawings of the file show no digit, but are blank or a dot.
    """

    images: NDArray[np.uint8] = field(repr=False)
    labels: NDArray[np.uint8] = field(repr=False)
    file: str
    sha256: str
    writers: NDArray[np.uint16] = field(repr=False)
    redrawn: NDArray[np.uint8] = field(repr=False)
    held_out: NDArray[np.bool_] = field(repr=False)
    skipped: int = 0

    def description(self) -> DrawingsSource:
        """Their record in a run's config.json."""
        return DrawingsSource(self.file, self.sha256, len(self.labels))

    def save(self, path: Path) -> None:
        """Write an .npz file that `load` reads."""
        source = {"name": np.array(self.file), "sha256": np.array(self.sha256)}
        save_arrays(path, {name: getattr(self, name) for name in _ARRAYS} | source)

    @classmethod
    def load(cls, path: Path) -> Drawings:
        """Read what `save` wrote.

        Raises:
            OSError: The file can't be read.
            StrokeError: It is damaged, or was made by another version.
        """
        try:
            with reading_arrays(path) as stored:
                arrays: dict[str, Any] = {name: stored[name] for name in _ARRAYS}
                return cls(file=str(stored["name"]), sha256=str(stored["sha256"]), **arrays)
        except ArraysDamagedError as error:
            raise StrokeError(
                f"{path.name} is damaged or was made by another version of Digit Lab ({error})."
            ) from error


def drawn_by_last_writers(
    writers: NDArray[np.uint16], count: int, file: str = "the file"
) -> NDArray[np.bool_]:
    """Which drawings, (n,) bool, are by the `count` writers with the highest numbers.

    Args:
        writers: (n,), who drew each, from 1 on; 0 where the file does not say.
        count: 0 for none of them.
        file: The file's name, for the message.

    Raises:
        StrokeError: The file does not name its writers, or has no others than these.
    """
    known = np.unique(writers)
    if count and (known[0] == 0 or len(known) <= count):
        raise StrokeError(
            f"{count} writers are to be held out, but {file} "
            + (f"has only {len(known)}." if known[0] else "does not name its writers.")
        )
    return np.isin(writers, known[len(known) - count :])


def held_out_of_training(run: Run, drawn: Drawings) -> NDArray[np.bool_]:
    """Which of these drawings, (n,) bool, were kept from a run's training.

    The run's own drawings.npz says so; a shipped network comes without that file, so there its
    configuration does.

    Raises:
        StrokeError: The run's own file is damaged, or there are fewer writers than were held out.
    """
    added = run.config.drawings
    if added is None or added.sha256 != drawn.sha256:
        return np.ones(len(drawn.labels), bool)
    path = run.directory / FILE_NAME
    if path.exists():
        return Drawings.load(path).held_out
    return drawn_by_last_writers(drawn.writers, added.writers_held_out, drawn.file)


def slanted_and_stretched(strokes: Sequence[Stroke], rng: np.random.Generator) -> list[Stroke]:
    """Slant and stretch a drawing at random, and double its size."""
    slant, tilt = rng.uniform(-_SLANT, _SLANT, 2)
    stretch = np.exp(rng.uniform(-_STRETCH, _STRETCH))
    shape = np.array([[stretch, slant], [tilt, 1.0]])
    # Twice as large, so that a small digit does not become so small here that it passes for a dot.
    return [np.asarray(stroke, float) @ shape.T * 2 for stroke in strokes]


def redraw(
    strokes: Sequence[Stroke], rng: np.random.Generator, thickest_pen: float
) -> NDArray[np.uint8]:
    """Redraw a digit as another hand with another pen might have drawn it, (28, 28) uint8.

    It is slanted and stretched at random, then preprocessed like any drawing, with a pen of random
    width.

    Args:
        strokes: In canvas pixels.
        rng: The source of randomness.
        thickest_pen: In pixels of the image.

    Raises:
        StrokeError: The drawing is blank or a dot.
    """
    image = from_strokes.image_from_strokes(
        slanted_and_stretched(strokes, rng), rng.uniform(THINNEST_PEN, thickest_pen)
    )
    if image is None:
        raise StrokeError("These strokes show no digit: they are blank or a dot.")
    return image


def read_segments(path: Path) -> tuple[list[tuple[str, list[Stroke]]], list[int], str]:
    """The drawings of a UNIPEN file, not preprocessed: (label, strokes) of each; the number of each
    one's writer, from 1, or 0 where the file does not say; and the SHA-256 of the file's text.

    Writers are read from comments like those in UCI's pen digits: a line `.COMMENT label writer
    number` after each `.SEGMENT`.

    Raises:
        StrokeError: The file can't be read or holds no drawings.
    """
    segments = unipen.read_unipen(path)
    if not segments:
        raise StrokeError(f"{path} holds no drawings.")
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        content = file.read()
    comments = _WRITER.findall(content.decode("latin-1"))
    named = [label for label, _ in comments] == [label for label, _ in segments]
    writers = [int(writer) for _, writer in comments] if named else [0] * len(segments)
    return segments, writers, hashlib.sha256(content).hexdigest()


def from_unipen(
    path: Path,
    progress: Callable[[int, int], None] | None = None,
    *,
    copies: int = 0,
    thickest_pen: float = AddedDrawings.thickest_pen,
    seed: int = 0,
    writers_held_out: int = 0,
) -> Drawings:
    """Preprocess the digits of a UNIPEN file as the Draw page does.

    Args:
        path: The file, which may be compressed with gzip.
        progress: Called with the number of drawings done and the number of all.
        copies: How many times each drawing is redrawn.
        thickest_pen: The thickest pen with which they are redrawn, in pixels of the image.
        seed: The same seed redraws them in the same way.
        writers_held_out: Keep from training the drawings of this many writers, those with the
            highest numbers.

    Raises:
        StrokeError: The file can't be read, holds no digits, or has a label other than 0–9; or
            writers are to be held out and it does not name them, or has no others.
    """
    segments, all_writers, sha256 = read_segments(path)
    rng = np.random.default_rng(seed)
    images, labels, writers, redrawn = [], [], [], []
    for number, (label, lines) in enumerate(segments, start=1):
        if not (len(label) == 1 and label in "0123456789"):
            raise StrokeError(
                f'{path}: drawing {number} should be labelled "0" to "9", not {label!r:.20}'
            )
        image = from_strokes.image_from_strokes(lines)
        if image is not None:
            images.append(image)
            labels.append(int(label))
            writers.append(all_writers[number - 1])
            redrawn.append([redraw(lines, rng, thickest_pen) for _ in range(copies)])
        if progress:
            progress(number, len(segments))
    if not images:
        raise StrokeError(f"{path} shows no digit: all its drawings are blank or dots.")
    numbers = np.array(writers, np.uint16)
    variants = np.array(redrawn, np.uint8).reshape(len(images), copies, IMAGE_SIDE, IMAGE_SIDE)
    return Drawings(
        np.array(images),
        np.array(labels, np.uint8),
        path.name,
        sha256,
        numbers,
        variants.swapaxes(0, 1),
        drawn_by_last_writers(numbers, writers_held_out, path.name),
        len(segments) - len(images),
    )
