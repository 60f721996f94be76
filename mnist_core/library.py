"""What `import mnist_core` offers to notebooks and scripts: load the digits, train, evaluate,
predict, plot."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnist_core.config.config import TrainingConfig
from mnist_core.config.presets import PRESETS, UnknownPresetError
from mnist_core.digits.datasets import mnist
from mnist_core.digits.datasets.dataset import Dataset
from mnist_core.evaluation import cached_predictions
from mnist_core.evaluation.metrics import Evaluation
from mnist_core.predict.predictor import Predictor
from mnist_core.runs import store
from mnist_core.runs.history import EpochRow
from mnist_core.runs.run import Run


def load_data(offline: bool = False) -> Dataset:
    """MNIST: (60000, 28, 28) training and (10000, 28, 28) test images uint8, labels uint8.

    It is read from the file that `MNIST_NPZ` names, or else downloaded once. If neither is
    possible, the result is the offline sample of 1,797 digits, and its `warnings` say why.

    Args:
        offline: Download nothing.
    """
    return mnist.load(offline=offline)


def train(
    setup: str | TrainingConfig,
    data: Dataset,
    callback: Callable[[EpochRow], None] = lambda epoch: None,
    directory: str | Path | None = None,
) -> Run:
    """Train a network in this process, which loads TensorFlow.

    Args:
        setup: Name of a preset, or a configuration.
        data: The digits.
        callback: Called after each epoch with its figures; an exception ends the training.
        directory: Where the run is written; None: a new temporary directory.

    Returns:
        The run: its files, history and summary.

    Raises:
        UnknownPresetError: There is no such preset.
        TrainingDivergedError: The loss became infinite; try a lower learning rate.
    """
    from mnist_core.training import trainer

    if isinstance(setup, str) and setup not in PRESETS:
        raise UnknownPresetError(setup)
    config = PRESETS[setup] if isinstance(setup, str) else setup
    parent = Path(directory or tempfile.mkdtemp(prefix="digit-lab-"))
    run = store.create(config, setup if isinstance(setup, str) else "Library", parent)
    trainer.train(config, data, run, after_epoch=lambda: callback(run.epoch_rows()[-1]))
    return run


def evaluate(run: Run, data: Dataset) -> Evaluation:
    """Evaluate a run's network on the test digits, before calibration: accuracy, loss, confusion
    matrix and so on."""
    return cached_predictions.evaluate(
        run, cached_predictions.split_of(data, "test", run.config), data.name
    )


def probabilities(run: Run, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What a run's network predicts: (n, classes) float32, calibrated as on all pages.

    Args:
        images: (n, 28, 28) uint8, 0 paper to 255 ink.
    """
    return Predictor.load(run).probabilities(images)


def plot(run: Run) -> Any:
    """A Plotly figure of a run's loss and accuracy by epoch, on training and validation digits."""
    from mnist_core.evaluation.charts import loss_and_accuracy_by_epoch

    return loss_and_accuracy_by_epoch(run.epoch_rows())
