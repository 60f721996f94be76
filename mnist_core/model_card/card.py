"""The figures in models/README.md, the model card, and in README.md.

Blocks of figures are marked in both files: what is between `<!-- figures: NAME -->` and `<!-- end
-->` is computed; the text around it is written by hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mnist_core.config.config import parameter_count
from mnist_core.config.formatting import accuracy_text, percent
from mnist_core.config.sizes import CLASSES
from mnist_core.digits.datasets.dataset import Dataset
from mnist_core.digits.drawings import pen_dataset
from mnist_core.digits.drawings.pen_dataset import Drawings
from mnist_core.errors import DigitLabError
from mnist_core.evaluation import cached_predictions, temperature_scaling
from mnist_core.evaluation.metrics import Evaluation
from mnist_core.evaluation.non_digit_detector import OODDetector
from mnist_core.evaluation.robustness import stress_test
from mnist_core.evaluation.robustness.corruptions import CORRUPTIONS
from mnist_core.model_card import external_pictures
from mnist_core.predict.predictor import Predictor
from mnist_core.runs import environment, store
from mnist_core.runs.records import RunDamagedError, Summary
from mnist_core.runs.run import Run

CARD = environment.MODELS / "README.md"
PROJECT_README = environment.MODELS.parent / "README.md"
DETAILED = ("champion", "compact")
"""The networks with figures by digit and by writer, and lists of misclassified digits."""

_BLOCK = re.compile(r"(<!-- figures: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


class OtherDrawingsError(DigitLabError, ValueError):
    """The drawings are not those on which a network was trained."""


@dataclass(frozen=True, eq=False)
class Network:
    """A shipped network and what it predicts for digits that it was not trained on.

    Attributes:
        run: Its run.
        summary: The result of its training.
        temperature: The one that its probabilities are calibrated with.
        test: Its predictions for MNIST's test set, before calibration.
        drawings: The same for the drawings that were held out of its training.
        writers: (n,) integers, the writer of each of these.
        writers_in_words: Who they are.
    """

    run: Run
    summary: Summary
    temperature: float
    test: Evaluation
    drawings: Evaluation
    writers: NDArray[np.integer]
    writers_in_words: str

    @classmethod
    def measure(cls, run: Run, drawn: Drawings) -> Network:
        """Let the network predict the drawings; the rest was measured after its training.

        Raises:
            OtherDrawingsError: It was trained on drawings, though not on these.
        """
        if (summary := run.status().summary) is None:
            raise RunDamagedError(run.status_path, "summary: is missing")
        added = run.config.drawings
        if added is not None and added.sha256 != drawn.sha256:
            raise OtherDrawingsError(f"{drawn.file} is not the file that {run.id} was trained on.")
        calibration = temperature_scaling.load(run)
        unseen = pen_dataset.held_out_of_training(run, drawn)
        probabilities = cached_predictions.load_classifier(run).probabilities(drawn.images[unseen])
        return cls(
            run,
            summary,
            calibration.temperature if calibration else 1.0,
            Evaluation.load(run.evaluation_path),
            Evaluation(drawn.labels[unseen], probabilities, "drawings", "test"),
            drawn.writers[unseen],
            f"{added.writers_held_out} held out of training" if added else "all 30, in no training",
        )

    def calibration(self) -> tuple[str, ...]:
        """The network's row: its total temperature, and its expected calibration error and loss on
        the test set, as trained and as the app shows it."""
        folded = self.summary.temperature or 1.0
        return (
            self.run.id,
            f"{folded * self.temperature:.3f}",
            *(
                f"{percent(e.reliability().error, 2)} / {e.loss:.4f}"
                for e in (self._test_at(1 / folded), self._test_at(self.temperature))
            ),
        )

    def by_writer(self) -> str:
        """How many of each writer's drawings are classified correctly."""
        right, drawn = (
            np.bincount(self.writers, weights).astype(int)
            for weights in (self.drawings.correct, None)
        )
        return ", ".join(f"{right[w]} of {drawn[w]} by writer {w}" for w in np.flatnonzero(drawn))

    def failures(self) -> str:
        """A line for each digit: its misclassified images by index, what each was predicted as and
        with what confidence, as the app shows it."""
        lines, shown = [], self._test_at(self.temperature)
        for digit in range(CLASSES):
            wrong = shown.misclassified(true=digit)
            parts = [
                f"{i} → {shown.predicted[i]} ({percent(shown.confidence[i], 0)})" for i in wrong
            ]
            lines.append(f"- **{digit}**: {', '.join(parts) or 'none'}")
        return "\n".join(lines)

    def _test_at(self, temperature: float) -> Evaluation:
        """What the saved network predicts for the test digits at this temperature."""
        return temperature_scaling.calibrated_evaluation(self.test, temperature)


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A Markdown table."""
    lines = [list(head), *([str(cell) for cell in row] for row in rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def by_digit(evaluation: Evaluation) -> list[str]:
    """The accuracy on each digit."""
    return [accuracy_text(share) for share in evaluation.accuracy_by_digit().accuracy]


def rejection_tables(report: Mapping[str, Mapping[str, float]]) -> dict[str, str]:
    """What the non-digit detector rejects, kind by kind, as Markdown; see
    `non_digit_detector_training.measure`."""
    heads = {"digits": "digits", "non_digits": "no digits", "lookalikes": "look like digits"}
    return {
        f"rejected-{name.replace('_', '-')}": table(
            (head, "rejected"),
            [(kind, percent(share, counted=True)) for kind, share in report[name].items()],
        )
        for name, head in heads.items()
    }


def blocks(networks: list[Network], dataset: Dataset) -> dict[str, str]:
    """All figures as Markdown, by the name of their block."""
    detailed = [network for network in networks if network.run.id in DETAILED]
    summary = [_summary(network) for network in networks]
    head = ("network", "parameters", "MNIST test set", "drawings never seen", "their writers")
    digits = [
        (network.run.id, data, *by_digit(evaluation))
        for network in detailed
        for data, evaluation in (("MNIST", network.test), ("drawings", network.drawings))
    ]
    confused = [
        f"- **{network.run.id}**: "
        + ", ".join(pair.in_words() for pair in network.drawings.confused_pairs(8))
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
        "robustness": robustness([network.run for network in networks], dataset),
    }
    made |= rejection_tables(OODDetector.load().report)
    return made | {f"failures-{network.run.id}": network.failures() for network in detailed}


def _summary(network: Network) -> tuple[str, ...]:
    """A network's row: its size, its accuracies, and what its training took."""
    return (
        network.run.id,
        f"{parameter_count(network.run.config)[0]:,}",
        f"**{accuracy_text(network.test.accuracy)}** ({network.test.errors} wrong)",
        f"**{accuracy_text(network.drawings.accuracy)}** "
        f"({network.drawings.errors} of {len(network.drawings.labels):,})",
        network.writers_in_words,
        f"{network.summary.epochs}",
        f"{network.summary.seconds / 60:.0f} min",
    )


