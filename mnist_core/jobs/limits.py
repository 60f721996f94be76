"""How large a visitor's training may be, and how many runs visitors may have, so that everybody
gets a turn."""

from __future__ import annotations

from mnist_core.config import settings
from mnist_core.config.config import TrainingConfig
from mnist_core.config.formatting import count
from mnist_core.digits.datasets import own_data
from mnist_core.errors import DigitLabError
from mnist_core.jobs import queue
from mnist_core.runs import class_rules, store
from mnist_core.runs.records import StartedBy


class RefusedError(DigitLabError, RuntimeError):
    """A visitor asks for more than is allowed; the message says what the limit is, and what to
    do."""


class TooLargeError(RefusedError):
    """A training is too large for a visitor. Make it smaller."""


class TooManyRunsError(RefusedError):
    """A visitor, or all visitors together, already have as many runs waiting or in training as is
    allowed. Stop one of your own, or wait for one to end."""


def most_epochs() -> int:
    """How many epochs a visitor may train; 0: any number. Raises SettingError."""
    return class_rules.read().epochs or settings.whole("DIGITLAB_MAX_EPOCHS")


def problems(config: TrainingConfig) -> list[str]:
    """Why a visitor may not train this configuration, one sentence for each reason; empty if they
    may.

    Raises:
        SettingError: A limit has a value that is not allowed.
    """
    messages = []
    most = most_epochs()
    if most and config.epochs > most:
        messages.append(
            f"A training may have at most {count(most, 'epoch')} here; this one would have "
            f"{config.epochs:,}. Lower the maximum epochs."
        )
    if most and config.distillation:
        messages.append("A teacher network can't be trained here: that takes hours. Leave it out.")
    most, units = settings.whole("DIGITLAB_MAX_UNITS"), sum(la.units for la in config.layers)
    if most and units > most:
        messages.append(
            f"A network may have at most {most:,} hidden units here, all layers together; this "
            f"one has {units:,}. Make layers smaller, or remove some."
        )
    return messages


def check(config: TrainingConfig) -> None:
    """Check that a visitor may train this configuration.

    Raises:
        TooLargeError: The training is too large for a visitor.
        SettingError: A limit has a value that is not allowed.
    """
    if found := problems(config):
        raise TooLargeError(" ".join(found))


def admit(visitor: str | None, config: TrainingConfig, runs: int = 1) -> StartedBy:
    """Check that a visitor may start one or several runs.

    Args:
        visitor: Who starts them; None: somebody at the command line, who has no limits.
        config: The configuration of the run, or of one of several.
        runs: How many runs of one sweep are started.

    Returns:
        What config.json says of who started them.

    Raises:
        SettingError: A setting that trainings need is wrong. Some are needed only later, but all
            are checked before a run is created.
        TooManyRunsError: The visitor already has as many runs as allowed.
        TooLargeError: The training is too large for a visitor.
        OwnDataError: Its data are missing, or belong to somebody else.
    """
    most = settings.whole("DIGITLAB_RUNS_PER_VISITOR")
    settings.whole("DIGITLAB_KEEP_RUNS")
    settings.whole("DIGITLAB_EXPIRE_DAYS")
    queue.slot_count()
    if config.data and not own_data.is_there(config.data, visitor):
        raise own_data.OwnDataError(
            f"The data set {config.data.name} was deleted, or belongs to somebody else, so nothing "
            "can be trained on it. Choose other data."
        )
    if visitor is None:
        return {}
    check(config)
    active = [run for run in store.list_runs() if run.status().active]
    theirs = (run for run in active if run.visitor == visitor)
    going = len({sweep.id if (sweep := run.description.sweep) else run.id for run in theirs})
    if most and going >= most:
        raise TooManyRunsError(
            f"You already have {count(going, 'run')}; the limit is {most}. "
            "Stop one of them, or wait until one has ended."
        )
    most = settings.whole("DIGITLAB_RUNS_IN_ALL")
    if most and len(active) + runs > most:
        raise TooManyRunsError(
            f"{len(active)} runs are already waiting or in training, of all visitors together; the "
            f"limit is {most}. Try again when some have ended."
        )
    return {"visitor": visitor}
