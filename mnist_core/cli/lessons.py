"""The command `lessons check`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mnist_core.cli.console import err, say, say_error
from mnist_core.lessons import reading


def check(
    path: Annotated[Path, typer.Argument(help="A lesson's file, or a folder of lessons.")],
) -> None:
    """Check lessons: what is wrong, with its line. The exit code is 1 if anything is."""
    if path.is_dir():
        found, faults = reading.read_folder(path)
    else:
        try:
            found, faults = [reading.read(path)], []
        except reading.LessonError as error:
            found, faults = [], [error]
    for fault in faults:
        say_error(str(fault))
    for lesson in found:
        say(f"{lesson.id}: {lesson.header.title}")
    if not found and not faults:
        err.print(f"There is no lesson in {path}: its files end in .md.", soft_wrap=True)
    raise typer.Exit(1 if faults or not found else 0)
