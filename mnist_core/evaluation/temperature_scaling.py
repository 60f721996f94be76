"""Temperature scaling: probabilities that are right as often as they say (Guo et al. 2017).

    python -m mnist_core.evaluation.temperature_scaling [RUN …]

calibrates the networks with these ids, or all shipped ones, and writes calibration.json beside
their weights.
"""

from __future__ import annotations

import argparse
import json
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax, softmax

from mnist_core.digits import mnist
from mnist_core.evaluation import predictions
from mnist_core.evaluation.metrics import Evaluation
from mnist_core.runs import files, store
from mnist_core.runs.run import Run

FILE_NAME = "calibration.json"
UNSURE_BELOW = 0.75
"""An answer with a smaller calibrated probability is not sure: one in four of them is wrong."""

_RANGE = (0.05, 20.0)


@dataclass(frozen=True)
class Calibration:
    """What calibration changes for one network.

    Attributes:
        temperature: Logits are divided by it; above 1 the answers become less sure.
        error_before, error_after: Expected calibration error on the test digits, 0 to 1.
        weights: CRC-32 of weights.npz, by which a calibration of other weights is known.
        unsure: Share of the test digits whose answer is not sure.
        unsure_wrong: Share of these that are called wrongly; 0 where there are none.
    """

    temperature: float
    error_before: float
    error_after: float
    weights: int
    unsure: float | None = None
    unsure_wrong: float | None = None


def calibrated(probabilities: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    """Softmax of the logits divided by the temperature.

    Args:
        probabilities: (…, 10), softmax of the logits as they are.
    """
    if temperature == 1:
        return probabilities
    return softmax(np.log(np.maximum(probabilities, 1e-38)) / temperature, axis=-1)


def best_temperature(labels: NDArray, probabilities: NDArray[np.float32]) -> float:
    """The temperature of the smallest cross-entropy.

    Args:
        labels: (n,) true digits.
        probabilities: (n, 10).
    """
    from scipy.optimize import minimize_scalar  # which the Draw page can do without

    logits = np.log(np.maximum(probabilities.astype(float), 1e-38))
    rows = np.arange(len(labels))

    def loss(log_temperature: float) -> float:
        return -log_softmax(logits / np.exp(log_temperature), axis=1)[rows, labels].mean()

    found = minimize_scalar(loss, bounds=np.log(_RANGE), method="bounded", options={"xatol": 1e-3})
    return float(np.exp(found.x))


def load(run: Run) -> Calibration | None:
    """The network's calibration; None where it has none or the weights are others now."""
    for directory in (run.directory, predictions.directory(run)):
        path = directory / FILE_NAME
        if path.exists():
            found = Calibration(**json.loads(path.read_text("utf-8")))
            if found.weights == _checksum(run.weights_path):
                return found
    return None


def calibrate(run: Run, *, ship: bool = False) -> Calibration | None:
    """Calibrate on the run's validation digits, measure on the test digits, and keep the result.

    Args:
        run: A network with weights.
        ship: Keep the result beside a shipped network's weights, not with the users' results.

    Returns:
        None where the data that the network was trained on cannot be had without a download.
    """
    data = mnist.load(offline=True)
    if data.name != (run.status().dataset or "mnist"):
        return None
    validation, test = (
        predictions.evaluate(run, predictions.part(data, name, run.config), data.name)
        for name in ("validation", "test")
    )
    temperature = best_temperature(validation.labels, validation.probabilities)
    after = calibrated(test.probabilities, temperature)
    unsure = after.max(axis=1) < UNSURE_BELOW
    wrong = after[unsure].argmax(axis=1) != test.labels[unsure]
    found = Calibration(
        temperature,
        test.calibration().error,
        Evaluation(test.labels, after, data.name).calibration().error,
        _checksum(run.weights_path),
        float(unsure.mean()),
        float(wrong.sum() / max(len(wrong), 1)),
    )
    directory = run.directory if ship else predictions.directory(run)
    directory.mkdir(parents=True, exist_ok=True)
    files.write_json(directory / FILE_NAME, asdict(found))
    return found


def _checksum(path: Path) -> int:
    return zlib.crc32(path.read_bytes())


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="*", metavar="RUN", help="id of a network")
    named = parser.parse_args().runs
    for run in [store.get(name) for name in named] or store.list_pretrained():
        print(run.id, calibrate(run, ship=run.pretrained) or "the data is not available")


if __name__ == "__main__":
    main()
