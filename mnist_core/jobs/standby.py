"""A worker that has everything ready before there is a run: ``python -m mnist_core.jobs.standby``.

It reads lines from its standard input: settings as JSON, to get ready for, and at last a run's
directory, which it trains. Where the input ends without one, so does the process.
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
    from mnist_core.digits.dataset import Dataset
    from mnist_core.training.train_step import Prepared

NICENESS = 10  # while it gets ready: visitors come first
WARM_UP_DIGITS = 256


class Standby:
    """Gets ready in a thread of its own, for the settings that were named last."""

    def __init__(self) -> None:
        self._wanted: queue.SimpleQueue[TrainingConfig | None] = queue.SimpleQueue()
        self._dataset: Dataset | None = None
        self._prepared: Prepared | None = None
        self._over = False
        self._thread = threading.Thread(target=self._get_ready)
        self._thread.start()

    def want(self, config: TrainingConfig) -> None:
        """Get ready for this configuration, too late for those before it."""
        self._wanted.put(config)

    def ready(self) -> tuple[Dataset | None, Prepared | None]:
        """End the thread; the digits and the network that are ready by then."""
        self._over = True
        self._wanted.put(None)
        self._thread.join()  # had it failed, the training would find out why
        is_mnist = self._dataset is not None and self._dataset.name == "mnist"
        # In place of the sample MNIST may be here by now.
        return self._dataset if is_mnist else None, self._prepared

    def _get_ready(self) -> None:
        if sys.platform == "linux":  # where niceness belongs to a thread
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        from mnist_core.digits import mnist
        from mnist_core.training import trainer  # noqa: F401  it imports TensorFlow

        self._dataset = mnist.load()
        if not self._over:
            self._warm_up()
        config = PRESETS["early-stopping"] if self._wanted.empty() else self._newest()
        while config is not None:
            self._prepare(config)
            config = self._newest()

    def _newest(self) -> TrainingConfig | None:
        config = self._wanted.get()
        while not self._wanted.empty():
            config = self._wanted.get()
        return config

    def _prepare(self, config: TrainingConfig) -> None:
        from mnist_core.training import train_step

        data = self._dataset
        if self._prepared is not None and self._prepared.fits(config, data.x_train):
            return
        self._prepared = None  # before another takes its room
        prepared = train_step.prepare(config, data.x_train, data.y_train)
        train_step.trace(prepared.steps)
        self._prepared = prepared

    def _warm_up(self) -> None:
        """Train a little, so that all that is loaded when first used is. Comes first: the seed that
        it sets makes TensorFlow forget what it has made of earlier graphs."""
        from mnist_core.training import trainer

        few = replace(
            self._dataset,
            x_train=self._dataset.x_train[:WARM_UP_DIGITS],
            y_train=self._dataset.y_train[:WARM_UP_DIGITS],
            x_test=self._dataset.x_test[:WARM_UP_DIGITS],
            y_test=self._dataset.y_test[:WARM_UP_DIGITS],
        )
        config = TrainingConfig(epochs=1)
        with tempfile.TemporaryDirectory() as directory:
            trainer.train(config, few, store.create(config, "Warm-up", Path(directory)))


def main() -> int:
    """Get ready, wait for a run and train it; returns the exit code."""
    import numpy  # noqa: F401  its threads are to have the usual priority

    standby = Standby()
    for line in map(str.strip, sys.stdin):
        if not line.startswith("{"):
            break
        standby.want(TrainingConfig.from_dict(json.loads(line)))
    else:
        standby.ready()
        return 0
    with (Path(line) / "worker.log").open("ab") as log:
        os.dup2(log.fileno(), sys.stdout.fileno())
        os.dup2(log.fileno(), sys.stderr.fileno())
    try:
        return worker.main(line, standby.ready)
    finally:
        standby.ready()  # its thread ends, too, where nothing was trained


if __name__ == "__main__":
    sys.exit(main())
