"""How well the app reads pictures that people took or drew to try models of their own.

The archive holds manifest.csv (file, label, kind and repository of each picture; a file's name
begins with its source's number) and the pictures. Each is read as an upload to the app would be. A
picture that is rejected, or in which nothing is found, counts as a failure; an unsure answer counts
by its most likely digit, and several digits are wrong. A baseline is given for
comparison: the few lines that anyone would write, with the same network, which reject nothing.
"""

from __future__ import annotations

import csv
import io
import time
import zipfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from mnist_core.config.sizes import IMAGE_SIDE
from mnist_core.digits.mnist_format import NothingToClassify, centre_mass, crop, scale
from mnist_core.digits.photos.picture_file import ImageError
from mnist_core.digits.photos.sheet import rim
from mnist_core.predict.answer import Number
from mnist_core.predict.predictor import Predictor

NETWORK = "champion"
DATA_SET = "data set"
KINDS = {
    "28 drawn": "drawn on a screen, most saved as 28×28 pixels",
    "drawn": "drawn on a screen, larger",
    "28 paper": "written on paper, most saved as 28×28 pixels",
    "scan": "written on paper, scanned",
    "photo": "written on paper, photographed",
    "Semion-Digits": "Semeion: 16×16 pixels, stretched to fill them",
    "ARDIS": "ARDIS: Swedish church registers",
}
"""The archive's kinds, and the repositories of its data sets, in words."""

Outcome = Literal["right", "wrong", "rejected", "nothing"]


@dataclass(frozen=True)
class Picture:
    """A picture in the archive: its file's name, its digit, its kind, and the file's content."""

    file: str
    label: int
    kind: str
    content: bytes

    @property
    def source(self) -> int:
        """The number of the person or data set that it comes from."""
        return int(Path(self.file).name.split("-")[0])


@dataclass(frozen=True)
class Result:
    """The app's outcome for a picture, whether the baseline read it correctly, and the processor
    time that the app took, in seconds."""

    picture: Picture
    outcome: Outcome
    baseline_right: bool
    seconds: float


def pictures(archive: Path) -> list[Picture]:
    """All pictures of the archive; each data set is a kind of its own, named by its repository."""
    with zipfile.ZipFile(archive) as files:
        rows = csv.DictReader(io.TextIOWrapper(files.open("manifest.csv"), "utf-8"))
        return [
            Picture(
                row["file"],
                int(row["label"]),
                row["repository"].split("/")[-1] if row["kind"] == DATA_SET else row["kind"],
                files.read(row["file"]),
            )
            for row in rows
        ]


def in_mnist_form(content: bytes) -> NDArray[np.uint8]:
    """The baseline's image, (28, 28) uint8: Otsu's threshold, ink being what the rim has less of;
    crop; shrink."""
    shades = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert("L"))
    counts = np.bincount(shades.ravel(), minlength=256)
    below, sums = counts.cumsum(), (counts * np.arange(256)).cumsum()
    above = below[-1] - below
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = sums / below - (sums[-1] - sums) / above
    light = shades > np.nan_to_num(below * above * gap**2, posinf=0, neginf=0).argmax()
    ink = (~light if rim(light).mean() >= 0.5 else light).astype(float)
    if not ink.any():
        return np.zeros((IMAGE_SIDE, IMAGE_SIDE), np.uint8)
    return centre_mass(np.clip(scale(crop(ink)), 0, 1))


def outcome(predictor: Predictor, picture: Picture) -> Outcome:
    """The app's outcome for a picture."""
    try:
        answer = predictor.answer_photo(picture.content)
    except ImageError:
        return "nothing"
    if isinstance(answer, NothingToClassify):
        return "nothing"
    if isinstance(answer, Number):
        return "wrong"
    if answer.verdict.digit is None:
        return "rejected"
    return "right" if answer.verdict.digit == picture.label else "wrong"


def measure(predictor: Predictor, chosen: Iterable[Picture]) -> list[Result]:
    """Read each picture with the app and with the baseline."""
    results = []
    for picture in chosen:
        start = time.process_time()
        app = outcome(predictor, picture)
        seconds = time.process_time() - start
        image = in_mnist_form(picture.content)[np.newaxis]
        baseline = int(predictor.classifier.probabilities(image)[0].argmax())
        results.append(Result(picture, app, baseline == picture.label, seconds))
    return results


def table(results: list[Result]) -> dict[str, dict[str, float]]:
    """By kind: the number of pictures; the shares, 0 to 1, that the app reads correctly, rejects,
    and finds nothing in; the share that the baseline reads correctly; and the app's median time in
    ms."""
    rows = {}
    kinds, known = {result.picture.kind for result in results}, list(KINDS)
    for kind in sorted(kinds, key=lambda k: (known.index(k) if k in KINDS else len(known), k)):
        group = [result for result in results if result.picture.kind == kind]
        counts = Counter(result.outcome for result in group)
        rows[kind] = {
            "pictures": len(group),
            "right": counts["right"] / len(group),
            "rejected": counts["rejected"] / len(group),
            "nothing": counts["nothing"] / len(group),
            "baseline": float(np.mean([result.baseline_right for result in group])),
            "ms": 1000 * float(np.median([result.seconds for result in group])),
        }
    return rows
