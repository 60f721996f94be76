"""Commands that make files that ship with the project: `train-detector` and `card`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from mnist_core.cli import inputs
from mnist_core.cli.console import err
from mnist_core.digits.datasets import mnist
from mnist_core.evaluation import non_digit_detector


def train_detector(
    strokes_file: Annotated[
        Path | None,
        typer.Option("--strokes", help="UNIPEN file of drawings to train on as well."),
    ] = None,
    directory: Annotated[
        Path, typer.Option(help="Where to write it.")
    ] = non_digit_detector.DIRECTORY,
) -> None:
    """Train the small network that tells digits from other drawings, and measure it."""
    from mnist_core.training import non_digit_detector_training

    detector = non_digit_detector_training.train(strokes_file, progress=err.print)
    detector.save(directory)
    print(json.dumps(detector.report, indent=2))


def card(
    strokes_file: Annotated[
        Path,
        typer.Option("--strokes", help="UNIPEN file of drawings that the networks trained on."),
    ],
    external_pictures: Annotated[
        Path | None, typer.Option(help="Zip archive of other people's pictures to read, too.")
    ] = None,
) -> None:
    """Measure the shipped networks and write the figures into models/README.md and README.md."""
    from mnist_core.model_card import card

    drawn = inputs.drawings(strokes_file)
    card.write(mnist.load_mnist(), drawn, external_pictures)
