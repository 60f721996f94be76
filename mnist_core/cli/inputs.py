"""What commands work on: presets, runs, the data, drawings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from mnist_core.cli.console import UsageError, err, progress_bar, warn
from mnist_core.config.config import TrainingConfig
from mnist_core.config.presets import PRESETS
from mnist_core.digits.datasets import mnist, own_data
from mnist_core.digits.datasets.dataset import Dataset
from mnist_core.digits.drawings import pen_dataset
from mnist_core.digits.drawings.pen_dataset import Drawings
from mnist_core.runs import records, store
from mnist_core.runs.run import Run


def base(preset: str | None, config_file: Path | None) -> TrainingConfig:
    """The configuration from which a training starts: a preset's, or one in a file.

    Raises:
        UsageError: There is no preset of this name, the file lacks what its training needs, or both
            or neither are given.
        RunDamagedError, ConfigError: The file can't be read.
    """
    if (preset is None) == (config_file is None):
        raise UsageError("Say what to train: either --preset NAME or --config FILE.")
    if config_file is not None:
        config = records.read_training(config_file)
        if config.base or config.drawings:
            lacks = "the network that it starts from" if config.base else "its drawings"
            raise UsageError(f"--config: the file lacks {lacks}, so it can't be trained from it.")
        return config
    if preset not in PRESETS:
        raise UsageError(f"--preset: expected one of {', '.join(PRESETS)}, got {preset!r}.")
    return PRESETS[preset]


def run_with_weights(run_id: str) -> Run:
    """A run whose network can be used.

    Raises:
        UsageError: It has no weights yet.
    """
    run = store.get(run_id)
    if not run.usable:
        raise UsageError(f"{run.id} has no weights yet: its state is {run.status().state}.")
    return run


def check_same_data(runs: Sequence[Run]) -> None:
    """Raise UsageError unless runs were trained on the same data, so that they can be compared."""
    if len({run.config.data for run in runs}) > 1:
        raise UsageError("These runs were trained on different data. Name runs of the same data.")


def dataset(run: Run | None = None) -> Dataset:
    """The data, or those of a run if one is given; a download shows a progress bar, and a warning
    if it fails."""
    if run and run.config.data:
        return own_data.load(run.config.data)
    columns = (TextColumn("Downloading MNIST"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task("", visible=False)
        found = mnist.load(
            lambda done, total: progress.update(
                task, completed=done, total=total or None, visible=True
            )
        )
    for warning in found.warnings:
        warn(warning)
    if found.name == "sample":
        warn("This is the offline sample of 1,797 digits, not MNIST.")
    return found


def drawings(path: Path, **redrawing: Any) -> Drawings:
    """The digits of a UNIPEN file as the Draw page would see them, redrawn for training as asked,
    with a progress bar; see `pen_dataset.from_unipen`."""
    with progress_bar("Drawing digits") as report:
        drawn = pen_dataset.from_unipen(path, lambda done, total: report(done / total), **redrawing)
    if drawn.skipped:
        warn(f"{drawn.skipped} drawings are left out: blank, or only a dot.")
    return drawn
