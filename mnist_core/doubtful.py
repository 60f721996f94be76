"""Labels that may be wrong, by confident learning, and what people think of them.

The method of Northcutt, Jiang & Chuang, "Confident Learning: Estimating Uncertainty in Dataset
Labels" (JAIR 2021), as cleanlab's ``find_label_issues(filter_by="confident_learning")`` has it:
a digit is doubtful where its label is i, but the networks, which never learned from it, call it
j at least as surely as they call what is labelled j.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mnist_core import runs
from mnist_core.evaluation import DIGITS, Evaluation, EvaluationError

Opinion = Literal["wrong", "right"]
OPINIONS: tuple[Opinion, ...] = ("wrong", "right")
_TOLERANCE = 1e-6  # cleanlab's, for comparing probabilities


class Doubtful(NamedTuple):
    """Digits whose label may be wrong, the most doubtful first."""

    indices: NDArray[np.int64]  # (k,)
    suggested: NDArray[np.uint8]  # (k,) what the label might be instead
    label_share: NDArray[np.float32]  # (k,) probability that the networks give to the label


def doubtful_labels(labels: NDArray[np.uint8], probabilities: NDArray[np.float32]) -> Doubtful:
    """Off-diagonal digits of the confident joint.

    Args:
        labels: (n,) uint8.
        probabilities: (n, 10) out-of-sample: of networks that did not learn from these digits.

    Returns:
        Sorted by the probability of the label, lowest first.
    """
    given = probabilities[np.arange(labels.size), labels]
    # How sure the networks are, on average, of a digit with that label.
    sums = np.bincount(labels, given, DIGITS)
    count = np.bincount(labels, minlength=DIGITS)
    thresholds = np.where(count > 0, sums / np.maximum(count, 1), np.inf)
    confident = probabilities >= thresholds - _TOLERANCE
    several = confident.sum(axis=1) > 1
    suggested = np.where(several, probabilities.argmax(axis=1), confident.argmax(axis=1))
    found = np.flatnonzero(confident.any(axis=1) & (suggested != labels))
    found = found[np.argsort(given[found], kind="stable")]
    return Doubtful(found, suggested[found].astype(np.uint8), given[found].astype(np.float32))


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
    everything = _read()
    of_these = everything.setdefault(dataset_name, {})
    of_these.pop(str(index), None)
    if opinion is not None:
        of_these[str(index)] = opinion
    runs.write_json(file, everything)


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
    return runs.runs_directory() / "label-opinions.json"


def _read() -> dict[str, dict[str, str]]:
    try:
        stored = json.loads(_file().read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return {}  # none yet, or damaged: written anew with the next opinion
    return stored if isinstance(stored, dict) else {}
