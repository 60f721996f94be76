"""Label issues: labels that may be wrong, as judged by out-of-sample predictions and by people.

A label's quality is its normalized margin (Kuan & Mueller 2022, "Model-agnostic label quality
scoring to detect real-world label errors"), as in cleanlab's `get_label_quality_scores(…,
method="normalized_margin")`. cleanlab's usual filter, the confident joint (Northcutt, Jiang &
Chuang 2021), is not used: it reports a label only if another digit gets at least the mean
confidence of predictions of that digit. For networks that are nearly always right this is 99 %, so
the filter misses labels that they clearly contradict.
"""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mnist_core.config import settings
from mnist_core.evaluation.metrics import Evaluation, EvaluationError
from mnist_core.runs import environment, ownership
from mnist_core.runs.records import LabelOpinion, RunDamagedError, read_opinions, write_opinions

MIN_QUALITY = 0.25
"""A label of lower quality is an issue: another digit is more probable by over 50 percentage
points."""

logger = logging.getLogger(__name__)

_writing = threading.Lock()  # each visitor is served in a thread


class LabelIssues(NamedTuple):
    """Digits whose labels may be wrong, lowest quality first."""

    indices: NDArray[np.int64]  # (k,)
    suggested: NDArray[np.uint8]  # (k,) the most probable other digit
    label_probability: NDArray[np.float32]  # (k,) what the networks predict for the label


def find_label_issues(labels: NDArray[np.uint8], probabilities: NDArray[np.float32]) -> LabelIssues:
    """Find the digits whose labels have a quality below `MIN_QUALITY`.

    Args:
        labels: (n,) uint8.
        probabilities: (n, 10) float32, out-of-sample: from networks that were not trained on these
            digits.
    """
    rows = np.arange(labels.size)
    given, others = probabilities[rows, labels], probabilities.copy()
    others[rows, labels] = -1
    quality = (given - others.max(axis=1) + 1) / 2
    suspects = np.flatnonzero(quality < MIN_QUALITY)
    suspects = suspects[np.argsort(quality[suspects], kind="stable")]
    suggested = others[suspects].argmax(axis=1).astype(np.uint8)
    return LabelIssues(suspects, suggested, given[suspects].astype(np.float32))


def mean_probabilities(evaluations: list[Evaluation]) -> NDArray[np.float32]:
    """The mean of several networks' probabilities for the same digits, (n, 10) float32.

    Raises:
        EvaluationError: They are of different digits.
    """
    first = evaluations[0]
    if any(not np.array_equal(first.labels, other.labels) for other in evaluations):
        raise EvaluationError("The evaluations are of different digits; evaluate them again.")
    stacked = np.stack([evaluation.probabilities for evaluation in evaluations])
    return stacked.mean(axis=0, dtype=np.float64).astype(np.float32)


def opinions(dataset_name: str, visitor: str | None = None) -> dict[int, str]:
    """Opinions on a data set's test labels, by the digit's index: the visitor's own in the modes
    "class" and "public"; everybody's in the mode "personal" and without a visitor."""
    stored = _read(_file(visitor))
    return {one.index: one.opinion for one in stored if one.dataset == dataset_name}


def set_opinion(
    dataset_name: str, index: int, opinion: str | None, visitor: str | None = None
) -> None:
    """Save an opinion beside the users' runs, see `opinions`; None removes it.

    Raises:
        ConfigError: It is not one of the possible opinions.
    """
    new = [LabelOpinion(dataset_name, index, opinion)] if opinion is not None else []
    file = _file(visitor)
    file.parent.mkdir(parents=True, exist_ok=True)
    with _writing:
        others = [one for one in _read(file) if (one.dataset, one.index) != (dataset_name, index)]
        write_opinions(file, others + new)


def without_label_issues(
    evaluation: Evaluation, issues: NDArray[np.int64], said: dict[int, str]
) -> NDArray[np.bool_]:
    """Which digits remain when those with label issues are removed.

    People have the last word: a digit whose label someone found right stays; one found wrong goes.

    Args:
        evaluation: The evaluation of n digits.
        issues: The indices of those with label issues, as in `LabelIssues`.
        said: People's opinions by index.

    Returns:
        (n,) bool.
    """
    removed = np.zeros(evaluation.labels.size, bool)
    removed[issues] = True
    for index, opinion in said.items():
        if index < removed.size:
            removed[index] = opinion == "wrong"
    return ~removed


def _file(visitor: str | None) -> Path:
    directory = environment.runs_directory()
    if visitor is not None and settings.is_shared():
        directory = ownership.directory_of(visitor)
    return directory / "label-opinions.json"


def _read(file: Path) -> list[LabelOpinion]:
    """All opinions in a file. One that can't be read is put aside, so that the next opinion doesn't
    overwrite it."""
    if not file.exists():
        return []
    try:
        return read_opinions(file)
    except RunDamagedError as error:
        logger.warning("%s", error)
        file.replace(file.with_name(f"{file.name}.damaged"))
        return []
