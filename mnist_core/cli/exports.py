"""Commands that write a run for other programs and for people: `export` and `report`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from mnist_core.cli import inputs
from mnist_core.cli.console import UsageError, say
from mnist_core.runs import store


def export(
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="Id of a run.")],
    csv: Annotated[
        Path | None, typer.Option(help="File for the predictions: label and ten probabilities.")
    ] = None,
    errors: Annotated[
        Path | None, typer.Option(help="The same for what is misclassified alone.")
    ] = None,
    split: Annotated[
        str, typer.Option(help="Digits of --csv and --errors: test, validation or train.")
    ] = "test",
    onnx: Annotated[Path | None, typer.Option(help="File for the network as ONNX.")] = None,
    tflite: Annotated[
        Path | None, typer.Option(help="File for the network as TensorFlow Lite.")
    ] = None,
    script: Annotated[
        Path | None, typer.Option(help="File for the training as a Keras script.")
    ] = None,
    notebook: Annotated[
        Path | None, typer.Option(help="File for the training as a Jupyter notebook.")
    ] = None,
    tensorboard: Annotated[
        Path | None, typer.Option(help="Folder for the curves, as TensorBoard reads them.")
    ] = None,
) -> None:
    """Write a run in forms that other programs read: CSV, ONNX, TensorFlow Lite and so on."""
    from mnist_core.exports import formats

    run = store.get(run_id)
    files: dict[Path | None, Callable[[], str | bytes]] = {
        csv: lambda: formats.csv_of(run, inputs.dataset(run), split),
        errors: lambda: formats.csv_of(run, inputs.dataset(run), split, errors_only=True),
        onnx: lambda: formats.onnx_of(run),
        tflite: lambda: formats.tflite_of(run),
        script: lambda: formats.script_of(run),
        notebook: lambda: formats.notebook_of(run),
    }
    wanted = {path: made for path, made in files.items() if path is not None}
    if not wanted and tensorboard is None:
        raise UsageError("Say what to write, for instance --onnx FILE; --help lists the forms.")
    for path, made in wanted.items():
        content = made()
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        say(f"{path}: {path.stat().st_size:,} bytes")
    if tensorboard is not None:
        written_to = formats.write_tensorboard(run, tensorboard)
        say(f"{written_to}: tensorboard --logdir {tensorboard}")


def report(
    run_ids: Annotated[
        list[str], typer.Argument(metavar="RUN", help="Id of a run; several are compared.")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="The HTML file to write.")],
) -> None:
    """Write a report of a run, or of several compared, as one HTML file that needs no network.

    It has the stress test of a run that was measured by stress-test before.
    """
    from mnist_core.exports import report as reports

    if len(set(run_ids)) < len(run_ids):
        raise UsageError("A run can't be compared with itself. Name each run once.")
    runs = [store.get(run_id) for run_id in run_ids]
    inputs.check_same_data(runs)
    output.write_text(reports.report(runs, inputs.dataset(runs[0])), "utf-8")
    say(f"{output}: {output.stat().st_size:,} bytes")
