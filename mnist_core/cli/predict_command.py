"""The command `predict`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from mnist_core.cli import inputs
from mnist_core.cli.console import say, say_error, warn
from mnist_core.evaluation import temperature_scaling
from mnist_core.predict import files
from mnist_core.predict.predictor import Predictor

DEFAULT_MODEL = "champion"


def predict(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="Images, drawings as .json (saved on the Draw page, or Fabric.js), or folders."
        ),
    ],
    model: Annotated[str, typer.Option(help="Id of a run or shipped network.")] = DEFAULT_MODEL,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a JSON object for each answer, one per line.")
    ] = False,
) -> None:
    """Predict the digits in images and drawings, as the Draw page does.

    Several digits are read as a number; --json says where each digit is. A file saved on the Draw
    page has an answer for each of its drawings. The exit code is 1 if a file can't be read, or a
    folder has none.
    """
    run = inputs.run_with_weights(model)
    predictor = Predictor.load(run)
    if temperature_scaling.load(run) is None:
        warn(temperature_scaling.not_calibrated(run.id, temperature_scaling.NO_TRAINING_DATA))
    failures = 0
    for answer in files.predictions(paths, predictor):
        failed = answer["status"] == "error"
        failures += failed
        if failed:
            say_error(f"{answer['path']}: {answer['message']}")
        if as_json:
            print(json.dumps(answer), flush=True)
        elif not failed:
            say(f"{answer['path']}: {files.in_words(answer)}")
    raise typer.Exit(1 if failures else 0)
