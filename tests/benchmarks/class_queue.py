"""How long the pupils of a class wait for their first network.

    python -m tests.benchmarks.class_queue [--pupils 25] [--slots 1 2]

All pupils start the preset that a class begins with at the same moment. For each number of
simultaneous trainings this prints after how many seconds a quarter, half and all of them had their
network. Needs MNIST (MNIST_NPZ).
"""

import argparse
import os
import tempfile
import time

from mnist_core.config.presets import PRESETS
from mnist_core.jobs import launcher
from mnist_core.runs.run import Run

POLL = 0.5  # seconds


def seconds_until_trained(pupils: int) -> list[float]:
    """After how many seconds the first, second … pupil had a network."""
    begun = time.monotonic()
    waiting = [
        launcher.start(PRESETS["speedrun"], f"Pupil {number}", visitor=f"pupil-{number}")
        for number in range(pupils)
    ]
    seconds: list[float] = []
    while waiting:
        time.sleep(POLL)
        ended = [run for run in waiting if not run.status().active]
        for run in ended:
            check(run)
            seconds.append(time.monotonic() - begun)
            waiting.remove(run)
    return seconds


def check(run: Run) -> None:
    """See that the training has made a network, and of MNIST."""
    status = run.status()
    if status.state != "done" or status.dataset != "mnist":
        raise SystemExit(f"{run.name} is {status.state}, on {status.dataset}: {status.message}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pupils", type=int, default=25)
    parser.add_argument("--slots", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()
    os.environ["DIGITLAB_MODE"] = "class"
    for slots in options.slots:
        with tempfile.TemporaryDirectory() as directory:
            os.environ |= {"DIGITLAB_RUNS": directory, "DIGITLAB_SLOTS": str(slots)}
            seconds = seconds_until_trained(options.pupils)
        quarter, half = (seconds[int(share * len(seconds))] for share in (0.25, 0.5))
        print(
            f"{options.pupils} pupils, {slots} at a time: a quarter after {quarter:.0f} s, half "
            f"after {half:.0f} s, all after {seconds[-1]:.0f} s"
        )


if __name__ == "__main__":
    main()
