"""How well a network classifies labelled digits, and which it misclassifies.

An `Evaluation` holds only labels and probabilities; every figure is computed from these two.
scikit-learn, which has the same figures, would take 27 MB of the app's memory with what it imports.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mnist_core.config.sizes import DIGIT_NAMES
from mnist_core.errors import DigitLabError
from mnist_core.runs.files import ArraysDamagedError, reading_arrays, replacing

# Keras' categorical cross-entropy clips at the same value, so both give the same loss.
SMALLEST_PROBABILITY = 1e-7
Z_95 = 1.959963984540054  # 97.5 % quantile of the normal distribution

Order = Literal["confidence", "margin", "loss"]
Normalization = Literal["true", "predicted"]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class EvaluationError(DigitLabError, ValueError):
    """Labels and probabilities don't match, or a stored evaluation can't be read. Evaluate the
    network again."""


def _mean(figures: Floats, weights: NDArray[np.number]) -> float:
    """Weighted mean of the figures that are not NaN; NaN if these have no weight."""
    there = ~np.isnan(figures)
    total = float(weights[there].sum())
    return float(figures[there] @ weights[there]) / total if total else math.nan


class ReportRow(NamedTuple):
    """A line of the classification report; NaN where a ratio would divide by zero."""

    name: str  # that of a class, "macro mean" or "weighted mean"
    precision: float
    recall: float
    f1: float
    support: int


class AccuracyByDigit(NamedTuple):
    """Arrays of shape (classes,), indexed by true class; NaN where a digit does not occur."""

    accuracy: Floats  # 0 to 1; the digit's recall
    low: Floats  # lower end of the 95 % interval
    high: Floats  # upper end
    support: Ints  # number of digits


class ConfusedPair(NamedTuple):
    """How often one digit was predicted as another."""

    true: int
    predicted: int
    errors: int
    support: int  # number of digits of this true class

    def in_words(self, names: Sequence[str] = DIGIT_NAMES) -> str:
        """ "4 predicted as 9: 12 of 982", with the classes' names."""
        which = f"{names[self.true]} predicted as {names[self.predicted]}"
        return f"{which}: {self.errors:,} of {self.support:,}"


