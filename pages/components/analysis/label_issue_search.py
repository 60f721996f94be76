"""Test digits whose labels the networks contradict; found once, shared by pages and visitors."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from mnist_core.evaluation import label_issues
from mnist_core.evaluation.cached_predictions import Split, evaluate
from mnist_core.evaluation.label_issues import LabelIssues
from mnist_core.evaluation.metrics import Evaluation, EvaluationError
from mnist_core.evaluation.temperature_scaling import calibrated_evaluation
from mnist_core.network.inference import WeightsError
from mnist_core.runs import store
from mnist_core.runs.run import Run
from pages.components.analysis.split_predictions import SplitPredictions
from pages.components.shell import networks
from pages.components.shell.background import Report, Work, result_of, result_when_done

PAGE_SIZE = 12  # label issues shown on one page
MIN_ACCURACY = 0.9  # what a worse network doubts is mostly its own error

Ask = Callable[[tuple[object, ...], Work["LabelSearch"], str], "LabelSearch | None"]


@dataclass(frozen=True, eq=False)
class LabelSearch:
    """What a search found.

    Attributes:
        issues: Digits whose labels the networks doubt.
        accuracies: The accuracies of the networks that were asked, on all digits.
    """

    issues: LabelIssues
    accuracies: tuple[float, ...]


def find_label_issues(predictions: SplitPredictions) -> LabelSearch:
    """Digits of the test set whose labels the shipped networks doubt, by the mean of their
    probabilities; progress is shown while they are computed.

    Networks of visitors come and go, and the list should not. Only networks of the same data with
    an accuracy of at least `MIN_ACCURACY` are asked; if there is none, the one in use.
    """
    search = _find(predictions.run, predictions.split, predictions.data.name, result_of)
    assert search is not None  # `result_of` waits
    return search


def doubtful_indices(predictions: SplitPredictions) -> tuple[int, ...]:
    """Indices of the test digits with doubtful labels, in the order of the page that lists them.

    Empty for another split, as the networks were trained on its digits, and while the search goes
    on, whose progress is then shown.
    """
    if predictions.split.name != "test":
        return ()
    search = _find(predictions.run, predictions.split, predictions.data.name, result_when_done)
    return () if search is None else tuple(search.issues.indices.tolist())


def page_of(index: int, predictions: SplitPredictions) -> int | None:
    """The page of label issues, from 1, that shows this test digit; None if its label is not
    doubtful."""
    indices = doubtful_indices(predictions)
    return indices.index(index) // PAGE_SIZE + 1 if index in indices else None


def _find(run: Run, split: Split, dataset_name: str, ask: Ask) -> LabelSearch | None:
    ready = (network for network in store.list_pretrained() if network.ready)
    shipped = [network for network in ready if network.config.data == run.config.data]
    temperatures = {network: networks.temperature(network) for network in (*shipped, run)}
    versions = (
        (*networks.weights_key(network), temperature)
        for network, temperature in temperatures.items()
    )

    def evaluated(network: Run) -> Evaluation:
        before = evaluate(network, split, dataset_name)
        return calibrated_evaluation(before, temperatures[network])

    def work(report: Report) -> LabelSearch:
        evaluations = []
        for number, network in enumerate(shipped, 1):
            with suppress(WeightsError, EvaluationError, OSError):  # one that can't be read
                evaluations.append(evaluated(network))
            report(number / len(shipped))
        accurate = [evaluation for evaluation in evaluations if evaluation.accuracy >= MIN_ACCURACY]
        accurate = accurate or [evaluated(run)]
        mean = label_issues.mean_probabilities(accurate)
        issues = label_issues.find_label_issues(split.labels, mean)
        return LabelSearch(issues, tuple(evaluation.accuracy for evaluation in accurate))

    return ask(("label-issues", dataset_name, *versions), work, "Looking for label issues")
