"""What augmentation costs: seconds for an epoch of 60,000 digits with and without it.

    python -m tests.benchmarks.augmentation [repetitions]

Plain and augmented steps take turns, so that other load on the machine meets both alike; the
fastest of the repetitions counts. The digits are those of the offline sample, repeated.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from mnist_core.config.config import Augmentation, TrainingConfig
from mnist_core.config.presets import PRESETS
from mnist_core.digits.datasets.sample import load_sample
from mnist_core.network import keras_model
from mnist_core.training import optimizers, train_step

DIGITS = 60_000
BATCHES = 8
STRENGTHS = Augmentation(12.0, 0.14, 0.14, 1.0, 0.9, 0.4)


def timed_step(config: TrainingConfig):
    """A function that trains on a few batches and returns the seconds that an epoch would take."""
    sample = load_sample()
    model = keras_model.build_model(config)
    optimizer = optimizers.build_optimizer(config)
    optimizer.build(model.trainable_variables)
    run = train_step.Steps(model, optimizer, sample.x_train, sample.y_train, config)
    size = config.batch_size
    order = np.random.default_rng(0).integers(len(sample.y_train), size=(BATCHES, size))
    rates = np.full(BATCHES, 1e-4, np.float32)

    def epoch() -> float:
        begun = time.perf_counter()
        run(order.astype(np.int32), rates)[0].numpy()
        return (time.perf_counter() - begun) * DIGITS / (BATCHES * size)

    epoch()
    return epoch


def main(repetitions: int = 10) -> None:
    """Measure all presets and print a line for each."""
    for name, preset in PRESETS.items():
        plain, augmented = (
            timed_step(preset.with_changes(augmentation=strengths))
            for strengths in (Augmentation(), STRENGTHS)
        )
        best = np.min([(plain(), augmented()) for _ in range(repetitions)], axis=0)
        print(f"{name:16} plain {best[0]:5.2f} s, augmented {best[1]:5.2f} s an epoch")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
