"""What a network predicts for files: images, drawings and saved drawings."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, NotRequired, TypedDict

import numpy as np

from mnist_core.config.formatting import percent
from mnist_core.config.sizes import DIGIT_NAMES
from mnist_core.digits.drawings import fabric, user_drawings
from mnist_core.digits.drawings.strokes import Stroke, StrokeError
from mnist_core.digits.mnist_format import NothingToClassify
from mnist_core.predict.answer import Answer, LocatedPrediction, Number
from mnist_core.predict.predictor import Predictor


class DigitPrediction(TypedDict):
    """One of several digits."""

    box: list[float]  # left, top, right and bottom in pixels of the upright picture or the canvas
    digit: int | None
    probabilities: list[float]


class FilePrediction(TypedDict):
    """What `predict --json` prints for each image. The probabilities are calibrated, unless a
    warning says that the network is not."""

    path: str  # with the drawing's number if the file holds saved drawings
    digit: int | None  # also None if there are several digits, or other classes
    name: NotRequired[str]  # of the class, if the network was trained on other classes
    probabilities: list[float] | None
    number: NotRequired[str]  # if there are several digits; "?" for a rejected one
    digits: NotRequired[list[DigitPrediction]]  # in reading order
    turned: NotRequired[int]  # degrees clockwise, if the photo was read on its side
    status: Literal["ok", "unsure", "no digit", "nothing", "error"]
    message: NotRequired[str]  # missing where the status is "ok"


def predictions(paths: list[Path], predictor: Predictor) -> Iterator[FilePrediction]:
    """What a network predicts for files, and for the images and drawings in folders: one prediction
    for each file, or for each drawing in a file of saved drawings."""
    for path in _files(paths):
        yield from _predictions(path, predictor)


def in_words(prediction: FilePrediction) -> str:
    """A prediction for people."""
    if "message" in prediction:
        return prediction["message"]
    shown = [digit["probabilities"] for digit in prediction.get("digits", [])]
    shown = shown or [prediction["probabilities"] or [0.0]]
    confidences = ", ".join(percent(max(probabilities)) for probabilities in shown)
    turned = f", turned by {prediction['turned']}°" if "turned" in prediction else ""
    answer = prediction.get("number", prediction.get("name", prediction["digit"]))
    return f"{answer} ({confidences}{turned})"


def _files(paths: list[Path]) -> list[Path]:
    """The paths, with folders replaced by the images and drawings in them, sorted by name. A folder
    without any stays."""
    from mnist_core.digits.photos.picture_file import (
        EXTENSIONS,  # SciPy's part for images is slow to load
    )

    suffixes = {".json", *(f".{extension}" for extension in EXTENSIONS)}
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = (p for p in path.rglob("*") if p.suffix.lower() in suffixes and p.is_file())
            files += sorted(inside) or [path]
        else:
            files.append(path)
    return files


def _predictions(path: Path, predictor: Predictor) -> Iterator[FilePrediction]:
    """The predictions for a file: one, or one for each drawing of a file of saved drawings."""
    if path.is_dir():
        yield _failure(path, "there is no image or drawing in it")
        return
    try:
        found = _predicted(path, predictor)
    except RecursionError:
        yield _failure(path, "can't be read: its JSON is nested too deeply for a drawing")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        yield _failure(path, f"can't be read: {reason}")
    else:
        for name, prediction in found.items():
            yield _prediction(name, prediction)


def _predicted(path: Path, predictor: Predictor) -> dict[str, Answer | Number]:
    """What the network predicts, by path, and by number for a file of saved drawings.

    Raises:
        OSError, StrokeError, DrawingsFileError, ImageError, RecursionError: It can't be read.
    """
    if path.suffix.lower() != ".json":
        return {str(path): predictor.answer_photo(path.read_bytes())}
    return {name: predictor.answer_strokes(strokes) for name, strokes in _drawings_in(path).items()}


def _drawings_in(path: Path) -> dict[str, Sequence[Stroke]]:
    content = path.read_bytes()
    try:
        data = json.loads(content)
    except ValueError as error:
        raise StrokeError(
            "This is not JSON text. Expected are drawings saved on the Draw page, or one drawing "
            "as Fabric.js writes it."
        ) from error
    if not isinstance(data, dict) or data.get("format") != user_drawings.FORMAT:
        return {str(path): fabric.read_fabric(data)}
    saved = user_drawings.from_json(content)
    if not saved:
        raise StrokeError("There is no drawing in it.")
    return {
        f"{path}, drawing {number}": drawing.strokes
        for number, drawing in enumerate(saved, start=1)
    }


def _failure(path: Path, message: str) -> FilePrediction:
    return {
        "path": str(path),
        "digit": None,
        "probabilities": None,
        "status": "error",
        "message": message,
    }


def _prediction(path: str, answer: Answer | Number) -> FilePrediction:
    made: FilePrediction = {"path": path, "digit": None, "probabilities": None, "status": "ok"}
    if isinstance(answer, NothingToClassify):
        made["status"], made["message"] = "nothing", answer.reason
        return made
    if isinstance(answer, Number):
        made["number"] = answer.text
        made["digits"] = [_located(digit) for digit in answer.digits]
        if not answer.sure:
            made["status"], made["message"] = "unsure", answer.sentence
        return made
    if answer.names == DIGIT_NAMES:
        made["digit"] = answer.verdict.digit
    else:
        made["name"] = answer.symbol
    made["probabilities"] = _rounded(answer.probabilities)
    if answer.assumed and answer.assumed.guessed:
        made["turned"] = answer.assumed.turned
    if answer.verdict.kind != "digit":
        made["status"], made["message"] = answer.verdict.kind, answer.verdict.text
    return made


def _located(located: LocatedPrediction) -> DigitPrediction:
    return {
        "box": [round(edge, 1) for edge in located.box],
        "digit": located.prediction.verdict.digit,
        "probabilities": _rounded(located.prediction.probabilities),
    }


def _rounded(probabilities: np.ndarray) -> list[float]:
    return [round(float(probability), 6) for probability in probabilities]
