"""Where runs are stored, and how many are kept."""

from __future__ import annotations

import os
from pathlib import Path

from mnist_core.config import settings

MODELS = Path(__file__).resolve().parents[2] / "models"


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
    return settings.whole("DIGITLAB_KEEP_RUNS")
