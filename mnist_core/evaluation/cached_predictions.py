"""A run's predictions for a split of the data, which are computed once, then cached beside the run.

    evaluation.npz                     the test set, written at the end of training
    evaluation-<split>.npz             validation or training digits, or another data set's test set
    evaluation-<split>-<epoch>.npz     the same with the weights saved after an epoch

The last two lie in the run's `cache.directory`.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mnist_core.config.config import TrainingConfig
from mnist_core.config.progress import Report, in_chunks, no_report
from mnist_core.digits.datasets.dataset import Dataset
from mnist_core.digits.datasets.splits import validation_split
from mnist_core.evaluation.metrics import Evaluation, EvaluationError
from mnist_core.network.inference import Classifier
from mnist_core.runs import cache, files
from mnist_core.runs.run import Run

SplitName = Literal["test", "validation", "train"]
SPLIT_WORDS: dict[SplitName, str] = {
    "test": "test",
    "validation": "validation",
    "train": "training",
}
"""Names of the splits on screen."""


@dataclass(frozen=True, eq=False)
class Split:
    """The test, validation or training digits.

    Attributes:
        name: "test", "validation" or "train".
        source: (m, 28, 28) uint8, all images of the test set or of the training set.
        indices: (n,) int64, where this split's digits are in `source`, ascending.
        labels: (n,) uint8.
    """

    name: SplitName
    source: NDArray[np.uint8]
    indices: NDArray[np.int64]
    labels: NDArray[np.uint8]

    def images(self, positions: NDArray[np.int64] | slice = slice(None)) -> NDArray[np.uint8]:
        """(k, 28, 28) uint8: the images at these positions of the split, 0 to n - 1."""
        return self.source[self.indices[positions]]

    def position(self, index: int) -> int | None:
        """The position in the split of the digit `source[index]`; None if it is in another."""
        position = int(np.searchsorted(self.indices, index))
        found = position < self.indices.size and self.indices[position] == index
        return position if found else None


def split_of(dataset: Dataset, name: SplitName, config: TrainingConfig) -> Split:
    """A split of the data; training and validation digits are separated as in the run's
    training."""
    if name == "test":
        return Split(name, dataset.x_test, np.arange(len(dataset.y_test)), dataset.y_test)
    train, validation = validation_split(dataset.y_train, config.validation_split, config.seed)
    indices = validation if name == "validation" else train
    return Split(name, dataset.x_train, indices, dataset.y_train[indices])


def cache_path(run: Run, name: SplitName, epoch: int | None = None) -> Path:
    """The cache file for a split; for the final weights, or for those after `epoch`."""
    after = "" if epoch is None else f"-{epoch:03d}"
    return cache.directory(run) / f"evaluation-{name}{after}.npz"


def weights_path(run: Run, epoch: int | None = None) -> Path:
    """The file of the final weights, or of those after `epoch`."""
    return run.weights_path if epoch is None else run.epoch_path(epoch)


def load_classifier(run: Run, epoch: int | None = None) -> Classifier:
    """The run's network with its final weights, or those after an epoch.

    Raises:
        FileNotFoundError: There are no such weights.
        WeightsError: They are damaged, or of a network with other outputs.
    """
    return Classifier.load(weights_path(run, epoch), len(run.config.class_names))


def load_evaluation(
    run: Run, split: Split, dataset_name: str, epoch: int | None = None
) -> Evaluation | None:
    """The cached evaluation; None if there is none, or only one for other digits or weights."""
    paths = [cache_path(run, split.name, epoch)]
    if split.name == "test" and epoch is None:
        paths.insert(0, run.evaluation_path)
    for path in filter(Path.exists, paths):
        try:
            result = Evaluation.load(path)
        except EvaluationError:
            continue  # damaged: it will be replaced
        same = result.dataset == dataset_name and result.classes == len(run.config.class_names)
        same = same and np.array_equal(result.labels, split.labels)
        if same and _of_weights(result, path, run, epoch):
            return result
    return None


def _of_weights(result: Evaluation, path: Path, run: Run, epoch: int | None) -> bool:
    """Whether the weights that are there now predicted this."""
    if path == run.evaluation_path and (run.pretrained or result.weights is None):
        # A shipped network is installed whole, and its weights.npz, which `weights` is of, is left
        # out; earlier versions' trainings wrote the weights and this file, without `weights`.
        return True
    return result.weights == files.checksum(weights_path(run, epoch))


def evaluate(
    run: Run,
    split: Split,
    dataset_name: str,
    epoch: int | None = None,
    report: Report = no_report,
) -> Evaluation:
    """The cached evaluation, or a new one, which is cached if the disk allows it: see `compute`."""
    if (cached := load_evaluation(run, split, dataset_name, epoch)) is not None:
        return cached
    result = compute(run, split, dataset_name, epoch, report)
    with suppress(OSError):  # if nothing can be written, it is computed each time
        cache.make_directory(run)
        result.save(cache_path(run, split.name, epoch))
    return result


def compute(
    run: Run,
    split: Split,
    dataset_name: str,
    epoch: int | None = None,
    report: Report = no_report,
) -> Evaluation:
    """Evaluate a run's network.

    Args:
        run: The run whose network predicts.
        split: The digits.
        dataset_name: The name of the `Dataset`.
        epoch: Use the weights after this epoch; None for the final ones.
        report: Called with the share done, 0 to 1.

    Raises:
        FileNotFoundError: There are no such weights.
        WeightsError: They are damaged.
        EvaluationError: They are so large that the network's outputs are not probabilities.
    """
    weights = files.checksum(weights_path(run, epoch))
    classifier = load_classifier(run, epoch)
    chunks = []
    for chunk in in_chunks(split.labels.size, report):
        chunks.append(classifier.probabilities(split.images(chunk)))
    return Evaluation(split.labels, np.concatenate(chunks), dataset_name, split.name, weights)
