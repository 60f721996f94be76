"""Which test labels the networks doubt; found once and shared by pages and visitors."""

from __future__ import annotations

from contextlib import suppress

from mnist_core.evaluation import label_issues
from mnist_core.evaluation.label_issues import LabelIssues
from mnist_core.network.inference import WeightsError
from mnist_core.runs.run import Run
from pages.components.analysis.split_predictions import Answers, other_networks, read_answers
from pages.components.shell.background import result_of

PAGE_SIZE = 12  # doubtful labels that are judged on one page
MOST_NETWORKS = 8
LEAST_RIGHT = 0.9  # of the digits: what a worse network doubts is mostly its own error


def asked_networks(mine: Answers) -> list[Answers]:
    """This network and others, as each may be wrong in its own way: those that are mostly right.
    Where there is none, this one alone."""
    networks = [mine]
    for other in other_networks(mine.run)[: MOST_NETWORKS - 1]:
        with suppress(WeightsError, OSError):  # one that cannot be read is not asked
            networks.append(read_answers(other, mine.data, mine.part))
    return [network for network in networks if network.result.accuracy >= LEAST_RIGHT] or [mine]


def find_doubtful(networks: list[Answers]) -> LabelIssues:
    """Digits whose labels these networks, which all answered to the same ones, doubt."""
    first = networks[0]
    return result_of(
        ("doubtful", first.data.name, *(network.weights for network in networks)),
        lambda report: label_issues.find_label_issues(
            first.part.labels,
            label_issues.mean_probabilities([network.result for network in networks]),
        ),
        "Looking for doubtful labels",
    )


def doubted(mine: Answers) -> frozenset[int]:
    """Indices of the digits among these with doubtful labels; only test labels are doubted,
    as the networks learned from others."""
    return frozenset(_indices(mine.run, mine))


def page_of(run: Run, index: int, mine: Answers) -> int | None:
    """On which page, from 1, the label of this digit can be judged with this network in use; None
    where nobody doubts it."""
    doubtful_ones = _indices(run, mine)
    return doubtful_ones.index(index) // PAGE_SIZE + 1 if index in doubtful_ones else None


def _indices(run: Run, mine: Answers) -> list[int]:
    if mine.part.name != "test":
        return []
    final = read_answers(run, mine.data, mine.part)  # not an epoch's, nor calibrated
    return find_doubtful(asked_networks(final)).indices.tolist()
