"""Labels that may be wrong, by the networks' out-of-sample answers, and what people think of them.

Each label is scored by its normalised margin (Kuan & Mueller 2022, "Model-agnostic label quality
scoring to detect real-world label errors"), as cleanlab's ``get_label_quality_scores(…,
method="normalized_margin")`` has it. The confident joint (Northcutt, Jiang & Chuang 2021),
cleanlab's usual filter, asks that another digit be given at least as surely as it is on average,
99 % with networks that are nearly always right, and so passes over what they plainly dispute.
"""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mnist_core.evaluation.metrics import Evaluation, EvaluationError
from mnist_core.runs import environment, files

Opinion = Literal["wrong", "right"]
OPINIONS: tuple[Opinion, ...] = ("wrong", "right")
DOUBT = 0.25
"""Quality below which a label is doubtful: another digit leads by more than half of all chances."""

_writing = threading.Lock()  # each visitor is served in a thread


class Doubtful(NamedTuple):
    """Digits whose label may be wrong, the most doubtful first."""

    indices: NDArray[np.int64]  # (k,)
    suggested: NDArray[np.uint8]  # (k,) what the label might be instead
    label_share: NDArray[np.float32]  # (k,) probability that the networks give to the label


def doubtful_labels(labels: NDArray[np.uint8], probabilities: NDArray[np.float32]) -> Doubtful:
    """Digits whose label has a quality below ``DOUBT``.

    Args:
        labels: (n,) uint8.
        probabilities: (n, 10) out-of-sample: of networks that did not learn from these digits.

    Returns:
        Sorted by the quality of the label, lowest first.
    """
    rows = np.arange(labels.size)
    given, others = probabilities[rows, labels], probabilities.copy()
    others[rows, labels] = -1
    quality = (given - others.max(axis=1) + 1) / 2
    found = np.flatnonzero(quality < DOUBT)
    found = found[np.argsort(quality[found], kind="stable")]
    suggested = others[found].argmax(axis=1).astype(np.uint8)
    return Doubtful(found, suggested, given[found].astype(np.float32))


def mean_probabilities(evaluations: list[Evaluation]) -> NDArray[np.float32]:
    """The mean of several networks' probabilities for the same digits, (n, 10) float32.

    Raises:
        EvaluationError: they are of different digits.
    """
    first = evaluations[0]
    if any(not np.array_equal(first.labels, other.labels) for other in evaluations):
        raise EvaluationError("The evaluations are of different digits; evaluate them anew.")
    return np.mean([e.probabilities for e in evaluations], axis=0, dtype=np.float64).astype(
        np.float32
    )


def opinions(dataset_name: str) -> dict[int, Opinion]:
    """What people said of the data's test labels, by the digit's index."""
    stored = _read().get(dataset_name, {})
    return {int(index): opinion for index, opinion in stored.items() if opinion in OPINIONS}


def set_opinion(dataset_name: str, index: int, opinion: Opinion | None) -> None:
    """Keep an opinion beside the users' runs; None takes it back.

    Raises:
        ValueError: it is no opinion.
    """
    if opinion is not None and opinion not in OPINIONS:
        raise ValueError(f"The opinion is {opinion!r}; expected 'wrong', 'right' or None.")
    file = _file()
    file.parent.mkdir(parents=True, exist_ok=True)
    with _writing:
        everything = _read()
        of_these = everything.setdefault(dataset_name, {})
        of_these.pop(str(index), None)
        if opinion is not None:
            of_these[str(index)] = opinion
        files.write_json(file, everything)


def without_doubtful(
    evaluation: Evaluation, doubtful: NDArray[np.int64], said: dict[int, Opinion]
) -> NDArray[np.bool_]:
    """Which digits are left when those with doubtful labels are put aside.

    People decide: a label that someone called right stays, one that someone called wrong goes.

    Returns:
        (n,) bool.
    """
    aside = np.zeros(evaluation.labels.size, bool)
    aside[doubtful] = True
    for index, opinion in said.items():
        if index < aside.size:
            aside[index] = opinion == "wrong"
    return ~aside


def _file() -> Path:
    return environment.runs_directory() / "label-opinions.json"


def _read() -> dict[str, dict[str, str]]:
    try:
        stored = json.loads(_file().read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return {}  # none yet, or damaged: written anew with the next opinion
    return stored if isinstance(stored, dict) else {}
