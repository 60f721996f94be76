"""The command line: `python -m mnist_core COMMAND`; `--help` lists the commands."""

from __future__ import annotations

import json
import shlex
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Column, Table
from rich.text import Text

import mnist_core
from mnist_core import file_predictions
from mnist_core.config import options, variations
from mnist_core.config import settings as setting_table
from mnist_core.config.config import PRECISIONS, AddedDrawings, TrainingConfig, parameter_count
from mnist_core.config.formatting import accuracy_text, count, percent, ratio
from mnist_core.config.presets import DRAWINGS, PRESETS
from mnist_core.digits import own_data, packed_files, pen_dataset
from mnist_core.digits.dataset import Dataset
from mnist_core.digits.mnist import load as load_dataset
from mnist_core.digits.mnist import load_mnist
from mnist_core.digits.pen_dataset import Drawings
from mnist_core.errors import DigitLabError
from mnist_core.evaluation import ood_detector, predictions, stress_test, temperature_scaling
from mnist_core.evaluation.corruptions import CORRUPTIONS, STRENGTHS
from mnist_core.evaluation.metrics import Evaluation
from mnist_core.jobs import launcher, queue
from mnist_core.lessons import reading as lesson_files
from mnist_core.predict import Predictor
from mnist_core.runs import environment, shipping, store
from mnist_core.runs.history import BatchRow, EpochRow, HistoryReader
from mnist_core.runs.records import Status, Summary
from mnist_core.runs.run import Run