class Reliability(NamedTuple):
    """A reliability diagram: bins of equal width over the confidence, 0 to 1; NaN in empty bins."""

    edges: Floats  # (bins + 1,)
    counts: Ints  # (bins,)
    confidence: Floats  # (bins,) mean confidence
    accuracy: Floats  # (bins,)
    error: float  # expected calibration error, 0 to 1


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A network's probabilities for labelled digits, and what follows from them.

    Args:
        labels: (n,) integers from 0 to less than `classes`, n at least 1. Kept as uint8.
        probabilities: (n, classes), at least two classes, each row in 0 to 1 with sum 1. Kept as
            float32.
        dataset: Name of the data set.
        split: "train", "validation" or "test".
        weights: The checksum of the weights' file; None if it is not known.

    Raises:
        EvaluationError: The arrays have other shapes or values.
    """

    labels: NDArray[np.uint8]
    probabilities: NDArray[np.float32]
    dataset: str = "mnist"
    split: str = "test"
    weights: int | None = None

    def __post_init__(self) -> None:
        labels, probabilities = np.asarray(self.labels), np.asarray(self.probabilities)
        _check(labels, probabilities)
        object.__setattr__(self, "labels", labels.astype(np.uint8, copy=False))
        object.__setattr__(self, "probabilities", probabilities.astype(np.float32, copy=False))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write an .npz (no pickle), replacing the file in one step."""
        known = {} if self.weights is None else {"weights": np.array(self.weights)}
        with replacing(Path(path)) as unfinished, unfinished.open("wb") as file:
            np.savez_compressed(
                file,
                labels=self.labels,
                probabilities=self.probabilities,
                dataset=self.dataset,
                split=self.split,
                **known,  # type: ignore[arg-type]  # it is not named allow_pickle
            )

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Evaluation:
        """Read what `save` wrote.

        Raises:
            EvaluationError: The file is missing, damaged or not an evaluation; the message names
                it.
        """
        try:
            with reading_arrays(Path(path)) as stored:
                return cls(
                    labels=stored["labels"],
                    probabilities=stored["probabilities"],
                    dataset=str(stored["dataset"]),
                    split=str(stored["split"]),
                    weights=int(stored["weights"]) if "weights" in stored else None,
                )
        except (OSError, ArraysDamagedError) as error:
            raise EvaluationError(
                f"{path} is not a readable evaluation ({error}). Evaluate the run again."
            ) from error

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return self.probabilities.shape[1]

    @cached_property
    def predicted(self) -> NDArray[np.uint8]:
        """(n,) uint8: the most probable digit; among equally probable ones the lowest."""
        return self.probabilities.argmax(axis=1).astype(np.uint8)

    @cached_property
    def confidence(self) -> NDArray[np.float32]:
        """(n,) float32: the probability of the predicted digit, 1 / classes to 1."""
        return self.probabilities.max(axis=1)

    @cached_property
    def margin(self) -> NDArray[np.float32]:
        """(n,) float32: highest probability minus the second highest, 0 to 1."""
        second, first = np.partition(self.probabilities, -2, axis=1)[:, -2:].T
        return first - second

    @cached_property
    def losses(self) -> Floats:
        """(n,) float64: each digit's cross-entropy in nats, -log of its label's probability."""
        of_label = self.probabilities[np.arange(self.labels.size), self.labels]
        return -np.log(np.clip(of_label.astype(np.float64), SMALLEST_PROBABILITY, 1.0))

    @cached_property
    def correct(self) -> NDArray[np.bool_]:
        """(n,) bool: the predicted digit is the label."""
        return self.predicted == self.labels

    @property
    def accuracy(self) -> float:
        """Share of digits classified correctly, 0 to 1."""
        return float(self.correct.mean())

    @property
    def loss(self) -> float:
        """Mean cross-entropy in nats."""
        return float(self.losses.mean())

    @property
    def errors(self) -> int:
        """Number of misclassified digits."""
        return int(np.count_nonzero(~self.correct))

    def confusion_matrix(self) -> Ints:
        """(classes, classes) int64 counts, rows true, columns predicted."""
        cells = self.labels.astype(np.int64) * self.classes + self.predicted
        counts = np.bincount(cells, minlength=self.classes**2)
        return counts.reshape(self.classes, self.classes)

    def report(self, names: Sequence[str] = DIGIT_NAMES) -> tuple[ReportRow, ...]:
        """Precision, recall, F1 and support of each class, then macro and weighted mean.

        The precision of a digit that was never predicted and the recall of one that does not occur
        are NaN; the means leave NaN out.
        """
        counts = self.confusion_matrix()
        correct, support, predicted = counts.diagonal(), counts.sum(axis=1), counts.sum(axis=0)
        with np.errstate(invalid="ignore"):
            scores = np.stack(
                [correct / predicted, correct / support, 2 * correct / (predicted + support)]
            )
        rows = [
            ReportRow(name, float(p), float(r), float(f), int(n))
            for name, (p, r, f), n in zip(names, scores.T, support, strict=True)
        ]
        for name, weights in (("macro", np.ones(self.classes)), ("weighted", support)):
            p, r, f = (_mean(score, weights) for score in scores)
            rows.append(ReportRow(f"{name} mean", p, r, f, self.labels.size))
        return tuple(rows)

    def accuracy_by_digit(self) -> AccuracyByDigit:
        """Each digit's accuracy with its 95 % Wilson interval."""
        support = np.bincount(self.labels, minlength=self.classes)
        correct = np.bincount(self.labels[self.correct], minlength=self.classes)
        with np.errstate(invalid="ignore"):
            accuracy = correct / support
        return AccuracyByDigit(accuracy, *wilson_interval(correct, support), support)

    def confused_pairs(self, most: int = 10) -> tuple[ConfusedPair, ...]:
        """The pairs (true, predicted) with the most errors, most frequent first; at most `most`."""
        counts = self.confusion_matrix()
        support = counts.sum(axis=1)
        np.fill_diagonal(counts, 0)
        frequent = np.argsort(-counts, axis=None, kind="stable")[:most]
        return tuple(
            ConfusedPair(true, predicted, int(counts[true, predicted]), int(support[true]))
            for true, predicted in (divmod(int(cell), self.classes) for cell in frequent)
            if counts[true, predicted]
        )

    def reliability(self, bins: int = 15) -> Reliability:
        """Accuracy and mean confidence by bin of confidence (Guo et al. 2017)."""
        edges = np.linspace(0, 1, bins + 1)
        bin_of = self.bin_of(bins)
        counts = np.bincount(bin_of, minlength=bins)
        with np.errstate(invalid="ignore"):
            confidence = np.bincount(bin_of, self.confidence, bins) / counts
            accuracy = np.bincount(bin_of, self.correct, bins) / counts
        error = np.nansum(counts * np.abs(accuracy - confidence)) / counts.sum()
        return Reliability(edges, counts, confidence, accuracy, float(error))

    def bin_of(self, bins: int = 15) -> Ints:
        """(n,) int64: each digit's bin in `reliability`. A bin includes its upper edge, as in the
        paper."""
        inner = np.linspace(0, 1, bins + 1)[1:-1]
        return np.digitize(self.confidence.astype(np.float64), inner, right=True)

    def accuracy_by_coverage(self) -> tuple[Floats, Floats]:
        """Selective prediction: the accuracy if the least confident predictions are rejected.

        Returns:
            Coverage, the share of digits accepted, ascending to 1; and the accuracy on these.
            Both (k,) float64, k the number of different confidences.
        """
        order = np.argsort(-self.confidence, kind="stable")
        confidence = self.confidence[order]
        accepted = np.arange(1, order.size + 1)
        correct = np.cumsum(self.correct[order])
        # Digits of equal confidence are accepted or rejected together.
        last = np.append(confidence[1:] != confidence[:-1], True)
        return accepted[last] / order.size, correct[last] / accepted[last]

    def misclassified(
        self,
        order: Order = "confidence",
        descending: bool = True,
        true: int | None = None,
        predicted: int | None = None,
        **limits: tuple[float, float] | None,
    ) -> Ints:
        """Indices of the errors, most confident first unless asked otherwise (see `select`)."""
        return self.select(true, predicted, order, descending, errors_only=True, **limits)

    def select(
        self,
        true: int | None = None,
        predicted: int | None = None,
        order: Order = "confidence",
        descending: bool = True,
        errors_only: bool = False,
        confidence: tuple[float, float] | None = None,
        loss: tuple[float, float] | None = None,
    ) -> Ints:
        """Indices (int64) of the digits with this label and this prediction, sorted.

        Args:
            true: Label, or None for all.
            predicted: Predicted digit, or None for all.
            order: Sort by "confidence", "margin" or "loss"; equals stay in the data's order.
            descending: Highest first.
            errors_only: Only misclassified digits.
            confidence: Lowest and highest confidence, both included; None for all.
            loss: Lowest and highest loss, both included; None for all.

        Raises:
            EvaluationError: There is no such order.
        """
        keys: dict[str, Callable[[], NDArray[np.floating]]] = {
            "confidence": lambda: self.confidence,
            "margin": lambda: self.margin,
            "loss": lambda: self.losses,
        }
        if order not in keys:
            raise EvaluationError(f"Cannot sort by {order!r}; choose one of {', '.join(keys)}.")
        wanted = ~self.correct if errors_only else np.ones(self.labels.size, bool)
        if true is not None:
            wanted = wanted & (self.labels == true)
        if predicted is not None:
            wanted = wanted & (self.predicted == predicted)
        for values, limits in ((self.confidence, confidence), (self.losses, loss)):
            if limits is not None:
                wanted = wanted & (values >= limits[0]) & (values <= limits[1])
        indices = np.flatnonzero(wanted)
        key = keys[order]()[indices]
        return indices[np.argsort(-key if descending else key, kind="stable")]


