"""The stress test: how a network's accuracy falls while digits are made harder to read.

It is measured once, on `DIGITS` of the test digits, and then cached beside the run in
`stress-test.npz`.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from mnist_core.config.progress import Report, no_report
from mnist_core.digits.datasets.dataset import Dataset
from mnist_core.evaluation.cached_predictions import load_classifier
from mnist_core.evaluation.robustness.corruptions import CORRUPTIONS, MNIST_C, SEVERITIES, corrupt
from mnist_core.network.inference import Classifier
from mnist_core.runs import cache, files
from mnist_core.runs.run import Run

DIGITS = 2000  # Test digits, evenly spaced: the halves of the test set are by different writers.
FILE_NAME = "stress-test.npz"
ASKED_NAME = "stress-test.asked"  # exists from when the test is asked for until it is done
_VERSION = 1  # Raise it when a corruption changes: stored results are then measured again.


@dataclass(frozen=True, eq=False)
class StressTest:
    """A network's accuracy on digits that are harder to read.

    Attributes:
        accuracy: (22, 6) float64, 0 to 1: a row for each of `CORRUPTIONS`, in their order, and a
            column for each severity from 0 to 5, where 0 leaves the digits as they are.
        digits: How many test digits were used.
        dataset: "mnist" or "sample".
    """

    accuracy: NDArray[np.float64]
    digits: int
    dataset: str

    def accuracy_by_severity(self, name: str) -> NDArray[np.float64]:
        """(6,) float64: the accuracy at the severities 0 to 5 of one corruption."""
        return self.accuracy[list(CORRUPTIONS).index(name)]

    def error(self, *names: str) -> float:
        """The mean corruption error, 0 to 1: the share of errors, averaged over the five severities
        of each corruption and then over the corruptions; by default over all of them.

        It is the unnormalized corruption error (uCE) of AugMix (Hendrycks et al. 2020,
        arXiv:1912.02781); Hendrycks & Dietterich (2019) divide each error by a reference network's.
        """
        rows = [self.accuracy_by_severity(name)[1:] for name in names or CORRUPTIONS]
        return float(1 - np.mean(rows))

    @property
    def mnist_c_error(self) -> float:
        """The mean corruption error over the fifteen corruptions of MNIST-C."""
        return self.error(*MNIST_C)


def sampled_indices(dataset: Dataset) -> NDArray[np.int64]:
    """The indices of the test digits that are used: (n,) int64, n at most `DIGITS`."""
    size = len(dataset.y_test)
    return np.linspace(0, size - 1, min(DIGITS, size)).round().astype(np.int64)


def load(run: Run, dataset_name: str) -> StressTest | None:
    """The cached stress test; None if there is none for the present weights and this data set."""

    def read(arrays: NpzFile) -> StressTest | None:
        found = StressTest(arrays["accuracy"], int(arrays["digits"]), str(arrays["dataset"]))
        fits = found.accuracy.shape == (len(CORRUPTIONS), SEVERITIES + 1)
        same = arrays["names"].tolist() == list(CORRUPTIONS) and found.dataset == dataset_name
        return found if fits and same else None

    return cache.load(run, FILE_NAME, _made_of(run), read)


def _made_of(run: Run) -> list[int]:
    return [files.checksum(run.weights_path), _VERSION]


def mark_requested(run: Run, requested: bool = True) -> None:
    """Note whether a run's stress test is requested, so that a restarted server goes on with it."""
    with suppress(OSError):  # if nothing can be written, a restart forgets it
        path = cache.make_directory(run) / ASKED_NAME
        path.touch() if requested else path.unlink(missing_ok=True)


def is_requested(run: Run) -> bool:
    """Whether a run's stress test was requested and is not done yet."""
    return (cache.directory(run) / ASKED_NAME).exists()


def measure(run: Run, dataset: Dataset, report: Report = no_report) -> StressTest:
    """The cached stress test of a run, or a new one, which is cached if the disk allows it.

    Args:
        run: A run with weights.
        dataset: The data set whose test digits are corrupted.
        report: Called with the share done, 0 to 1.

    Raises:
        FileNotFoundError: The run has no weights.
        WeightsError: The weights are damaged.
    """
    if cached := load(run, dataset.name):
        return cached
    made_of = _made_of(run)
    test = accuracies(load_classifier(run), dataset, report)
    arrays = {
        "accuracy": test.accuracy,
        "digits": np.array(test.digits),
        "dataset": np.array(test.dataset),
        "names": np.array(list(CORRUPTIONS)),
    }
    cache.save(run, FILE_NAME, made_of, arrays)
    mark_requested(run, False)
    return test


def accuracies(classifier: Classifier, dataset: Dataset, report: Report = no_report) -> StressTest:
    """Measure a network's stress test; see `measure`."""
    chosen = sampled_indices(dataset)
    images, labels = dataset.x_test[chosen], dataset.y_test[chosen]

    def share_right(name: str, severity: int) -> float:
        return classifier.accuracy(corrupt(images, name, severity), labels)

    accuracy = np.empty((len(CORRUPTIONS), SEVERITIES + 1))
    accuracy[:, 0] = share_right(next(iter(CORRUPTIONS)), 0)
    for row, name in enumerate(CORRUPTIONS):
        for severity in range(1, SEVERITIES + 1):
            accuracy[row, severity] = share_right(name, severity)
            report((row * SEVERITIES + severity) / (len(CORRUPTIONS) * SEVERITIES))
    return StressTest(accuracy, len(chosen), dataset.name)
