"""Commands that measure networks: `evaluate`, `stress-test` and `calibrate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.table import Table
from rich.text import Text

from mnist_core.cli import inputs
from mnist_core.cli.console import UsageError, out, progress_bar, say, warn
from mnist_core.config.formatting import accuracy_text, percent, ratio
from mnist_core.digits.drawings import pen_dataset
from mnist_core.digits.drawings.pen_dataset import Drawings
from mnist_core.evaluation import cached_predictions, temperature_scaling
from mnist_core.evaluation.metrics import Evaluation
from mnist_core.evaluation.robustness import stress_test
from mnist_core.evaluation.robustness.corruptions import CORRUPTIONS, SEVERITIES
from mnist_core.evaluation.robustness.stress_test import StressTest
from mnist_core.runs import store
from mnist_core.runs.run import Run


def evaluate(
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="Id of a run.")],
    strokes_file: Annotated[
        Path | None,
        typer.Option("--strokes", help="UNIPEN file of drawings to evaluate on instead of MNIST."),
    ] = None,
) -> None:
    """Evaluate a run on the test set: loss, accuracy, classification report, confusion matrix."""
    run = inputs.run_with_weights(run_id)
    if strokes_file is None:
        data = inputs.dataset(run)
        split = cached_predictions.split_of(data, "test", run.config)
        result = cached_predictions.evaluate(run, split, data.name)
        where = f"the test set of {data.name}"
    elif run.config.data:
        raise UsageError(f"--strokes: these are digits, and {run.id} does not tell digits apart.")
    else:
        where, images, labels = unseen_drawings(inputs.drawings(strokes_file), run)
        classifier = cached_predictions.load_classifier(run)
        result = Evaluation(labels, classifier.probabilities(images), "drawings", "test")
    out.print(
        Text.assemble(
            (run.name, "bold"),
            f" on {where}: loss before calibration {result.loss:.4f}, "
            f"accuracy {accuracy_text(result.accuracy)}, "
            f"{result.errors} of {len(result.labels):,} wrong",
        ),
        soft_wrap=True,
    )
    _print_by_class(result, "class" if run.config.data else "digit", run.config.class_names)


def unseen_drawings(drawn: Drawings, run: Run) -> tuple[str, np.ndarray, np.ndarray]:
    """The drawings on which a network was not trained: a description, their images and their
    labels; if it was trained on all of them, all drawings, with a warning."""
    held_out = pen_dataset.held_out_of_training(run, drawn)
    if held_out.all():
        return f"the drawings of {drawn.file}", drawn.images, drawn.labels
    if held_out.any():
        known = np.isin(drawn.writers[held_out], drawn.writers[~held_out]).any()
        whose = "by writers it knows" if known else "all by other writers"
        what = f"the drawings of {drawn.file} held out of its training, {whose}"
        return what, drawn.images[held_out], drawn.labels[held_out]
    warn("This network was trained on these very drawings.")
    return f"the drawings of {drawn.file}, seen in training", drawn.images, drawn.labels


def stress_test_runs(
    run_ids: Annotated[list[str], typer.Argument(metavar="RUN", help="Ids of runs.")],
) -> None:
    """Measure how accuracy falls when digits are shifted, blurred, covered and so on.

    Each of the corruptions has five severities. For one run all accuracies are printed, for several
    the mean of the five, and last the mean corruption error. Results are cached beside the run.
    """
    runs = [inputs.run_with_weights(run_id) for run_id in run_ids]
    inputs.check_same_data(runs)
    data, tests = inputs.dataset(runs[0]), {}
    for run in runs:
        with progress_bar(run.name) as report:
            tests[run.id] = stress_test.measure(run, data, report)
    _print_stress_tests(tests, data.name)
    for run_id, test in tests.items():
        say(
            f"{run_id}: mean corruption error {accuracy_text(test.error())}; over the fifteen "
            f"corruptions of MNIST-C {accuracy_text(test.mnist_c_error)}"
        )


def calibrate(
    run_ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="RUN", help="Ids of runs; without any, the shipped networks."),
    ] = None,
) -> None:
    """Fit a network's temperature on its validation digits, so that its confidence is honest.

    Without arguments this overwrites the calibration.json of every shipped network.
    """
    names = run_ids or [run.id for run in store.list_pretrained()]
    for run in map(inputs.run_with_weights, names):
        calibration = temperature_scaling.calibrate(run, ship=run.pretrained)
        if calibration is None:
            raise UsageError(
                f"The data that {run.id} was trained on are not here. Run "
                "`python -m mnist_core data` to download them, or set MNIST_NPZ."
            )
        before, after = (percent(e, 2) for e in (calibration.error_before, calibration.error_after))
        say(
            f"{run.id}: temperature {calibration.temperature:.3f}, expected calibration error on "
            f"the test digits {before} → {after}"
        )


def _print_by_class(result: Evaluation, what: str, names: tuple[str, ...]) -> None:
    """Print the accuracy of each class, the most confused pairs, the classification report and the
    confusion matrix; `what` is the word for a class."""
    share = result.accuracy_by_digit().accuracy
    shares = ", ".join(
        f"{names[label]}: {accuracy_text(share[label])}" for label in np.unique(result.labels)
    )
    say(f"accuracy by {what}: {shares}")
    for pair in result.confused_pairs(5):
        say(pair.in_words(names))
    report = Table(what, "precision", "recall", "F1", "support", title="Classification report")
    for row in result.report(names):
        ratios = (ratio(value) for value in (row.precision, row.recall, row.f1))
        report.add_row(row.name, *ratios, f"{row.support:,}")
    out.print(report)
    matrix = Table("", *names, title="Confusion matrix: rows true, columns predicted")
    for name, row in zip(names, result.confusion_matrix(), strict=True):
        matrix.add_row(name, *(str(int(count)) if count else "·" for count in row))
    out.print(matrix)


def _print_stress_tests(tests: dict[str, StressTest], data_name: str) -> None:
    """Print accuracies by corruption: for one run at each severity, for several runs their
    means."""
    first = next(iter(tests.values()))
    heads = list(tests) if len(tests) > 1 else ["none", *map(str, range(1, SEVERITIES + 1))]
    what = f"{first.digits:,} test digits of {data_name}"
    table = Table("corruption", *heads, title=f"Accuracy on {what}, by corruption and severity")
    for name, kind in CORRUPTIONS.items():
        shares = (
            first.accuracy_by_severity(name)
            if len(tests) == 1
            else [1 - t.error(name) for t in tests.values()]
        )
        table.add_row(kind.title, *(accuracy_text(float(share)) for share in shares))
    out.print(table)
