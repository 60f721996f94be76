"""The preset `speedrun`: seconds of training and test accuracy, over several seeds.

    python -m tests.benchmarks.speedrun [seeds]

Needs MNIST. Beside the wall-clock time it prints the processor time per core, which other programs
on the same machine hardly change.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from mnist_core.config.config import parameter_count
from mnist_core.config.presets import PRESETS
from mnist_core.digits.datasets import mnist
from mnist_core.runs import store
from mnist_core.training import trainer

GOAL = 0.9843


def main(seeds: int) -> None:
    dataset = mnist.load(offline=True)
    if dataset.name != "mnist":
        sys.exit("This needs MNIST: set MNIST_NPZ to a copy of mnist.npz.")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    print(f"{parameter_count(PRESETS['speedrun'])[0]:,} parameters, {cores} cores")
    for seed in range(seeds):
        config = PRESETS["speedrun"].with_changes(seed=seed)
        with tempfile.TemporaryDirectory() as directory:
            run = store.create(config, "Speedrun", Path(directory))
            begun, processor = time.perf_counter(), time.process_time()
            summary = trainer.train(config, dataset, run).summary
            whole = time.perf_counter() - begun
            processor = (time.process_time() - processor) / cores
        print(
            f"seed {seed}: {summary.test_accuracy:.2%} "
            f"({'reached' if summary.test_accuracy >= GOAL else 'missed'} {GOAL:.2%}), "
            f"{summary.seconds:.1f} s of training, {whole:.1f} s with building and evaluating; "
            f"processor {processor:.1f} s a core"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
