"""A run's figures have the same names and texts wherever they are shown."""

import numpy as np

from mnist_core.config.config import TrainingConfig
from mnist_core.evaluation.metrics import Evaluation
from mnist_core.evaluation.run_figures import (
    evaluation_figures,
    summary_figures,
    training_figures,
)
from mnist_core.runs import store
from tests.summaries import summary


def evaluation(split: str) -> Evaluation:
    """Of 2,000 digits, one in four is misclassified, all with a confidence of 0.5."""
    probabilities = np.full((2000, 10), 0.5 / 9)
    probabilities[:, 3] = 0.5
    return Evaluation(np.where(np.arange(2000) % 4, 3, 4), probabilities, "mnist", split)


def test_those_of_an_evaluation_say_the_split_and_whether_it_is_calibrated():
    # Cross-entropy: 3/4 · ln 2 + 1/4 · ln 18 = 1.2425; calibration error: 0.75 − 0.5.
    assert evaluation_figures(evaluation("test"), calibrated=True) == {
        "Test accuracy": "75.00%",
        "Test errors": "500 of 2,000",
        "Calibrated test loss": "1.2425",
        "Calibration error": "25.00%",
    }
    figures = evaluation_figures(evaluation("train"), calibrated=False)
    assert figures["Training errors"] == "500 of 2,000"
    assert figures["Calibrated training loss"] == "1.2425, not calibrated"


def test_those_of_a_training_are_its_summarys_and_dashes_before_there_is_one():
    run = store.create(TrainingConfig(), "Figures")
    before = training_figures(run)
    found = summary(epochs=7, seconds=185, best_val_accuracy=0.985, best_val_loss=0.1)
    run.set_status(state="done", summary=found)
    after = training_figures(run)
    assert after == {
        "Validation accuracy at lowest loss": "98.50%",
        "Epochs": "7",
        "Parameters": "101,770",
        "Training time": "3 min 5 s",
    }
    assert before == dict.fromkeys(after, "–") | {"Parameters": after["Parameters"]}


def test_those_measured_by_the_training_itself_have_the_names_of_the_others():
    figures = summary_figures(summary(test_accuracy=0.75, test_errors=500, test_size=2000))
    others = evaluation_figures(evaluation("test"), calibrated=True)
    assert figures == {k: others[k] for k in ("Test accuracy", "Test errors")} | {
        "Test loss": "1.0000"
    }
