"""A run's figures, with a single name and notation for each, for all pages and the report."""

from __future__ import annotations

from mnist_core.config.config import parameter_count
from mnist_core.config.formatting import accuracy_text, duration, percent
from mnist_core.evaluation.cached_predictions import SPLIT_WORDS
from mnist_core.evaluation.metrics import Evaluation
from mnist_core.runs.records import Summary
from mnist_core.runs.run import Run

VALIDATION_ACCURACY = "Validation accuracy at lowest loss"
NONE = "–"
"""Stands for a figure that a run does not have."""


def evaluation_figures(evaluation: Evaluation, calibrated: bool) -> dict[str, str]:
    """Accuracy, errors, loss and calibration error by their names, which include the split's.

    Args:
        evaluation: The evaluation after calibration.
        calibrated: Whether the network was calibrated; if not, the name of the loss says so.
    """
    split = next(words for name, words in SPLIT_WORDS.items() if name == evaluation.split)
    loss = f"{evaluation.loss:.4f}"
    return _accuracy(split, evaluation.accuracy, evaluation.errors, evaluation.labels.size) | {
        f"Calibrated {split} loss": loss if calibrated else f"{loss}, not calibrated",
        "Calibration error": percent(evaluation.reliability().error, 2),
    }


def summary_figures(summary: Summary) -> dict[str, str]:
    """What the training measured on the test digits at its end: accuracy, errors, and the loss
    before calibration, by their names."""
    accuracy = _accuracy("test", summary.test_accuracy, summary.test_errors, summary.test_size)
    return accuracy | {"Test loss": f"{summary.test_loss:.4f}"}


def training_figures(run: Run) -> dict[str, str]:
    """Validation accuracy, epochs, parameters and time of a training, by name."""
    summary = run.status().summary
    best = summary.best_val_accuracy if summary else None
    return {
        VALIDATION_ACCURACY: NONE if best is None else accuracy_text(best),
        "Epochs": str(summary.epochs) if summary else NONE,
        "Parameters": f"{parameter_count(run.config)[0]:,}",
        "Training time": duration(summary.seconds) if summary else NONE,
    }


def _accuracy(split: str, accuracy: float, errors: int, size: int) -> dict[str, str]:
    name = split.capitalize()
    return {
        f"{name} accuracy": accuracy_text(accuracy),
        f"{name} errors": f"{errors:,} of {size:,}",
    }
