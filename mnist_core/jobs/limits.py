"""How large a visitor's training may be, so that everybody gets a turn."""

from __future__ import annotations

from mnist_core.config import settings
from mnist_core.config.config import TrainingConfig
from mnist_core.config.formatting import count
from mnist_core.errors import DigitLabError
from mnist_core.runs import class_rules


class RefusedError(DigitLabError, RuntimeError):
    """A visitor asks for more than is allowed; the message says what the limit is, and what to
    do."""


class TooLargeError(RefusedError):
    """A training is too large for a visitor. Make it smaller."""


def most_epochs() -> int:
    """How many epochs a visitor may train; 0: any number. Raises SettingError."""
    return class_rules.read().epochs or settings.whole("DIGITLAB_MAX_EPOCHS")


def problems(config: TrainingConfig) -> list[str]:
    """Why a visitor may not train this configuration, one sentence for each reason; empty if they
    may.

    Raises:
        SettingError: A limit has a value that is not allowed.
    """
    found = []
    most = most_epochs()
    if most and config.epochs > most:
        found.append(
            f"A training may have at most {count(most, 'epoch')} here; this one would have "
            f"{config.epochs:,}. Lower the maximum epochs."
        )
    if most and config.distillation:
        found.append("A teacher network can't be trained here: that takes hours. Leave it out.")
    most, units = settings.whole("DIGITLAB_MAX_UNITS"), sum(la.units for la in config.layers)
    if most and units > most:
        found.append(
            f"A network may have at most {most:,} hidden units here, all layers together; this "
            f"one has {units:,}. Make layers smaller, or remove some."
        )
    return found


def check(config: TrainingConfig) -> None:
    """Check that a visitor may train this configuration.

    Raises:
        TooLargeError: The training is too large for a visitor.
        SettingError: A limit has a value that is not allowed.
    """
    if found := problems(config):
        raise TooLargeError(" ".join(found))
