"""The command line: `python -m mnist_core COMMAND`; `--help` lists the commands."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

import mnist_core
from mnist_core.cli import (
    data,
    evaluation,
    exports,
    lessons,
    maintenance,
    overview,
    predict_command,
    training,
)
from mnist_core.cli.console import out, say_error
from mnist_core.errors import DigitLabError


def _show_version(wanted: bool) -> None:
    if wanted:
        out.print(f"Digit Lab {mnist_core.__version__}", highlight=False)
        raise typer.Exit


def common(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Options that stand before a command."""


app = typer.Typer(
    help="Digit Lab: train networks on MNIST and see what they predict.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.callback()(common)
app.command("train")(training.train)
app.command("sweep")(training.sweep)
app.command("resume")(training.resume)
app.command("evaluate")(evaluation.evaluate)
app.command("stress-test")(evaluation.stress_test_runs)
app.command("predict")(predict_command.predict)
app.command("export")(exports.export)
app.command("report")(exports.report)
app.command("calibrate")(evaluation.calibrate)
app.command("train-detector")(maintenance.train_detector)
app.command("card")(maintenance.card)
app.command("runs")(overview.runs)
app.command("settings")(overview.settings)

lessons_app = typer.Typer(help="Lessons: Markdown files with a header.", no_args_is_help=True)
lessons_app.command("check")(lessons.check)
app.add_typer(lessons_app, name="lessons")

data_app = typer.Typer()
data_app.callback(invoke_without_command=True)(data.show)
data_app.command("import")(data.import_files)
data_app.command("list")(data.list_all)
data_app.command("delete")(data.delete)
app.add_typer(data_app, name="data")


def main() -> None:
    """Run the command line; errors that a person can put right go to standard error, with exit code
    2."""
    try:
        app()
    except (DigitLabError, OSError) as error:
        say_error(str(error))
        sys.exit(2)
