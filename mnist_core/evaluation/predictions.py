"""What a run answers to the digits of a part of the data, computed once and kept with the run.

    evaluation.npz                   the test set, written by training
    evaluation-<part>.npz            the validation or training digits, or a test set of other data
    evaluation-<part>-<epoch>.npz    the same for the weights after an epoch

A shipped network's files lie under ``.results`` in the users' runs, so that the project's own
directory stays as it was installed.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mnist_core.config.config import TrainingConfig
from mnist_core.digits.dataset import Dataset
from mnist_core.digits.splits import validation_split
from mnist_core.evaluation.metrics import Evaluation, EvaluationError
from mnist_core.network.inference import Classifier
from mnist_core.runs import environment
from mnist_core.runs.run import Run

PartName = Literal["test", "validation", "train"]
CHUNK = 4000  # images between two reports of progress

Report = Callable[[float], None]


@dataclass(frozen=True, eq=False)
class Part:
    """Some of the data's digits.

    Attributes:
        name: "test", "validation" or "train".
        source: (m, 28, 28) uint8, the images of the whole test or training set.
        indices: (n,) int64, places of this part's digits in it, ascending.
        labels: (n,) uint8.
    """

    name: PartName
    source: NDArray[np.uint8]
    indices: NDArray[np.int64]
    labels: NDArray[np.uint8]

    def images(self, positions: NDArray | slice = slice(None)) -> NDArray[np.uint8]:
        """(k, 28, 28) uint8: images of the digits at these positions, 0 to n - 1."""
        return self.source[self.indices[positions]]

    def position(self, index: int) -> int | None:
        """Position of the digit that is at this index of its set; None where it is not here."""
        place = int(np.searchsorted(self.indices, index))
        found = place < self.indices.size and self.indices[place] == index
        return place if found else None


def part(dataset: Dataset, name: PartName, config: TrainingConfig) -> Part:
    """A part of the data as the run's own split makes it."""
    if name == "test":
        return Part(name, dataset.x_test, np.arange(len(dataset.y_test)), dataset.y_test)
    train, validation = validation_split(dataset.y_train, config.validation_split, config.seed)
    indices = validation if name == "validation" else train
    return Part(name, dataset.x_train, indices, dataset.y_train[indices])


def directory(run: Run) -> Path:
    """Where results computed later are kept."""
    return environment.runs_directory() / ".results" / run.id if run.pretrained else run.directory


def prepare_directory(run: Run) -> None:
    """Make the directory for a shipped network's results; that of a deleted run is not made."""
    if run.pretrained:
        directory(run).mkdir(parents=True, exist_ok=True)


def path(run: Run, name: PartName, epoch: int | None = None) -> Path:
    """The file of the results for a part, with the final weights or those after an epoch."""
    after = "" if epoch is None else f"-{epoch:03d}"
    return directory(run) / f"evaluation-{name}{after}.npz"


def weights_path(run: Run, epoch: int | None = None) -> Path:
    """The final weights, or those after an epoch."""
    return run.weights_path if epoch is None else run.epoch_path(epoch)


def stored(run: Run, part: Part, dataset_name: str, epoch: int | None = None) -> Evaluation | None:
    """The kept results where they are of these digits and no older than the weights."""
    files = [path(run, part.name, epoch)]
    if part.name == "test" and epoch is None:
        files.insert(0, run.evaluation_path)
    for file in files:
        own = file == run.evaluation_path  # of a clone, times say nothing
        if not file.exists() or not (own or _newer(file, weights_path(run, epoch))):
            continue
        try:
            result = Evaluation.load(file)
        except EvaluationError:
            continue  # damaged: computed and written anew
        if result.dataset == dataset_name and np.array_equal(result.labels, part.labels):
            return result
    return None


def evaluate(
    run: Run,
    part: Part,
    dataset_name: str,
    epoch: int | None = None,
    report: Report = lambda share: None,
) -> Evaluation:
    """The kept results, or new ones, which are then kept where the disk allows.

    Args:
        run: Whose network to ask.
        part: The digits.
        dataset_name: "mnist" or "sample".
        epoch: Use the weights after this epoch; None for the final ones.
        report: Told the share done, 0 to 1.

    Raises:
        FileNotFoundError: there are no such weights.
        WeightsError: they are damaged.
    """
    if (kept := stored(run, part, dataset_name, epoch)) is not None:
        return kept
    classifier = Classifier.load(weights_path(run, epoch))
    parts = []
    for start in range(0, part.labels.size, CHUNK):
        parts.append(classifier.probabilities(part.images(slice(start, start + CHUNK))))
        report(min((start + CHUNK) / part.labels.size, 1.0))
    result = Evaluation(part.labels, np.concatenate(parts), dataset_name, part.name)
    file = path(run, part.name, epoch)
    with suppress(OSError):  # where nothing can be written, they are computed each time
        prepare_directory(run)
        result.save(file)
    return result


def over_epochs(run: Run, image: NDArray[np.uint8], most: int = 30) -> tuple[list[int], NDArray]:
    """What the network said of one image after each epoch.

    Args:
        run: Whose weights by epoch to ask; there may be none.
        image: (28, 28) uint8.
        most: Of more epochs, this many at even distances are taken.

    Returns:
        The epochs, and their probabilities, (epochs, 10) float32.
    """
    epochs = run.epochs()
    if len(epochs) > most:
        epochs = [epochs[i] for i in np.linspace(0, len(epochs) - 1, most).round().astype(int)]
    answers = [Classifier.load(run.epoch_path(e)).probabilities(image[None])[0] for e in epochs]
    return epochs, np.array(answers, np.float32).reshape(-1, 10)


def _newer(file: Path, than: Path) -> bool:
    return file.stat().st_mtime_ns >= than.stat().st_mtime_ns
