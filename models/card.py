"""Writes the figures into models/README.md and README.md: ``python -m models.card --strokes FILE``.

Between ``<!-- figures: NAME -->`` and ``<!-- end -->`` everything is replaced; the text around
is written by hand. MNIST must be at hand, FILE is the UNIPEN file that the networks were trained
on; of its drawings each network gets those that it was not trained on.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mnist_core.config.config import Augmentation, parameter_count
from mnist_core.digits import mnist, pen_dataset
from mnist_core.digits.dataset import Dataset
from mnist_core.digits.pen_dataset import Drawings
from mnist_core.evaluation import temperature_scaling
from mnist_core.evaluation.metrics import Evaluation
from mnist_core.network.inference import Classifier
from mnist_core.runs import store
from mnist_core.runs.run import Run
from mnist_core.training import augmentation

README = Path(__file__).with_name("README.md")
PROJECT_README = Path(__file__).parents[1] / "README.md"
DETAILED = ("champion", "compact")
BLOCK = re.compile(r"(<!-- figures: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
Images = NDArray[np.uint8]


def shifted(images: Images, down: int, right: int) -> Images:
    """Moved by whole pixels; what leaves the field is lost."""
    padded = np.pad(images, ((0, 0), (4, 4), (4, 4)))
    return padded[:, 4 - down : 32 - down, 4 - right : 32 - right]


def turned(images: Images, degrees: float) -> Images:
    """Turned by exactly so many degrees, the sign is the direction."""
    numbers = np.zeros((len(images), augmentation.RANDOM_NUMBERS), np.float32)
    numbers[:, 0] = np.sign(degrees)
    flat = images.reshape(len(images), -1).astype(np.float32) / np.float32(255)
    ink = augmentation.distort(flat, numbers, Augmentation(rotation=abs(degrees)))
    return np.rint(ink * 255).astype(np.uint8).reshape(images.shape)


def noisy(images: Images, deviation: float) -> Images:
    """With Gaussian noise of this standard deviation, in shares of full ink."""
    noise = np.random.default_rng(0).normal(0, 255 * deviation, images.shape)
    return np.clip(np.rint(images + noise), 0, 255).astype(np.uint8)


CHANGES: dict[str, tuple[Callable[[Images], Images], ...]] = {
    "as they are": (lambda images: images,),
    **{
        f"shifted by {by} px (mean of four directions)": tuple(
            lambda images, down=down * by, right=right * by: shifted(images, down, right)
            for down, right in ((0, 1), (1, 0), (0, -1), (-1, 0))
        )
        for by in (1, 2, 3)
    },
    **{
        f"rotated by {by}° (mean of both directions)": tuple(
            lambda images, degrees=degrees: turned(images, degrees) for degrees in (by, -by)
        )
        for by in (10, 20, 30)
    },
    **{
        f"noise of standard deviation {deviation:.0%} of full ink": (
            lambda images, deviation=deviation: noisy(images, deviation),
        )
        for deviation in (0.1, 0.2, 0.3)
    },
}


class Network:
    """A shipped network and what it makes of the digits."""

    def __init__(self, run: Run, dataset: Dataset, drawn: Drawings) -> None:
        self.run, self.dataset = run, dataset
        self.classifier = Classifier.load(run.weights_path)
        self.test = Evaluation.load(run.evaluation_path)
        config = run.config
        if config.drawings is None:
            unseen, self.writers = slice(None), "all 30, in no training"
        elif config.drawings.sha256 != drawn.sha256:
            raise SystemExit(f"{drawn.file} is not the file that {run.id} was trained on.")
        else:
            _, unseen = drawn.split(config.drawings.holdout, config.drawings.writers_held_out)
            others = f"{config.drawings.writers_held_out} held out of training"
            self.writers = "in training, with other drawings" if config.drawings.holdout else others
        chances = self.classifier.probabilities(drawn.images[unseen])
        self.pen = Evaluation(drawn.labels[unseen], chances, "drawings", "test")
        self.pen_writers = drawn.writers[unseen]

    def calibration(self) -> tuple[str, ...]:
        """The network, the temperature in all, expected calibration error and loss on the test
        set as trained and as the app shows it."""
        folded = self.run.status().summary.get("temperature", 1.0)
        kept = temperature_scaling.load(self.run)
        further = kept.temperature if kept else 1.0
        as_trained, shown = (
            Evaluation(
                self.test.labels, temperature_scaling.calibrated(self.test.probabilities, divisor)
            )
            for divisor in (1 / folded, further)
        )
        return (
            self.run.id,
            f"{folded * further:.3f}",
            *(f"{e.reliability().error:.2%} / {e.loss:.4f}" for e in (as_trained, shown)),
        )

    def by_writer(self) -> str:
        """How many of each writer's drawings are called right."""
        right, of = (
            np.bincount(self.pen_writers, weights).astype(int)
            for weights in (self.pen.correct, None)
        )
        return ", ".join(f"{right[w]} of {of[w]} by writer {w}" for w in np.flatnonzero(of))

    def accuracy_when(self, changes: Iterable[Callable[[Images], Images]]) -> float:
        """Mean accuracy on the changed test sets."""
        labels = self.test.labels
        answers = [
            self.classifier.probabilities(change(self.dataset.x_test)).argmax(axis=1)
            for change in changes
        ]
        return float(np.mean([(answer == labels).mean() for answer in answers]))

    def failures(self) -> str:
        """The misclassified test digits by their index."""
        lines = []
        for digit in range(10):
            wrong = [i for i in self.test.misclassified() if self.test.labels[i] == digit]
            parts = [
                f"{i} → {self.test.predicted[i]} ({self.test.confidence[i]:.0%})" for i in wrong
            ]
            lines.append(f"- **{digit}**: {', '.join(parts) or 'none'}")
        return "\n".join(lines)


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A Markdown table."""
    lines = [list(head), *([str(cell) for cell in row] for row in rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def by_digit(evaluation: Evaluation) -> list[str]:
    """Accuracy of each digit."""
    return [f"{share:.2%}" for share in evaluation.accuracy_by_digit().accuracy]


def blocks(networks: list[Network]) -> dict[str, str]:
    """All figures, by the name of their block."""
    summary = [
        (
            network.run.id,
            f"{parameter_count(network.run.config)[0]:,}",
            f"**{network.test.accuracy:.2%}** ({network.test.errors} wrong)",
            f"**{network.pen.accuracy:.2%}** ({network.pen.errors} of {len(network.pen.labels):,})",
            network.writers,
            f"{network.run.status().summary['epochs']}",
            f"{network.run.status().summary['seconds'] / 60:.0f} min",
        )
        for network in networks
    ]
    head = ("network", "parameters", "MNIST test set", "drawings never seen", "their writers")
    detailed = [network for network in networks if network.run.id in DETAILED]
    digits = [
        (network.run.id, data, *by_digit(evaluation))
        for network in detailed
        for data, evaluation in (("MNIST", network.test), ("drawings", network.pen))
    ]
    robustness = [
        (name, *(f"{network.accuracy_when(changes):.2%}" for network in networks))
        for name, changes in CHANGES.items()
    ]
    confused = [
        f"- **{network.run.id}**: {', '.join(str(pair) for pair in network.pen.confused_pairs(8))}"
        for network in detailed
    ]
    made = {
        "summary": table((*head, "epochs", "trained in"), summary),
        "networks": table(head[:4], [row[:4] for row in summary]),
        "digits": table(("network", "digits", *"0123456789"), digits),
        "confusions": "\n".join(confused),
        "writers": "\n".join(f"- **{n.run.id}**: {n.by_writer()}" for n in detailed),
        "calibration": table(
            ("network", "temperature", "error / loss as trained", "error / loss as shown"),
            (network.calibration() for network in networks),
        ),
        "robustness": table(("test digits", *(n.run.id for n in networks)), robustness),
    }
    return made | {f"failures-{network.run.id}": network.failures() for network in detailed}


def main() -> None:
    """Compute all figures and write them into the card."""
    parser = argparse.ArgumentParser(description="Write the figures into models/README.md.")
    parser.add_argument("--strokes", type=Path, required=True, help="UNIPEN file of drawings")
    drawn = pen_dataset.from_unipen(parser.parse_args().strokes)
    dataset = mnist.load_mnist()
    networks = [Network(run, dataset, drawn) for run in store.list_pretrained()]
    made = blocks(networks)
    for page in (README, PROJECT_README):
        text = page.read_text("utf-8")
        page.write_text(BLOCK.sub(lambda m: f"{m[1]}\n{made[m[2]]}\n\n{m[3]}", text), "utf-8")


if __name__ == "__main__":
    main()
