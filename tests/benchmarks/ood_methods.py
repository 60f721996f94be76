"""How well standard methods tell digits from non-digits, compared with the shipped detector.

    MNIST_NPZ=mnist.npz python -m tests.benchmarks.ood_methods pendigits-train.unipen.gz

All methods but the detector use only a network that knows digits: champion. Each gets the threshold
at which it rejects at most `MAX_REJECTED` of every kind of validation digits. Takes some minutes.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from mnist_core.digits import non_digits
from mnist_core.digits.datasets import mnist, splits
from mnist_core.digits.datasets.dataset import Dataset
from mnist_core.evaluation.non_digit_detector import OODDetector
from mnist_core.network.inference import Classifier
from mnist_core.runs import store
from mnist_core.training import non_digit_detector_training

NETWORK = "champion"
REFERENCES = 20_000
"""MNIST digits that distances are measured to."""

Images = NDArray[np.uint8]
Score = Callable[[Images], NDArray[np.floating]]
"""(n, 28, 28) images → (n,) scores, higher for what is less like a digit."""


def methods(network: Classifier, images: Images, labels: NDArray[np.integer]) -> dict[str, Score]:
    """The methods by name. Distances are in the last hidden layer.

    Args:
        network: Its features and logits are used.
        images: Digits that it was trained on.
        labels: Theirs.
    """
    known = network.activations(images)[-1]
    means = np.stack([known[labels == digit].mean(axis=0) for digit in range(10)])
    covariance = np.cov((known - means[labels]).T)
    covariance += 1e-3 * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    whitening = np.linalg.inv(np.linalg.cholesky(covariance)).T.astype(np.float32)
    centres = means @ whitening
    directions = _of_length_one(known)

    def mahalanobis(shown: Images) -> NDArray[np.floating]:
        features = network.activations(shown)[-1] @ whitening
        return np.stack([((features - centre) ** 2).sum(axis=1) for centre in centres]).min(axis=0)

    def tenth_neighbour(shown: Images) -> NDArray[np.floating]:
        features = _of_length_one(network.activations(shown)[-1])
        parts = [
            1 - np.partition(part @ directions.T, -10, axis=1)[:, -10]
            for part in np.array_split(features, -(-len(features) // 500))
        ]
        return np.concatenate(parts)

    return {
        "energy of the logits (Liu et al. 2020)": lambda s: -logsumexp(network.logits(s), axis=1),
        "Mahalanobis distance (Lee et al. 2018)": mahalanobis,
        "tenth nearest neighbour (Sun et al. 2022)": tenth_neighbour,
        "the detector": OODDetector.load().scores,
    }


def _of_length_one(features: NDArray[np.float32]) -> NDArray[np.float32]:
    return features / np.linalg.norm(features, axis=1, keepdims=True)


def rejected(
    score: Score, digits: Mapping[str, Images], others: Mapping[str, Images]
) -> dict[str, float]:
    """The share of each kind of others that is rejected with the threshold for these digits."""
    most = 1 - non_digit_detector_training.MAX_REJECTED
    threshold = max(np.quantile(score(images), most) for images in digits.values())
    return {kind: float((score(images) > threshold).mean()) for kind, images in others.items()}


def table(
    data: Dataset, pen: non_digit_detector_training.PenDigits, count: int
) -> dict[str, dict[str, float]]:
    """The share of each kind of non-digit that each method rejects.

    Args:
        data: MNIST.
        pen: Drawings; those of the writers for validation are used.
        count: Of each kind of non-digit.
    """
    digits = non_digit_detector_training.validation_digits(data, pen)
    learned, _ = splits.validation_split(data.y_train, 0.1, seed=0)
    others = {
        kind: non_digits.make(maker, count, 100 + i, data.x_test)
        for i, (kind, maker) in enumerate(non_digits.KINDS.items())
    }
    few = learned[:REFERENCES]
    network = Classifier.load(store.get(NETWORK).weights_path)
    return {
        name: rejected(score, digits, others)
        for name, score in methods(network, data.x_train[few], data.y_train[few]).items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("strokes", type=Path, help="UNIPEN file that the detector was trained on")
    parser.add_argument("--count", type=int, default=500, help="non-digits of each kind")
    arguments = parser.parse_args()
    pen = non_digit_detector_training.PenDigits.read(arguments.strokes)
    rows = table(mnist.load_mnist(), pen, arguments.count)
    print(f"{'':28}" + "".join(f"{name:>44}" for name in rows))
    for kind in non_digits.KINDS:
        print(f"{kind:28}" + "".join(f"{shares[kind]:44.1%}" for shares in rows.values()))


if __name__ == "__main__":
    main()
