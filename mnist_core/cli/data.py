"""Commands about the data: `data`, `data import`, `data list` and `data delete`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.table import Table
from rich.text import Text

from mnist_core.cli import inputs
from mnist_core.cli.console import out, progress_bar, say, warn
from mnist_core.digits.datasets import own_data, packed_files


def show(
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
    dataset = inputs.dataset() if own is None else own_data.load(own_data.get(own).about.data)
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


def import_files(
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
    with progress_bar("Reading") as report:
        own, found = own_data.import_data(
            brought, name, classes.split(",") if classes else (), report=report
        )
    for what, why in found.left_out.items():
        warn(f"{what}: {why}")
    if found.omitted > len(found.left_out):
        warn(f"{found.omitted - len(found.left_out):,} more are left out.")
    for sentence in found.in_words():
        say(sentence)
    say(f"python -m mnist_core train --preset speedrun --data {own.id}")


def list_all() -> None:
    """List the data sets of your own."""
    table = Table("id", "name", "training", "test", "classes", "runs", box=None)
    for own in own_data.list_all():
        about, runs = own.about, len(own.used_by())
        classes = ", ".join(about.data.names)
        table.add_row(
            own.id, own.name, f"{about.training:,}", f"{about.test:,}", classes, str(runs)
        )
    out.print(table)


def delete(
    name: Annotated[str, typer.Argument(help="Name or id of a data set of your own.")],
) -> None:
    """Delete a data set. Networks that were trained on it can still be drawn with."""
    own = own_data.get(name)
    used = [run.id for run in own.used_by()]
    own_data.delete(own)
    say(f"{own.name} is deleted.")
    if used:
        say(f"These runs were trained on it: {', '.join(used)}.")
