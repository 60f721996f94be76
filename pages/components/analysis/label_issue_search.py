"""Which test labels the networks doubt; found once and shared by pages and visitors."""

from __future__ import annotations

from contextlib import suppress

from mnist_core.evaluation import label_issues
from mnist_core.evaluation.label_issues import LabelIssues
from mnist_core.evaluation.metrics import EvaluationError
from mnist_core.network.inference import WeightsError
from mnist_core.runs.run import Run
from pages.components.analysis.split_predictions import (
    SplitPredictions,
    other_networks,
    predict_split,
)
from pages.components.shell.background import result_of

PAGE_SIZE = 12  # label issues shown on one page
MOST_NETWORKS = 8
LEAST_ACCURACY = 0.9  # what a worse network doubts is mostly its own error


def accurate_networks(mine: SplitPredictions) -> list[SplitPredictions]:
    """This network and others for the same digits, as each may err in its own way.

    Only those with an accuracy of at least `LEAST_ACCURACY`; if there is none, this one alone.
    """
    networks = [mine]
    for other in other_networks(mine.run)[: MOST_NETWORKS - 1]:
        with suppress(
            WeightsError, EvaluationError, OSError
        ):  # one that cannot be read is not asked
            networks.append(predict_split(other, mine.data, mine.split))
    return [one for one in networks if one.evaluation.accuracy >= LEAST_ACCURACY] or [mine]


def find_label_issues(networks: list[SplitPredictions]) -> LabelIssues:
    """Digits whose labels these networks doubt, by the mean of their probabilities.

    Args:
        networks: Predictions for the same digits, of at least one network.
    """
    first = networks[0]
    return result_of(
        ("label-issues", first.data.name, *(network.weights for network in networks)),
        lambda report: label_issues.find_label_issues(
            first.split.labels,
            label_issues.mean_probabilities([network.evaluation for network in networks]),
        ),
        "Looking for label issues",
    )


def doubtful_indices(mine: SplitPredictions) -> frozenset[int]:
    """Indices of the digits in this split with doubtful labels: none but test digits, as the
    networks were trained on the others."""
    return frozenset(_indices(mine.run, mine))


def page_of(run: Run, index: int, mine: SplitPredictions) -> int | None:
    """The page of label issues, from 1, that shows this digit while `run` is in use; None if its
    label is not doubtful."""
    indices = _indices(run, mine)
    return indices.index(index) // PAGE_SIZE + 1 if index in indices else None


def _indices(run: Run, mine: SplitPredictions) -> list[int]:
    if mine.split.name != "test":
        return []
    final = predict_split(run, mine.data, mine.split)  # not an epoch's
    return find_label_issues(accurate_networks(final)).indices.tolist()
