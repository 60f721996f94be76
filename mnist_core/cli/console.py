"""How commands print, show progress, and report errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from mnist_core.config.progress import Report
from mnist_core.errors import DigitLabError

# Texts are printed as they are: some are names that visitors gave.
out = Console(markup=False, emoji=False)
err = Console(stderr=True, markup=False, emoji=False)


class UsageError(DigitLabError):
    """The command can't do what was asked; the message says why."""


def say(text: str) -> None:
    """Print a line to standard output, however long it is."""
    out.print(text, soft_wrap=True, highlight=False)


def warn(text: str) -> None:
    """Print a warning to standard error."""
    err.print(text, style="yellow", soft_wrap=True)


def say_error(text: str) -> None:
    """Print an error to standard error."""
    err.print(text, style="red", soft_wrap=True)


@contextmanager
def progress_bar(title: str) -> Iterator[Report]:
    """A progress bar on standard error; yields a function to call with the share done, 0 to 1."""
    with Progress(TextColumn(title), BarColumn(), console=err, transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda share: bar.update(task, total=1.0, completed=share)
