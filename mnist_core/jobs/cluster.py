"""Pass an order to the Ray cluster at `DIGITLAB_RAY_ADDRESS`:
`python -m mnist_core.jobs.cluster start|cancel|end DIRECTORY …`, with directories of runs.

It runs in its own process, because Ray ends a process that has lost its cluster, and that must not
end the app.
"""

from __future__ import annotations

import logging
import os
import socket
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from mnist_core.config import settings
from mnist_core.runs import environment
from mnist_core.runs.run import Run

PATIENCE = 60.0  # seconds in which the cluster has to answer


def main(order: str, *directories: str) -> int:
    """Pass the order; returns the exit code. A run that can't be started says why in its status.

    Args:
        order: A method of `cluster_tasks.Trainings`.
        directories: The directories of the runs.
    """
    try:
        _pass_order(order, directories)
    except Exception as error:
        traceback.print_exc()
        if order == "start":
            for directory in directories:
                message = explain(error)
                Run(Path(directory)).set_status(
                    state="failed", message=message, finished=time.time()
                )
        return 1
    return 0


def _pass_order(order: str, directories: tuple[str, ...]) -> None:
    address = settings.text("DIGITLAB_RAY_ADDRESS")
    host, _, port = address.rpartition(":")
    socket.create_connection((host, int(port)), timeout=10).close()  # Ray would try for ever
    import ray

    from mnist_core.jobs import cluster_tasks

    ray.init(
        address,
        namespace=cluster_tasks.NAMESPACE,
        log_to_driver=False,
        logging_level=logging.ERROR,
    )
    trainings = cluster_tasks.trainings()
    more: tuple[Any, ...] = ()
    if order == "start":
        cpus, gpus = map(settings.whole, ("DIGITLAB_RAY_CPUS", "DIGITLAB_RAY_GPUS"))
        more = (settings_for_nodes(), cpus, gpus)
    ray.get(getattr(trainings, order).remote(directories, *more), timeout=PATIENCE)


def settings_for_nodes() -> dict[str, str]:
    """The settings that a training on another machine needs, by the name of their environment
    variable."""
    names = (name for name, setting in settings.SETTINGS.items() if not setting.secret)
    values = {name: os.environ[name] for name in names if name in os.environ}
    return values | {"DIGITLAB_RUNS": str(environment.runs_directory())}


def explain(error: Exception) -> str:
    """Why a run could not be started, in words for its status."""
    address = settings.text("DIGITLAB_RAY_ADDRESS")
    if isinstance(error, ImportError):
        what, then = "Ray is not installed", "pip install -r requirements-cluster.txt"
    else:
        what, then = str(error).strip().splitlines()[0] or type(error).__name__, "start it"
    return (
        f"The Ray cluster at {address} can't be reached: {what.rstrip('.')}. Whoever runs this "
        f"server can mend that ({then}); then resume this run."
    )


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