def normalized(counts: Ints, normalize: Normalization) -> Floats:
    """A confusion matrix as shares of its rows ("true") or columns ("predicted"), 0 to 1.

    An empty row or column gives zeros.

    Raises:
        EvaluationError: `normalize` is neither.
    """
    if normalize not in ("true", "predicted"):
        raise EvaluationError(f"normalize is {normalize!r}; expected 'true' or 'predicted'.")
    total = counts.sum(axis=1 if normalize == "true" else 0, keepdims=True)
    return counts / np.maximum(total, 1)


def wilson_interval(
    successes: NDArray[np.number], trials: NDArray[np.number], z: float = Z_95
) -> tuple[Floats, Floats]:
    """Confidence interval of a proportion (Wilson 1927), 95 % by default; NaN without trials.

    Unlike the normal approximation it stays within 0 to 1 and keeps a width at 100 %.
    """
    n = np.asarray(trials, np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.asarray(successes, np.float64) / n
        centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
        return np.clip(centre - half, 0.0, 1.0), np.clip(centre + half, 0.0, 1.0)


def _check(labels: NDArray, probabilities: NDArray) -> None:
    if labels.ndim != 1 or labels.size == 0 or not np.issubdtype(labels.dtype, np.integer):
        raise EvaluationError(
            f"labels has shape {labels.shape} and type {labels.dtype}; "
            "expected integers of shape (n,), n at least 1."
        )
    if probabilities.ndim != 2 or len(probabilities) != labels.size or probabilities.shape[1] < 2:
        raise EvaluationError(
            f"probabilities has shape {probabilities.shape}; expected a row for each of "
            f"{labels.size} labels, with the probability of each class."
        )
    classes = probabilities.shape[1]
    if labels.min() < 0 or labels.max() >= classes:
        raise EvaluationError(
            f"labels are {labels.min()} to {labels.max()}; expected 0 to {classes - 1}, as there "
            f"are probabilities of {classes} classes."
        )
    if not np.issubdtype(probabilities.dtype, np.floating):
        raise EvaluationError(f"probabilities has type {probabilities.dtype}; expected floats.")
    sums = probabilities.sum(axis=1, dtype=np.float64)
    # NaN fails every comparison, so this catches NaN, too.
    good = (probabilities >= 0).all(axis=1) & (np.abs(sums - 1) < 1e-3)
    if not good.all():
        row = int(np.argmin(good))
        raise EvaluationError(
            f"probabilities[{row}] is {probabilities[row].tolist()}; "
            f"expected {classes} numbers of at least 0 with sum 1."
        )
