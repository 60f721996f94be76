"""What a network predicts for every digit, as CSV for a spreadsheet or pandas."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mnist_core.config.sizes import DIGIT_NAMES
from mnist_core.evaluation.metrics import Evaluation

COLUMNS = ("split", "index", "label", "prediction")


def predictions_csv(
    evaluation: Evaluation,
    indices: NDArray[np.integer] | None = None,
    errors_only: bool = False,
    names: Sequence[str] = DIGIT_NAMES,
) -> str:
    """A heading line, then a line for each digit: `COLUMNS`, and a probability for each class.

    Args:
        evaluation: The network's predictions for a split.
        indices: (n,) integers, the digits' indices in the training or test set; None if the split
            is the whole set.
        errors_only: Whether to leave out digits that are classified correctly.
        names: The names of the classes.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*COLUMNS, *(f"probability_{name}" for name in names)])
    size = evaluation.labels.size
    chosen = np.flatnonzero(~evaluation.correct) if errors_only else np.arange(size)
    numbers = np.arange(size) if indices is None else indices
    for position in chosen.tolist():
        writer.writerow(
            (
                evaluation.split,
                int(numbers[position]),
                names[evaluation.labels[position]],
                names[evaluation.predicted[position]],
                *(f"{share:.6g}" for share in evaluation.probabilities[position].tolist()),
            )
        )
    return text.getvalue()