app = typer.Typer(
    help="Digit Lab: train networks on MNIST and see what they predict.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
lessons_app = typer.Typer(help="Lessons: Markdown files with a header.", no_args_is_help=True)
app.add_typer(lessons_app, name="lessons")
data_app = typer.Typer()
app.add_typer(data_app, name="data")
# Texts are printed as they are: some are names that visitors gave.
out = Console(markup=False, emoji=False)
err = Console(stderr=True, markup=False, emoji=False)
SHIPPED_BATCH_ROWS = 5000
SHIPPED_EPOCHS = 6
SHIPPED_EPOCH_BYTES = 18_000_000  # three of the champion
DEFAULT_MODEL = "champion"


class UsageError(DigitLabError):
    """What was asked for can't be done; the message says why."""


def _show_version(wanted: bool) -> None:
    if wanted:
        out.print(f"Digit Lab {mnist_core.__version__}", highlight=False)
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Options that stand before a command."""


@data_app.callback(invoke_without_command=True)
def data(
    context: typer.Context,
    own: Annotated[
        str | None, typer.Option("--data", help="Name of a data set of your own instead of MNIST.")
    ] = None,
) -> None:
    """Show the data's shapes and class distribution; download MNIST if it is not here.

    The commands below are about data sets of your own.
    """
    if context.invoked_subcommand:
        return
    dataset = _dataset() if own is None else own_data.load(own_data.get(own).about.data)
    out.print(Text.assemble((dataset.name, "bold"), f": {dataset.source}"))
    for name in ("x_train", "y_train", "x_test", "y_test"):
        array = getattr(dataset, name)
        out.print(f"{name:8}{array.shape!s:18}{array.dtype}  {array.min()}–{array.max()}")
    names = dataset.names
    table = Table("class", "training", "test", title="Class distribution")
    counts = [np.bincount(y, minlength=len(names)) for y in (dataset.y_train, dataset.y_test)]
    for name, train_count, test_count in zip(names, *counts, strict=True):
        table.add_row(name, f"{train_count:,}", f"{test_count:,}")
    out.print(table)


@data_app.command("import")
def import_data(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="An .npz, a zip archive, a folder of images in folders by class, a CSV, or IDX "
            "files that belong together."
        ),
    ],
    name: Annotated[str, typer.Option(help="What the data set is to be called.")],
    classes: Annotated[
        str, typer.Option(help="Names of the classes, with commas between, in their order.")
    ] = "",
) -> None:
    """Bring a data set of your own: labelled images of 2 to 26 classes.

    Images that are not 28×28 pixels, light on dark, are read like photos of digits.
    """
    brought = [file for path in paths for file in packed_files.files_of(path)]
    with Progress(TextColumn("Reading"), BarColumn(), console=err, transient=True) as bar:
        done = partial(_show_share, bar, bar.add_task("", total=1.0))
        own, found = own_data.bring(
            brought, name, classes.split(",") if classes else (), report=done
        )
    for what, why in found.refused.items():
        err.print(f"{what}: {why}", style="yellow", soft_wrap=True)
    if found.refusals > len(found.refused):
        err.print(f"{found.refusals - len(found.refused):,} more are left out.", style="yellow")
    for sentence in found.in_words():
        out.print(sentence, soft_wrap=True, highlight=False)
    out.print(f"python -m mnist_core train --preset speedrun --data {own.id}", soft_wrap=True)


@data_app.command("list")
def list_data() -> None:
    """List the data sets of your own."""
    table = Table("id", "name", "training", "test", "classes", "runs", box=None)
    for own in own_data.list_all():
        about, runs = own.about, len(own.used_by())
        classes = ", ".join(about.data.names)
        table.add_row(
            own.id, own.name, f"{about.training:,}", f"{about.test:,}", classes, str(runs)
        )
    out.print(table)


@data_app.command("delete")
def delete_data(
    name: Annotated[str, typer.Argument(help="Name or id of a data set of your own.")],
) -> None:
    """Delete a data set. Networks that were trained on it can still be drawn with."""
    own = own_data.get(name)
    used = [run.id for run in own.used_by()]
    own_data.delete(own)
    out.print(f"{own.name} is deleted.")
    if used:
        out.print(f"These runs were trained on it: {', '.join(used)}.", soft_wrap=True)


@app.command()
def train(
    preset: Annotated[
        str,
        typer.Option(help=f"Network and recipe to start from: {', '.join(PRESETS)}."),
    ],
    epochs: Annotated[int | None, typer.Option(help="Maximum epochs.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Digits per step.")] = None,
    learning_rate: Annotated[
        float | None, typer.Option(help="Learning rate; the peak of a one-cycle schedule.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of all that is random.")] = None,
    teacher_epochs: Annotated[
        int | None,
        typer.Option(
            help="Train a convolutional teacher for so many epochs first, and learn from it."
        ),
    ] = None,
    data_echoing: Annotated[
        int | None, typer.Option(help="Epochs in a row that see the same augmented digits.")
    ] = None,
    precision: Annotated[
        str | None,
        typer.Option(help=f"Of matrix products: {' or '.join(PRECISIONS)} (quick with AMX)."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the run.")] = None,
    directory: Annotated[
        Path | None,
        typer.Option(help="Write the run here, to ship it; replaces one that is there."),
    ] = None,
    strokes_file: Annotated[
        Path | None, typer.Option("--strokes", help="UNIPEN file of drawings to train on as well.")
    ] = None,
    own: Annotated[
        str | None, typer.Option("--data", help="Name of a data set of your own instead of MNIST.")
    ] = None,
) -> None:
    """Train a preset, changed as asked; Ctrl-C stops and keeps the best epoch so far."""
    if preset not in PRESETS:
        raise UsageError(f"--preset: expected one of {', '.join(PRESETS)}, got {preset!r}.")
    name = preset if name is None else name
    asked = {
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "seed": seed,
        "teacher_epochs": teacher_epochs,
        "data_echoing": data_echoing,
        "precision": precision,
    }
    asked = {key: value for key, value in asked.items() if value is not None}
    config = PRESETS[preset].with_changes(**options.changes(preset, asked))
    said = "".join(f" --{key.replace('_', '-')} {value}" for key, value in asked.items())
    command = f"python -m mnist_core train --preset {preset}{said}"
    if own is not None:
        if strokes_file is not None:
            raise UsageError("--strokes: these are digits; with --data they can't be added.")
        config = config.with_changes(data=own_data.get(own).about.data)
        command += f" --data {shlex.quote(own)}"
    if strokes_file is None:
        run = launcher.start(config, name, directory, command=command)
    else:
        added = DRAWINGS.get(preset, {"copies": AddedDrawings.copies})
        pens = {key: added[key] for key in ("copies", "thickest_pen") if key in added}
        drawn = _drawings(
            strokes_file,
            seed=config.seed,
            writers_held_out=added.get("writers_held_out", 0),
            **pens,
        )
        config = config.with_changes(drawings=added | {"sha256": drawn.sha256})
        command += f" --strokes {drawn.file}"
        extra: dict[str, Any] = {"command": command, "drawings": drawn.description()}

        def fill(run: Run) -> None:
            drawn.save(run.directory / pen_dataset.FILE_NAME)

        run = launcher.start(config, name, directory, fill=fill, **extra)
    _wait_for(run)
    _thin_shipped(run)


@app.command()
def sweep(
    preset: Annotated[
        str, typer.Option(help=f"Network and recipe to start from: {', '.join(PRESETS)}.")
    ],
    vary: Annotated[
        list[str] | None,
        typer.Option(help="A setting and its values, such as learning_rate=0.003,0.01; up to 3."),
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="How many seeds each is trained with.")] = 1,
    draw: Annotated[
        int, typer.Option(min=0, help="Draw so many combinations at random; 0: all.")
    ] = 0,
    epochs: Annotated[int | None, typer.Option(help="Maximum epochs.")] = None,
    name: Annotated[str, typer.Option(help="Name of the sweep.")] = "Sweep",
) -> None:
    """Train many variations of a preset, one after the other, in the background.

    Settings that can be varied are listed where an unknown one is asked for. The Experiments page
    shows what came of it.
    """
    if preset not in PRESETS:
        raise UsageError(f"--preset: expected one of {', '.join(PRESETS)}, got {preset!r}.")
    asked: dict[str, list[Any]] = {}
    for text in vary or []:
        setting, _, values = text.partition("=")
        if setting in asked:
            raise UsageError(
                f"--vary: {setting} is there twice. Give all its values at once, with commas."
            )
        asked[setting] = variations.parse(setting, values)
    base = PRESETS[preset]
    base = base.with_changes(**({} if epochs is None else {"epochs": epochs}))
    planned = variations.variations(preset, base, asked, seeds, draw)
    seconds = queue.expected_sweep([one.config for one in planned])
    runs = launcher.start_sweep(name, planned)
    minutes = count(max(1, round(seconds / 60)), "minute")
    out.print(
        f"{len(runs)} runs, {runs[0].id} to {runs[-1].id}; about {minutes}",
        soft_wrap=True,
        highlight=False,
    )


@app.command()
def resume(run_id: Annotated[str, typer.Argument(metavar="RUN", help="Id of a run.")]) -> None:
    """Continue an interrupted, failed or stopped training after its last complete epoch."""
    run = store.get(run_id)
    launcher.resume(run)
    _wait_for(run)
    _thin_shipped(run)


@app.command()
def evaluate(
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="Id of a run.")],
    strokes_file: Annotated[
        Path | None,
        typer.Option("--strokes", help="UNIPEN file of drawings to evaluate on instead of MNIST."),
    ] = None,
) -> None:
    """Evaluate a run on the test set: loss, accuracy, classification report, confusion matrix."""
    run = store.get(run_id)
    classifier = predictions.load_classifier(_with_weights(run))
    if strokes_file is None:
        dataset = _dataset(run)
        probabilities = classifier.probabilities(dataset.x_test)
        result = Evaluation(dataset.y_test, probabilities, dataset.name, "test")
        what = f"the test set of {dataset.name}"
    elif run.config.data:
        raise UsageError(f"--strokes: these are digits, and {run.id} does not tell digits apart.")
    else:
        what, images, labels = _unseen(_drawings(strokes_file), run)
        result = Evaluation(labels, classifier.probabilities(images), "drawings", "test")
    out.print(
        Text.assemble(
            (run.name, "bold"),
            f" on {what}: loss before calibration {result.loss:.4f}, "
            f"accuracy {accuracy_text(result.accuracy)}, "
            f"{result.errors} of {len(result.labels):,} wrong",
        ),
        soft_wrap=True,
    )
    share, names = result.accuracy_by_digit().accuracy, run.config.class_names
    shares = ", ".join(
        f"{names[label]}: {accuracy_text(share[label])}" for label in np.unique(result.labels)
    )
    what = "class" if run.config.data else "digit"
    out.print(f"accuracy by {what}: {shares}", soft_wrap=True, highlight=False)
    for pair in result.confused_pairs(5):
        out.print(pair.in_words(names), highlight=False)
    report = Table(what, "precision", "recall", "F1", "support", title="Classification report")
    for row in result.report(names):
        ratios = (ratio(value) for value in (row.precision, row.recall, row.f1))
        report.add_row(row.name, *ratios, f"{row.support:,}")
    out.print(report)
    matrix = Table("", *names, title="Confusion matrix: rows true, columns predicted")
    for name, row in zip(names, result.confusion_matrix(), strict=True):
        matrix.add_row(name, *(str(int(count)) if count else "·" for count in row))
    out.print(matrix)


@app.command("stress-test")
def stress_test_runs(
    run_ids: Annotated[list[str], typer.Argument(metavar="RUN", help="Ids of runs.")],
) -> None:
    """Measure how accuracy falls when digits are shifted, blurred, covered and so on.

    Each of the corruptions has five strengths. For one run all accuracies are printed, for several
    the mean of the five, and last the mean corruption error. Results are kept beside the run.
    """
    runs = [_with_weights(store.get(run_id)) for run_id in run_ids]
    if len({run.config.data for run in runs}) > 1:
        raise UsageError("These runs were trained on different data. Name runs of the same data.")
    dataset, tests = _dataset(runs[0]), {}
    with Progress(
        TextColumn("{task.description}"), BarColumn(), console=err, transient=True
    ) as bar:
        for run in runs:
            done = partial(_show_share, bar, bar.add_task(run.name, total=1.0))
            tests[run.id] = stress_test.measure(run, dataset, done)
    first = next(iter(tests.values()))
    heads = list(tests) if len(tests) > 1 else ["none", *map(str, range(1, STRENGTHS + 1))]
    what = f"{first.digits:,} test digits of {dataset.name}"
    table = Table("corruption", *heads, title=f"Accuracy on {what}, by corruption and strength")
    for name, kind in CORRUPTIONS.items():
        shares = first.of(name) if len(tests) == 1 else [1 - t.error(name) for t in tests.values()]
        table.add_row(kind.title, *(accuracy_text(float(share)) for share in shares))
    out.print(table)
    for run_id, test in tests.items():
        out.print(
            f"{run_id}: mean corruption error {accuracy_text(test.error())}; over the fifteen "
            f"corruptions of MNIST-C {accuracy_text(test.mnist_c_error)}",
            soft_wrap=True,
            highlight=False,
        )


@app.command("predict")
def predict_files(
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
    run = _with_weights(store.get(model))
    predictor = Predictor.load(run)
    if temperature_scaling.load(run) is None:
        err.print(
            temperature_scaling.not_calibrated(run.id, temperature_scaling.NO_TRAINING_DATA),
            style="yellow",
            soft_wrap=True,
        )
    failures = 0
    for answer in file_predictions.predictions(paths, predictor):
        path = answer["path"]
        failures += answer["status"] == "error"
        if answer["status"] == "error":
            err.print(f"{path}: {answer['message']}", style="red", soft_wrap=True)
        if as_json:
            print(json.dumps(answer), flush=True)
        elif answer["status"] != "error":
            out.print(f"{path}: {file_predictions.in_words(answer)}", soft_wrap=True)
    raise typer.Exit(1 if failures else 0)


@app.command()
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
    from mnist_core.exports import forms

    run = store.get(run_id)
    files: dict[Path | None, Callable[[], str | bytes]] = {
        csv: lambda: forms.csv_of(run, _dataset(run), split),
        errors: lambda: forms.csv_of(run, _dataset(run), split, errors_only=True),
        onnx: lambda: forms.onnx_of(run),
        tflite: lambda: forms.tflite_of(run),
        script: lambda: forms.script_of(run),
        notebook: lambda: forms.notebook_of(run),
    }
    wanted = {path: made for path, made in files.items() if path is not None}
    if not wanted and tensorboard is None:
        raise UsageError("Say what to write, for instance --onnx FILE; --help lists the forms.")
    for path, made in wanted.items():
        content = made()
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        out.print(f"{path}: {path.stat().st_size:,} bytes", soft_wrap=True, highlight=False)
    if tensorboard is not None:
        place = forms.write_tensorboard(run, tensorboard)
        out.print(f"{place}: tensorboard --logdir {tensorboard}", soft_wrap=True, highlight=False)


@app.command()
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

    runs = [store.get(run_id) for run_id in run_ids]
    if len({run.config.data for run in runs}) > 1:
        raise UsageError("These runs were trained on different data. Name runs of the same data.")
    output.write_text(reports.report(runs, _dataset(runs[0])), "utf-8")
    out.print(f"{output}: {output.stat().st_size:,} bytes", soft_wrap=True, highlight=False)


@app.command()
def calibrate(
    run_ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="RUN", help="Ids of runs; without any, the shipped networks."),
    ] = None,
) -> None:
    """Fit a network's temperature on its validation digits, so that its confidence is honest.

    Without arguments this overwrites the calibration.json of every shipped network.
    """
    for run in [store.get(name) for name in run_ids or []] or store.list_pretrained():
        found = temperature_scaling.calibrate(_with_weights(run), ship=run.pretrained)
        if found is None:
            raise UsageError(
                f"The data that {run.id} was trained on are not here. Run "
                "`python -m mnist_core data` to download them, or set MNIST_NPZ."
            )
        out.print(
            f"{run.id}: temperature {found.temperature:.3f}, expected calibration error on the "
            f"test digits {percent(found.error_before, 2)} → {percent(found.error_after, 2)}",
            soft_wrap=True,
            highlight=False,
        )


@app.command("train-detector")
def train_detector(
    strokes_file: Annotated[
        Path | None,
        typer.Option("--strokes", help="UNIPEN file of drawings to train on as well."),
    ] = None,
    directory: Annotated[Path, typer.Option(help="Where to write it.")] = ood_detector.DIRECTORY,
) -> None:
    """Train the small network that tells digits from other drawings, and measure it."""
    from mnist_core.training import ood_training

    detector = ood_training.train(strokes_file, progress=err.print)
    detector.save(directory)
    print(json.dumps(detector.report, indent=2))


@app.command()
def card(
    strokes_file: Annotated[
        Path,
        typer.Option("--strokes", help="UNIPEN file of drawings that the networks trained on."),
    ],
    strangers: Annotated[
        Path | None, typer.Option(help="Zip archive of other people's pictures to read, too.")
    ] = None,
) -> None:
    """Measure the shipped networks and write the figures into models/README.md and README.md."""
    from mnist_core import model_card

    drawn = _drawings(strokes_file)
    model_card.write(load_mnist(), drawn, strangers)


@app.command("runs")
def list_all() -> None:
    """List the shipped networks and your runs."""
    table = Table(  # in a narrow terminal ids and names are folded, figures stay whole
        Column("id", overflow="fold"),
        Column("name", overflow="fold"),
        *(
            Column(title, no_wrap=True)
            for title in ("state", "test accuracy", "parameters", "epochs", "seconds")
        ),
        box=None,
        padding=(0, 2, 0, 0),
    )
    for run in (*store.list_pretrained(), *store.list_runs()):
        status = run.status()
        summary = status.summary
        table.add_row(
            run.id,
            run.name,
            status.state,
            f"{accuracy_text(summary.test_accuracy)} ({status.dataset})" if summary else "",
            f"{parameter_count(run.config)[0]:,}",
            str(summary.epochs) if summary else "",
            f"{summary.seconds:.0f}" if summary else "",
        )
    out.print(table)


@app.command()
def settings() -> None:
    """Show all settings, environment variables: what each is, its default and its meaning."""
    wrong = setting_table.problems()
    if wrong:
        raise UsageError("\n".join(wrong))
    table = Table(
        Column("name", no_wrap=True),
        Column("value", overflow="fold"),
        Column("default"),
        Column("meaning", ratio=1),
        box=None,
        padding=(0, 2, 1, 0),
    )
    for setting in setting_table.SETTINGS.values():
        cells = (setting.name, setting.shown(), setting.default_now(), setting.meaning)
        table.add_row(*cells)
    out.print(table)


@lessons_app.command("check")
def check_lessons(
    path: Annotated[Path, typer.Argument(help="A lesson's file, or a folder of lessons.")],
) -> None:
    """Check lessons: what is wrong, with its line. The exit code is 1 if anything is."""
    if path.is_dir():
        found, faults = lesson_files.read_folder(path)
    else:
        try:
            found, faults = [lesson_files.read(path)], []
        except lesson_files.LessonError as error:
            found, faults = [], [error]
    for fault in faults:
        err.print(str(fault), style="red", soft_wrap=True)
    for lesson in found:
        out.print(f"{lesson.id}: {lesson.header.title}", soft_wrap=True, highlight=False)
    if not found and not faults:
        err.print(f"There is no lesson in {path}: its files end in .md.", soft_wrap=True)
    raise typer.Exit(1 if faults or not found else 0)


def _show_share(bar: Progress, task: TaskID, share: float) -> None:
    bar.update(task, completed=share)


def _thin_shipped(run: Run) -> None:
    """Delete from a complete training outside the users' runs what is not shipped."""
    if run.directory.parent != environment.runs_directory() and run.status().state == "done":
        shipping.thin(run, SHIPPED_BATCH_ROWS, SHIPPED_EPOCHS, SHIPPED_EPOCH_BYTES)


def _wait_for(run: Run) -> None:
    """Follow a training to its end and say how it went."""
    status = _follow(run, run.config)
    if status.state not in ("done", "stopped") or not status.summary:
        raise UsageError(f"{status.state}: {status.message} Log: {run.log_path}")
    _print_summary(run, status, status.summary)


def _follow(run: Run, config: TrainingConfig) -> Status:
    """Show the progress of a run until it ends; Ctrl-C asks it to stop."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[figures]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    history, printed = HistoryReader(run.history_path), 0
    with Progress(*columns, console=out) as progress:
        task = progress.add_task("queued", total=config.epochs, figures="")
        while True:
            try:
                status = run.status()
                for row in history.read()[0]:
                    if isinstance(row, EpochRow) and row.epoch > printed:
                        printed = row.epoch
                        progress.console.print(
                            f"epoch {row.epoch:3}  loss {row.loss:.4f}  "
                            f"accuracy {row.accuracy:.4f}  val_loss {row.val_loss:.4f}  "
                            f"val_accuracy {row.val_accuracy:.4f}  "
                            f"learning rate {row.learning_rate:.2g}"
                        )
                    if isinstance(row, BatchRow):
                        figures = f"loss {row.loss:.3f}"
                        progress.update(task, completed=row.epoch, figures=figures)
                if status.distilled is not None:
                    share = percent(status.distilled, 0, counted=True)
                    progress.update(task, figures=f"teacher {share}")
                progress.update(task, description=status.state)
                if not status.active:
                    return status
                time.sleep(0.2)
            except KeyboardInterrupt:
                progress.console.print("Stopping …")
                launcher.stop(run)


def _print_summary(run: Run, status: Status, s: Summary) -> None:
    own = run.config.data
    said = f" ({run.id}), trained on {own.name if own else status.dataset}. {status.message}"
    out.print(Text.assemble((run.name, "bold"), said))
    out.print(
        f"test accuracy {accuracy_text(s.test_accuracy)}, test loss {s.test_loss:.4f}, "
        f"{s.test_errors} of {s.test_size:,} wrong"
    )
    if s.best_val_loss is not None and s.best_val_accuracy is not None:
        out.print(
            f"best validation loss {s.best_val_loss:.4f} "
            f"(accuracy {accuracy_text(s.best_val_accuracy)}) after epoch {s.best_epoch}"
        )
    if s.drawing_accuracy is not None:
        out.print(
            f"accuracy on the {s.drawing_count:,} drawings held out "
            f"{accuracy_text(s.drawing_accuracy)}"
        )
    out.print(
        f"{count(s.epochs, 'epoch')}, {s.parameters:,} parameters, {s.seconds:.0f} seconds; "
        f"written to {run.directory}",
        soft_wrap=True,
    )


def _dataset(run: Run | None = None) -> Dataset:
    """The data, those of a run where one is named: with a progress bar for a download, and a
    warning if it fails."""
    if run and run.config.data:
        return own_data.load(run.config.data)
    columns = (TextColumn("Downloading MNIST"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task("", visible=False)
        dataset = load_dataset(
            lambda done, total: progress.update(
                task, completed=done, total=total or None, visible=True
            )
        )
    for warning in dataset.warnings:
        err.print(warning, style="yellow", soft_wrap=True)
    if dataset.name == "sample":
        err.print("This is the offline sample of 1,797 digits, not MNIST.", style="yellow")
    return dataset


def _drawings(path: Path, **redrawing: Any) -> Drawings:
    """The digits of a UNIPEN file as the Draw page would see them, redrawn for training as asked;
    see `pen_dataset.from_unipen`. With a progress bar."""
    with Progress(TextColumn("Drawing digits"), BarColumn(), console=err, transient=True) as bar:
        task = bar.add_task("", total=None)
        drawn = pen_dataset.from_unipen(
            path,
            lambda done, total: bar.update(task, completed=done, total=total),
            **redrawing,
        )
    if drawn.skipped:
        err.print(f"{drawn.skipped} drawings are left out: blank, or only a dot.", style="yellow")
    return drawn


def _unseen(drawn: Drawings, run: Run) -> tuple[str, np.ndarray, np.ndarray]:
    """The drawings that a network was not trained on: what they are, their images and labels. All
    drawings, with a warning, if it was trained on all of them."""
    held_out = pen_dataset.held_out_by(run, drawn)
    if held_out.all():
        return f"the drawings of {drawn.file}", drawn.images, drawn.labels
    if held_out.any():
        known = np.isin(drawn.writers[held_out], drawn.writers[~held_out]).any()
        whose = "by writers it knows" if known else "all by other writers"
        what = f"the drawings of {drawn.file} held out of its training, {whose}"
        return what, drawn.images[held_out], drawn.labels[held_out]
    err.print("This network was trained on these very drawings.", style="yellow")
    return f"the drawings of {drawn.file}, seen in training", drawn.images, drawn.labels


def _with_weights(run: Run) -> Run:
    if not run.usable:
        raise UsageError(f"{run.id} has no weights yet: its state is {run.status().state}.")
    return run


def main() -> None:
    """Run the command line; errors of use go to standard error, exit code 2."""
    try:
        app()
    except (DigitLabError, OSError) as error:
        err.print(str(error), style="red", soft_wrap=True)
        sys.exit(2)
