"""Where runs are stored."""

from __future__ import annotations

import hashlib
from pathlib import Path

from mnist_core.config import settings

MODELS = Path(__file__).resolve().parents[2] / "models"


def runs_directory() -> Path:
    """Directory of the users' runs: `DIGITLAB_RUNS`, or models/runs in the project."""
    return (settings.path("DIGITLAB_RUNS") or MODELS / "runs").resolve()


def pretrained_directory() -> Path:
    """Directory of the shipped networks."""
    return MODELS / "pretrained"


def results_directory(network: str) -> Path:
    """Directory for results computed from a shipped network: among the users' runs, so that the
    installed project does not change."""
    return runs_directory() / ".results" / network


def published_directory() -> Path:
    """Directory of all weights that browsers can fetch, in the cache."""
    return settings.cache_directory() / "weights"


def published_weights(run_id: str) -> Path:
    """Directory for the weights of one run that browsers can fetch. Installations with other runs
    may share the cache."""
    installation = hashlib.sha256(str(runs_directory()).encode()).hexdigest()[:12]
    return published_directory() / installation / run_id
