"""Follow a training at the terminal, to its end."""

from __future__ import annotations

import time

from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from mnist_core.cli.console import UsageError, out, say
from mnist_core.config.formatting import accuracy_text, count, percent
from mnist_core.jobs import launcher
from mnist_core.runs.history import BatchRow, EpochRow, HistoryReader, Row
from mnist_core.runs.records import SUMMED_UP_STATES, Status, Summary
from mnist_core.runs.run import Run


def follow_to_end(run: Run) -> None:
    """Show the progress of a run until it ends, and its results; Ctrl-C asks it to stop.

    Raises:
        UsageError: The run failed.
    """
    status = _follow(run)
    if status.state not in SUMMED_UP_STATES or not status.summary:
        raise UsageError(f"{status.state}: {status.message} Log: {run.log_path}")
    print_summary(run, status, status.summary)


def print_summary(run: Run, status: Status, summary: Summary) -> None:
    """Print the results of a training."""
    own = run.config.data
    about = f" ({run.id}), trained on {own.name if own else status.dataset}. {status.message}"
    out.print(Text.assemble((run.name, "bold"), about))
    out.print(
        f"test accuracy {accuracy_text(summary.test_accuracy)}, test loss {summary.test_loss:.4f}, "
        f"{summary.test_errors} of {summary.test_size:,} wrong"
    )
    if summary.best_val_loss is not None and summary.best_val_accuracy is not None:
        out.print(
            f"best validation loss {summary.best_val_loss:.4f} "
            f"(accuracy {accuracy_text(summary.best_val_accuracy)}) after epoch "
            f"{summary.best_epoch}"
        )
    if summary.drawing_accuracy is not None:
        out.print(
            f"accuracy on the {summary.drawing_count:,} drawings held out "
            f"{accuracy_text(summary.drawing_accuracy)}"
        )
    say(
        f"{count(summary.epochs, 'epoch')}, {summary.parameters:,} parameters, "
        f"{summary.seconds:.0f} seconds; written to {run.directory}"
    )


def _follow(run: Run) -> Status:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[figures]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    history, printed = HistoryReader(run.history_path), 0
    with Progress(*columns, console=out) as progress:
        task = progress.add_task("queued", total=run.config.epochs, figures="")
        while True:
            try:
                status = run.status()
                printed = _show_rows(history.read()[0], printed, progress, task)
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


def _show_rows(rows: list[Row], printed: int, progress: Progress, task: TaskID) -> int:
    """Print each epoch after the last one printed, and advance the bar with the batches. Returns
    the epoch that is now the last one printed."""
    for row in rows:
        if isinstance(row, EpochRow) and row.epoch > printed:
            printed = row.epoch
            progress.console.print(
                f"epoch {row.epoch:3}  loss {row.loss:.4f}  accuracy {row.accuracy:.4f}  "
                f"val_loss {row.val_loss:.4f}  val_accuracy {row.val_accuracy:.4f}  "
                f"learning rate {row.learning_rate:.2g}"
            )
        if isinstance(row, BatchRow):
            progress.update(task, completed=row.epoch, figures=f"loss {row.loss:.3f}")
    return printed
