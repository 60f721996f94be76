"""Commands that train: `train`, `sweep` and `resume`."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from mnist_core.cli import inputs
from mnist_core.cli.console import UsageError, say, warn
from mnist_core.cli.follow import follow_to_end
from mnist_core.config import hyperparameters, sweep_plan
from mnist_core.config.config import PRECISIONS, AddedDrawings, TrainingConfig
from mnist_core.config.formatting import count
from mnist_core.config.optional_libraries import optuna_missing
from mnist_core.config.presets import DRAWINGS, PRESETS
from mnist_core.digits.datasets import own_data
from mnist_core.digits.drawings import pen_dataset
from mnist_core.digits.drawings.pen_dataset import Drawings
from mnist_core.jobs import launcher, queue
from mnist_core.runs import environment, store
from mnist_core.runs.records import Extra
from mnist_core.runs.run import Run
from mnist_core.runs.thinning import thin

PresetOption = Annotated[
    str | None, typer.Option(help=f"Network and recipe to start from: {', '.join(PRESETS)}.")
]
ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", help="Instead of a preset, a configuration: a run's config.json."),
]
SHIPPED_BATCH_ROWS = 5000
SHIPPED_EPOCHS = 6
SHIPPED_EPOCH_BYTES = 18_000_000  # what three epochs of the champion take


def train(
    preset: PresetOption = None,
    config_file: ConfigOption = None,
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
    """Train a preset or a configuration, changed as asked; Ctrl-C stops and keeps the best epoch
    so far."""
    base = inputs.base(preset, config_file)
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
    config = base.with_changes(**hyperparameters.changes(preset, asked, base))
    config = _with_own_data(config, own, strokes_file)
    extra: Extra = {}
    drawn: Drawings | None = None
    if strokes_file is not None:
        config, drawn = _with_drawings(config, preset, strokes_file)
        extra["drawings"] = drawn.description()
    if preset is not None:  # others lack a --config file, but the run's config.json says the same
        extra["command"] = _command(preset, asked, own, drawn)

    def fill(run: Run) -> None:
        if drawn:
            drawn.save(run.directory / pen_dataset.FILE_NAME)

    if name is None:
        name = config_file.stem if config_file else str(preset)
    run = launcher.start(config, name, directory, fill=fill, **extra)
    follow_to_end(run)
    _thin_shipped(run)


def _with_own_data(
    config: TrainingConfig, own: str | None, strokes_file: Path | None
) -> TrainingConfig:
    """The configuration with the data set that `--data` names, if it names one.

    Raises:
        UsageError: Drawings of digits are to be added to it.
        OwnDataError: There is no such data set, or that of the configuration was deleted.
    """
    if own is None:
        if config.data:
            own_data.get(config.data.id)
        return config
    if strokes_file is not None:
        raise UsageError("--strokes: these are digits; with --data they can't be added.")
    return config.with_changes(data=own_data.get(own).about.data)


def _command(
    preset: str, asked: Mapping[str, object], own: str | None, drawn: Drawings | None
) -> str:
    """The command that trains the same again, for the run's page and the report."""
    words = ["python", "-m", "mnist_core", "train", "--preset", preset]
    for option, value in asked.items():
        words += [f"--{option.replace('_', '-')}", str(value)]
    words += ["--data", own] if own is not None else []
    words += ["--strokes", drawn.file] if drawn else []
    return shlex.join(words)


def _with_drawings(
    config: TrainingConfig, preset: str | None, file: Path
) -> tuple[TrainingConfig, Drawings]:
    """The configuration with the drawings in a file added, and these drawings."""
    added = DRAWINGS.get(preset or "", {"copies": AddedDrawings.copies})
    pens = {key: added[key] for key in ("copies", "thickest_pen") if key in added}
    drawn = inputs.drawings(
        file, seed=config.seed, writers_held_out=added.get("writers_held_out", 0), **pens
    )
    return config.with_changes(drawings=added | {"sha256": drawn.sha256}), drawn


def sweep(
    preset: PresetOption = None,
    config_file: ConfigOption = None,
    vary: Annotated[
        list[str] | None,
        typer.Option(help="A setting and its values, such as learning_rate=0.003,0.01; up to 3."),
    ] = None,
    search: Annotated[
        int,
        typer.Option(
            min=0,
            help="Let Optuna look for the best values, the lowest to the highest, in so many runs.",
        ),
    ] = 0,
    seeds: Annotated[int, typer.Option(min=1, help="How many seeds each is trained with.")] = 1,
    draw: Annotated[
        int, typer.Option(min=0, help="Draw so many combinations at random; 0: all.")
    ] = 0,
    epochs: Annotated[int | None, typer.Option(help="Maximum epochs.")] = None,
    name: Annotated[str, typer.Option(help="Name of the sweep.")] = "Sweep",
) -> None:
    """Train many variations of a preset or a configuration in the background.

    Settings that can be varied are listed where an unknown one is asked for. The Experiments page
    shows what came of it.
    """
    base = inputs.base(preset, config_file)
    asked: dict[str, list[Any]] = {}
    for text in vary or []:
        varied, _, values = text.partition("=")
        if varied in asked:
            raise UsageError(
                f"--vary: {varied} is there twice. Give all its values at once, with commas."
            )
        asked[varied] = sweep_plan.parse(varied, values)
    if epochs is not None and "epochs" in asked:
        raise UsageError("--epochs: the epochs are varied. Leave out --epochs, or --vary epochs.")
    base = base.with_changes(**({} if epochs is None else {"epochs": epochs}))
    if search and (seeds > 1 or draw):
        raise UsageError("--search chooses the runs itself: leave out --seeds and --draw.")
    if search and (missing := optuna_missing()):
        raise UsageError(missing)
    planned = (
        sweep_plan.search_plan(preset, base, asked, search)
        if search
        else sweep_plan.plan(preset, base, asked, seeds, draw)
    )
    for warning in planned.warnings(str):
        warn(warning)
    seconds = queue.expected_sweep([one.config for one in planned.runs])
    runs = launcher.start_sweep(name, planned)
    minutes = count(max(1, round(seconds / 60)), "minute")
    most = "at most " if search else ""
    say(f"{len(runs)} runs, {runs[0].id} to {runs[-1].id}; {most}about {minutes}")


def resume(run_id: Annotated[str, typer.Argument(metavar="RUN", help="Id of a run.")]) -> None:
    """Continue an interrupted, failed, stopped or pruned training after its last complete epoch."""
    run = store.get(run_id)
    launcher.resume(run)
    follow_to_end(run)
    _thin_shipped(run)


def _thin_shipped(run: Run) -> None:
    """Delete from a complete training outside the users' runs what does not ship."""
    if run.directory.parent != environment.runs_directory() and run.status().state == "done":
        thin(run, SHIPPED_BATCH_ROWS, SHIPPED_EPOCHS, SHIPPED_EPOCH_BYTES)