def robustness(runs: Iterable[Run], dataset: Dataset) -> str:
    """A Markdown table of the runs' stress tests: a row for each corruption, a column for each
    run."""
    tests = {run.id: stress_test.measure(run, dataset) for run in runs}
    rows = [
        ("as they are", *(accuracy_text(float(t.accuracy[0, 0])) for t in tests.values())),
        *(
            (
                f"{kind.title}: {kind.range_in_words}",
                *(accuracy_text(1 - test.error(name)) for test in tests.values()),
            )
            for name, kind in CORRUPTIONS.items()
        ),
        ("**mean corruption error**", *(percent(test.error(), 2) for test in tests.values())),
        ("the same, MNIST-C's fifteen", *(percent(t.mnist_c_error, 2) for t in tests.values())),
    ]
    return table(("test digits", *tests), rows)


def external_pictures_table(archive: Path) -> str:
    """How an archive of other people's pictures is read, kind by kind, as Markdown; see
    `external_pictures`."""
    results = external_pictures.measure(
        Predictor.load(store.get(external_pictures.NETWORK)), external_pictures.pictures(archive)
    )
    shares = ("right", "rejected", "nothing", "baseline")
    return table(
        ("kind", "pictures", "right", "rejected", "nothing found", "baseline"),
        [
            (
                external_pictures.KINDS.get(kind, kind),
                row["pictures"],
                *(percent(row[share], counted=True) for share in shares),
            )
            for kind, row in external_pictures.table(results).items()
        ],
    )


def fill(made: Mapping[str, str]) -> None:
    """Write figures, by the name of their block, into both files; other blocks stay as they are."""
    for page in (CARD, PROJECT_README):
        text = page.read_text("utf-8")
        filled = _BLOCK.sub(
            lambda m: f"{m[1]}\n{made[m[2]]}\n\n{m[3]}" if m[2] in made else m[0], text
        )
        page.write_text(filled, "utf-8")


def write(dataset: Dataset, drawn: Drawings, archive: Path | None = None) -> None:
    """Compute all figures and write them into both files.

    Args:
        dataset: MNIST.
        drawn: The drawings on which networks were trained; each network is measured on those held
            out from its training.
        archive: Of other people's pictures; None leaves their figures as they are.

    Raises:
        OtherDrawingsError: A network was trained on other drawings.
    """
    networks = [Network.measure(run, drawn) for run in store.list_pretrained()]
    made = blocks(networks, dataset)
    fill(made | ({"external_pictures": external_pictures_table(archive)} if archive else {}))
