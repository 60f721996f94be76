"""Networks of random weights, calibrated or not, that tests of pages make."""

from __future__ import annotations

import threading
import zlib

import numpy as np

from mnist_core.config.config import TrainingConfig
from mnist_core.evaluation import temperature_scaling
from mnist_core.runs import files, store
from mnist_core.runs.run import Run
from tests.summaries import summary


def uncalibrated(run: Run) -> Run:
    """The same network without its calibration."""
    (run.directory / temperature_scaling.FILE_NAME).unlink()
    return run


def join_calibration() -> None:
    """Wait until what calibrates in the background has ended."""
    for thread in threading.enumerate():
        if thread.name == "calibration":
            thread.join()


def keep_calibration(run: Run, temperature: float = 1.0) -> None:
    """Calibrate a network in advance: otherwise a page fits the temperature, on all of MNIST."""
    weights = zlib.crc32(run.weights_path.read_bytes())
    found = temperature_scaling.Calibration(temperature, 0.1, 0.1, weights)
    files.write_json(run.directory / temperature_scaling.FILE_NAME, found.to_dict())


def random_network(name: str, seed: int) -> Run:
    """A finished run without hidden layers."""
    rng = np.random.default_rng(seed)
    run = store.create(TrainingConfig(), name)
    np.savez(
        run.weights_path,
        activations=np.array([], dtype=str),
        kernel_0=rng.normal(0, 0.2, (784, 10)).astype(np.float32),
        bias_0=np.zeros(10, np.float32),
    )
    keep_calibration(run)
    run.set_status(state="done", summary=summary(test_accuracy=0.1234))
    return run
