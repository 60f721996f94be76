"""A worker that is ready before there is a run: `python -m mnist_core.jobs.standby`.

It reads lines from its standard input: first configurations as JSON, for each of which it gets
ready, then a run's directory, which it trains. If the input ends before that, the process ends,
too.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import tempfile
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mnist_core.config.config import TrainingConfig
from mnist_core.config.presets import PRESETS
from mnist_core.jobs import worker
from mnist_core.runs import store

if TYPE_CHECKING:
    from mnist_core.digits.datasets.dataset import Dataset
    from mnist_core.training.train_step import Prepared

NICENESS = 10  # niceness of its threads while it gets ready: visitors come first
WARM_UP_DIGITS = 256


class Standby:
    """Loads TensorFlow and the digits, and builds the network of the last configuration that it was
    given, all in a separate thread."""

    def __init__(self) -> None:
        self._wanted: queue.SimpleQueue[TrainingConfig | None] = queue.SimpleQueue()
        self._dataset: Dataset | None = None
        self._prepared: Prepared | None = None
        self._over = False
        self._thread = threading.Thread(target=self._get_ready)
        self._thread.start()

    def prepare_for(self, config: TrainingConfig) -> None:
        """Get ready for this configuration; earlier ones that are still waiting are skipped."""
        self._wanted.put(config)

    def ready(self) -> tuple[Dataset | None, Prepared | None]:
        """End the thread; returns the digits and the network if they are ready, else None."""
        self._over = True
        self._wanted.put(None)
        self._thread.join()  # if it has failed, the training will meet the same error and report it
        is_mnist = self._dataset is not None and self._dataset.name == "mnist"
        # If it was the sample, it is read again, as MNIST may have been downloaded by now.
        return self._dataset if is_mnist else None, self._prepared

    def _get_ready(self) -> None:
        if sys.platform == "linux":  # on Linux each thread has its own niceness
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        from mnist_core.digits.datasets import mnist
        from mnist_core.training import trainer  # noqa: F401  to import TensorFlow

        self._dataset = data = mnist.load()
        if not self._over:
            _warm_up(data)
        config = PRESETS["early-stopping"] if self._wanted.empty() else self._newest()
        while config is not None:
            self._prepare(config, data)
            config = self._newest()

    def _newest(self) -> TrainingConfig | None:
        """Wait for configurations; returns the last one given, or None at the end of the input."""
        config = self._wanted.get()
        while not self._wanted.empty():
            config = self._wanted.get()
        return config

    def _prepare(self, config: TrainingConfig, data: Dataset) -> None:
        """Build the network, its optimizer and their graph, unless those already built fit."""
        from mnist_core.training import train_step

        if self._prepared is not None and self._prepared.fits(config, data.x_train):
            return
        if config.data:  # imported data are not loaded here
            return
        self._prepared = None  # frees its memory before another is built
        prepared = train_step.prepare(config, data.x_train, data.y_train)
        train_step.trace(prepared.steps)
        self._prepared = prepared


def _warm_up(data: Dataset) -> None:
    """Train on a few digits, so that everything that is loaded on first use is loaded. This must
    happen before any graph is made: `keras.utils.set_random_seed` empties TensorFlow's kernel
    cache."""
    from mnist_core.training import trainer

    few = replace(
        data,
        x_train=data.x_train[:WARM_UP_DIGITS],
        y_train=data.y_train[:WARM_UP_DIGITS],
        x_test=data.x_test[:WARM_UP_DIGITS],
        y_test=data.y_test[:WARM_UP_DIGITS],
    )
    config = TrainingConfig(epochs=1)
    with tempfile.TemporaryDirectory() as directory:
        trainer.train(config, few, store.create(config, "Warm-up", Path(directory)))


def main() -> int:
    """Get ready, wait for a run and train it; returns the exit code."""
    import numpy  # noqa: F401  here, so that its threads get the usual priority

    standby = Standby()
    for line in map(str.strip, sys.stdin):
        if not line.startswith("{"):
            break
        standby.prepare_for(TrainingConfig.from_dict(json.loads(line)))
    else:
        standby.ready()
        return 0
    with (Path(line) / "worker.log").open("ab") as log:
        os.dup2(log.fileno(), sys.stdout.fileno())
        os.dup2(log.fileno(), sys.stderr.fileno())
    try:
        return worker.main(line, standby.ready)
    finally:
        standby.ready()  # end the thread even if nothing was trained


if __name__ == "__main__":
    sys.exit(main())
