"""Settings from environment variables, and where runs are stored."""

from __future__ import annotations

import os
from pathlib import Path

from mnist_core.errors import DigitLabError

MODELS = Path(__file__).resolve().parents[2] / "models"


class SettingError(DigitLabError, ValueError):
    """An environment variable is not set to what it may be; the message says to what."""


def runs_directory() -> Path:
    """Directory of the users' runs: ``DIGITLAB_RUNS``, or models/runs in the project."""
    return Path(os.environ.get("DIGITLAB_RUNS") or MODELS / "runs").resolve()


def pretrained_directory() -> Path:
    """Directory of the shipped networks."""
    return MODELS / "pretrained"


def results_directory(network: str) -> Path:
    """Where what is computed of a shipped network is kept: beside the users' runs, so that the
    project's own directory stays as it was installed."""
    return runs_directory() / ".results" / network


def keep_runs() -> int:
    """How many ended runs ``clean_up`` leaves; 0: all of them."""
    return setting("DIGITLAB_KEEP_RUNS", 50, 0)


def setting(name: str, default: int, lowest: int) -> int:
    """A whole number from an environment variable.

    Raises:
        SettingError: it is set to something else, or to less than ``lowest``.
    """
    text = os.environ.get(name)
    if text is None:
        return default
    if not text.isdecimal() or int(text) < lowest:
        raise SettingError(f"{name}: expected a whole number from {lowest} on, got {text!r}.")
    return int(text)
