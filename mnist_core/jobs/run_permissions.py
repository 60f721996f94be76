"""Changes to runs that visitors ask for, made only if the visitor may change the run. Pages change
runs only through these functions.

Each takes the run and the visitor who asks (see `ownership.may_change`), and raises NotYoursError
if the visitor may not change the run.
"""

from __future__ import annotations

from collections.abc import Iterable

from mnist_core.config import settings
from mnist_core.config.formatting import count
from mnist_core.digits.datasets import own_data
from mnist_core.digits.datasets.own_data import OwnDataset
from mnist_core.jobs import launcher, limits
from mnist_core.jobs import repair as repairs
from mnist_core.runs import ownership, store
from mnist_core.runs.run import Run


class TooManyKeptError(limits.RefusedError):
    """A visitor already protects as many runs from clean-up as a visitor may."""


def pause(run: Run, visitor: str | None, paused: bool) -> None:
    """Pause a training, or continue it."""
    ownership.check(run, visitor)
    run.request(pause=paused)


def change_rate(run: Run, visitor: str | None, learning_rate: float) -> None:
    """Continue a training at another learning rate."""
    ownership.check(run, visitor)
    run.request(learning_rate=learning_rate)


def stop(run: Run, visitor: str | None) -> None:
    """See `launcher.stop`."""
    ownership.check(run, visitor)
    launcher.stop(run)


def stop_all(runs: Iterable[Run], visitor: str | None) -> None:
    """Stop the runs that have not ended."""
    runs = list(runs)
    for run in runs:
        ownership.check(run, visitor)
    for run in runs:
        if run.status().active:
            launcher.stop(run)


def kill(run: Run, visitor: str | None) -> None:
    """See `launcher.kill`."""
    ownership.check(run, visitor)
    launcher.kill(run)


def resume(run: Run, visitor: str | None) -> None:
    """See `launcher.resume`, also for what else it raises."""
    ownership.check(run, visitor)
    launcher.resume(run, visitor)


def rename(run: Run, visitor: str | None, name: str) -> None:
    """See `Run.rename`, also for what else it raises."""
    ownership.check(run, visitor)
    run.rename(name)


def keep(run: Run, visitor: str | None, kept: bool) -> None:
    """See `Run.keep`, also for what else it raises.

    Raises:
        TooManyKeptError: The visitor already protects as many runs as allowed.
    """
    ownership.check(run, visitor)
    most = settings.whole("DIGITLAB_KEPT_PER_VISITOR")
    if kept and visitor is not None and most:
        theirs = sum(other.kept and other.visitor == visitor for other in store.list_runs())
        if theirs >= most:
            raise TooManyKeptError(
                f"You already keep {count(theirs, 'run')}; the limit is {most}. Switch Keep off "
                "at another one first."
            )
    run.keep(kept)


def delete(run: Run, visitor: str | None) -> None:
    """See `Run.delete`, also for what else it raises."""
    ownership.check(run, visitor)
    run.delete()


def repair(run: Run, visitor: str | None) -> list[repairs.Damage]:
    """See `repair.repair`, also for what else it raises."""
    ownership.check(run, visitor)
    return repairs.repair(run)


def delete_data(own: OwnDataset, visitor: str | None) -> None:
    """See `own_data.delete`, which also checks whose the data set is and says what it raises."""
    own_data.delete(own, visitor)
