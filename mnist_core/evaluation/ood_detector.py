"""Whether a drawing is a digit at all, and an answer that says when it is not or not surely.

A small network of its own tells digits from made non-digits, whichever network then names the
digit. Its weights ship with the project; this makes them and prints what they are worth:

    python -m mnist_core.evaluation.ood_detector [--strokes FILE]

FILE is a UNIPEN file of digits drawn with a pen, which then count among the digits learned.
"""

from __future__ import annotations

import argparse
import json
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from mnist_core.network.inference import product

DIRECTORY = Path(__file__).resolve().parents[2] / "models" / "not_a_digit"
REFUSED_AT_MOST = 0.008
"""Share of the validation digits that may be refused; of other digits it is to be below 1 %."""
HARD = ("scribbles", "crossing lines")
"""Kinds that come nearest to digits: three times as many are learned."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Rejector:
    """Tells how strange an image is beside digits.

    Attributes:
        kernels: (784, units) and (units, 1) float32.
        biases: (units,) and (1,) float32.
        threshold: An image of a higher strangeness is no digit.
        report: What was measured, see `measured`.
    """

    kernels: tuple[Floats, Floats] = field(repr=False)
    biases: tuple[Floats, Floats] = field(repr=False)
    threshold: float
    report: dict[str, Any] = field(repr=False)

    @classmethod
    def load(cls, directory: Path = DIRECTORY) -> Rejector:
        """Read what `save` wrote."""
        with np.load(directory / "weights.npz", allow_pickle=False) as arrays:
            kernels = tuple(arrays[f"kernel_{i}"].astype(np.float32) for i in (0, 1))
            biases = tuple(arrays[f"bias_{i}"].astype(np.float32) for i in (0, 1))
        report = json.loads((directory / "report.json").read_text("utf-8"))
        return cls(kernels, biases, report["threshold"], report)

    def save(self, directory: Path = DIRECTORY) -> None:
        """Write weights.npz (float16) and report.json."""
        directory.mkdir(parents=True, exist_ok=True)
        arrays = {f"kernel_{i}": self.kernels[i].astype(np.float16) for i in (0, 1)}
        arrays |= {f"bias_{i}": self.biases[i].astype(np.float32) for i in (0, 1)}
        np.savez(directory / "weights.npz", **arrays)
        (directory / "report.json").write_text(json.dumps(self.report, indent=2) + "\n", "utf-8")

    def strangeness(self, images: NDArray[np.uint8]) -> Floats:
        """(n,) from 0, a digit, to 1, none, for (n, 28, 28) uint8."""
        flat = np.asarray(images).reshape(-1, 784).astype(np.float32) / np.float32(255)
        hidden = np.maximum(product(flat, self.kernels[0]) + self.biases[0], 0)
        return expit(product(hidden, self.kernels[1]) + self.biases[1])[:, 0]

    def refuses(self, images: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """(n,) bool: which of (n, 28, 28) uint8 images are no digits."""
        return self.strangeness(images) > self.threshold


def train(strokes: Path | None = None, count: int = 12_000) -> Rejector:
    """Make non-digits, learn to tell them from digits, set the threshold, and measure.

    Args:
        strokes: UNIPEN file of pen digits; its last fifth is kept for measuring.
        count: Non-digits of each kind to learn from; thrice as many of `HARD`.

    Raises:
        ValueError: MNIST is not available, so that there is nothing to learn digits from.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    from mnist_core.digits import mnist, pen_dataset, splits, synthetic_ood

    data = mnist.load()
    if data.name != "mnist":
        raise ValueError(f"This needs MNIST. {' '.join(data.warnings)}")
    learned, validation = splits.validation_split(data.y_train, 0.1, seed=0)
    pen = pen_dataset.from_unipen(strokes) if strokes else None
    pen_learned = slice(0) if pen is None else pen.split(0.2)[0]
    kinds = [kind for kind in synthetic_ood.KINDS if "held out" not in kind]
    non = [
        synthetic_ood.make(kind, count * (3 if kind in HARD else 1), seed, data.x_train[learned])
        for seed, kind in enumerate(kinds)
    ]
    # Pen digits are what people draw here, and few: they count three times.
    digits = [data.x_train[learned], *([] if pen is None else 3 * [pen.images[pen_learned]])]
    images = np.concatenate([*digits, *non])
    labels = np.arange(len(images)) >= sum(map(len, digits))
    network = MLPClassifier((256,), alpha=1e-3, batch_size=256, random_state=0, warm_start=True)
    flat = images.reshape(-1, 784) / np.float32(255)
    for rate, epochs in ((1e-3, 11), (2e-4, 5)):  # smaller steps at the end
        network.set_params(learning_rate_init=rate, max_iter=epochs)
        with warnings.catch_warnings():  # to end before convergence is meant
            warnings.simplefilter("ignore", ConvergenceWarning)
            network.fit(flat, labels)
    half = [kernel.astype(np.float16).astype(np.float32) for kernel in network.coefs_]
    biases = [bias.astype(np.float32) for bias in network.intercepts_]
    rejector = Rejector(tuple(half), tuple(biases), 1.0, {})
    strange = rejector.strangeness(data.x_train[validation])
    threshold = float(np.quantile(strange, 1 - REFUSED_AT_MOST))
    rejector = Rejector(rejector.kernels, rejector.biases, threshold, {})
    return Rejector(
        rejector.kernels, rejector.biases, threshold, measured(rejector, data.x_test, pen)
    )


def measured(rejector: Rejector, test_digits: NDArray[np.uint8], pen: Any = None) -> dict[str, Any]:
    """What `rejector` refuses of images that it has not learned from.

    Args:
        test_digits: (n, 28, 28) uint8; pairs are made of them.
        pen: `drawings.Drawings`, the last fifth of which was held out.

    Returns:
        "threshold"; "digits_refused", a share; "non_digits_refused", a share for each kind and
        their "mean"; with `pen`, "pen_digits_refused" and where the drawings come from.
    """
    from mnist_core.digits import synthetic_ood

    shares = {
        kind: float(rejector.refuses(synthetic_ood.make(kind, 1000, 100 + i, test_digits)).mean())
        for i, kind in enumerate(synthetic_ood.KINDS)
    }
    report = {
        "threshold": rejector.threshold,
        "digits_refused": float(rejector.refuses(test_digits).mean()),
        "non_digits_refused": shares | {"mean": float(np.mean(list(shares.values())))},
    }
    if pen is not None:
        held_out = pen.images[pen.split(0.2)[1]]
        report["pen_digits_refused"] = float(rejector.refuses(held_out).mean())
        report["pen_digits"] = pen.description()
    return report


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--strokes", type=Path, help="UNIPEN file of pen digits")
    parser.add_argument("--directory", type=Path, default=DIRECTORY)
    arguments = parser.parse_args()
    rejector = train(arguments.strokes)
    rejector.save(arguments.directory)
    print(json.dumps(rejector.report, indent=2))


if __name__ == "__main__":
    main()
