"""Out-of-distribution detection: is a drawing a digit at all?

A small network of its own tells digits from synthetic non-digits, whichever network then names the
digit. Its weights ship with the project in ``models/ood_detector``; `train` makes them anew.
"""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from mnist_core.config.sizes import INPUTS
from mnist_core.network.inference import product

if TYPE_CHECKING:
    from mnist_core.digits.pen_dataset import Drawings

DIRECTORY = Path(__file__).resolve().parents[2] / "models" / "ood_detector"
MAX_REJECTED = 0.008
"""Share of the validation digits that the threshold rejects, so that of other digits it rejects
less than 1 %."""
HARD_KINDS = ("scribbles", "crossing lines")
"""Non-digits that look most like digits: three times as many of them are used in training."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class OODDetector:
    """Scores how unlike a digit an image is.

    Attributes:
        kernels: (784, units) and (units, 1) float32.
        biases: (units,) and (1,) float32.
        threshold: An image with a higher score is out of distribution: not a digit.
        report: What was measured, see `measure`.
    """

    kernels: tuple[Floats, Floats] = field(repr=False)
    biases: tuple[Floats, Floats] = field(repr=False)
    threshold: float
    report: dict[str, Any] = field(repr=False)

    @classmethod
    def load(cls, directory: Path = DIRECTORY) -> OODDetector:
        """Read what `save` wrote.

        Raises:
            FileNotFoundError: weights.npz or report.json is missing.
            KeyError: one of them lacks an entry.
        """
        with np.load(directory / "weights.npz", allow_pickle=False) as arrays:
            hidden, output = (arrays[f"kernel_{i}"].astype(np.float32) for i in (0, 1))
            hidden_bias, output_bias = (arrays[f"bias_{i}"].astype(np.float32) for i in (0, 1))
        report = json.loads((directory / "report.json").read_text("utf-8"))
        return cls((hidden, output), (hidden_bias, output_bias), report["threshold"], report)

    def save(self, directory: Path = DIRECTORY) -> None:
        """Write weights.npz (kernels as float16) and report.json."""
        directory.mkdir(parents=True, exist_ok=True)
        np.savez(
            directory / "weights.npz",
            kernel_0=self.kernels[0].astype(np.float16),
            kernel_1=self.kernels[1].astype(np.float16),
            bias_0=self.biases[0].astype(np.float32),
            bias_1=self.biases[1].astype(np.float32),
        )
        (directory / "report.json").write_text(json.dumps(self.report, indent=2) + "\n", "utf-8")

    def scores(self, images: NDArray[np.uint8]) -> Floats:
        """(n,) float32 from 0, surely a digit, to 1, surely not, for (n, 28, 28) uint8."""
        flat = np.asarray(images).reshape(-1, INPUTS).astype(np.float32) / np.float32(255)
        hidden = np.maximum(product(flat, self.kernels[0]) + self.biases[0], 0)
        return expit(product(hidden, self.kernels[1]) + self.biases[1])[:, 0]

    def is_out_of_distribution(self, images: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """(n,) bool: which of (n, 28, 28) uint8 images are not digits."""
        return self.scores(images) > self.threshold


def train(strokes: Path | None = None, count: int = 12_000) -> OODDetector:
    """Generate non-digits, learn to tell them from digits, set the threshold, and measure.

    Args:
        strokes: UNIPEN file of pen digits to train on as well; its last fifth is kept for
            measuring.
        count: Non-digits of each kind to train on; of `HARD_KINDS` three times as many.

    Raises:
        DatasetUnavailableError: MNIST is not at hand and cannot be downloaded.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    from mnist_core.digits import mnist, pen_dataset, splits, synthetic_ood

    data = mnist.load_mnist()
    train_indices, validation = splits.validation_split(data.y_train, 0.1, seed=0)
    mnist_digits = data.x_train[train_indices]
    pen = pen_dataset.from_unipen(strokes) if strokes else None
    # Pen digits are what people draw here, and few: each counts three times.
    pen_digits = [] if pen is None else 3 * [pen.images[: _training_count(pen)]]
    kinds = [kind for kind in synthetic_ood.KINDS if "held out" not in kind]
    non_digits = [
        synthetic_ood.make(kind, count * (3 if kind in HARD_KINDS else 1), seed, mnist_digits)
        for seed, kind in enumerate(kinds)
    ]
    digits = [mnist_digits, *pen_digits]
    images = np.concatenate([*digits, *non_digits])
    labels = np.arange(len(images)) >= sum(map(len, digits))
    network = MLPClassifier((256,), alpha=1e-3, batch_size=256, random_state=0, warm_start=True)
    flat = images.reshape(-1, INPUTS) / np.float32(255)
    for rate, epochs in ((1e-3, 11), (2e-4, 5)):  # smaller steps at the end
        network.set_params(learning_rate_init=rate, max_iter=epochs)
        with warnings.catch_warnings():  # it is meant to end before it converges
            warnings.simplefilter("ignore", ConvergenceWarning)
            network.fit(flat, labels)
    # As they will be saved, so that the threshold fits the weights that ship.
    hidden, output = (kernel.astype(np.float16).astype(np.float32) for kernel in network.coefs_)
    hidden_bias, output_bias = (bias.astype(np.float32) for bias in network.intercepts_)
    untuned = OODDetector((hidden, output), (hidden_bias, output_bias), 1.0, {})
    scores = untuned.scores(data.x_train[validation])
    tuned = replace(untuned, threshold=float(np.quantile(scores, 1 - MAX_REJECTED)))
    return replace(tuned, report=measure(tuned, data.x_test, pen))


def measure(
    detector: OODDetector, test_digits: NDArray[np.uint8], pen: Drawings | None = None
) -> dict[str, Any]:
    """What share of digits and of non-digits the detector rejects that it was not trained on.

    Args:
        detector: With its threshold.
        test_digits: (n, 28, 28) uint8; one kind of non-digit is made of pairs of them.
        pen: Pen digits whose last fifth was held out.

    Returns:
        "threshold"; "digits_rejected", a share; "non_digits_rejected", a share for each kind and
        their "mean"; with `pen` also "pen_digits_rejected" and "pen_digits", their source.
    """
    from mnist_core.digits import synthetic_ood

    def rejected(images: NDArray[np.uint8]) -> float:
        return float(detector.is_out_of_distribution(images).mean())

    by_kind = {
        kind: rejected(synthetic_ood.make(kind, 1000, 100 + i, test_digits))
        for i, kind in enumerate(synthetic_ood.KINDS)
    }
    report: dict[str, Any] = {
        "threshold": detector.threshold,
        "digits_rejected": rejected(test_digits),
        "non_digits_rejected": by_kind | {"mean": float(np.mean(list(by_kind.values())))},
    }
    if pen is not None:
        report["pen_digits_rejected"] = rejected(pen.images[_training_count(pen) :])
        report["pen_digits"] = pen.description().to_dict()
    return report


def _training_count(pen: Drawings) -> int:
    """How many of the drawings, the first ones, are trained on: four fifths, rounded up."""
    return -(-len(pen.labels) * 4 // 5)
