"""What a network predicts for every digit, as CSV for a spreadsheet or pandas."""

from __future__ import annotations

import csv
import io

import numpy as np
from numpy.typing import NDArray

from mnist_core.config.sizes import CLASSES
from mnist_core.evaluation.metrics import Evaluation

COLUMNS = (
    "split", "index", "label", "prediction", *(f"probability_{digit}" for digit in range(CLASSES))
)  # fmt: skip


def predictions_csv(
    evaluation: Evaluation, indices: NDArray[np.integer] | None = None, errors_only: bool = False
) -> str:
    """A line for each digit, after one of headings.

    Args:
        evaluation: The network's predictions for a split.
        indices: (n,) where its digits are in the training or test set; None where these are all.
        errors_only: Leave out what is classified correctly.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    size = evaluation.labels.size
    chosen = np.flatnonzero(~evaluation.correct) if errors_only else np.arange(size)
    numbers = np.arange(size) if indices is None else indices
    for place in chosen.tolist():
        writer.writerow(
            (
                evaluation.split,
                int(numbers[place]),
                int(evaluation.labels[place]),
                int(evaluation.predicted[place]),
                *(f"{share:.6g}" for share in evaluation.probabilities[place].tolist()),
            )
        )
    return text.getvalue()
