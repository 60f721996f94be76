"""Many runs on a Ray cluster of three nodes on this machine, one of which is killed half-way.

    python -m tests.benchmarks.cluster [--runs 30]

Each node has room for one training; a run is 100 epochs of a small network on the offline sample,
so most of its time is the start of its process. Prints how the runs ended, which of them were
interrupted and went on elsewhere, how many trained at once at most, and the seconds for all.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections import Counter

from mnist_core.config.config import Layer, TrainingConfig
from mnist_core.jobs import launcher
from mnist_core.runs import store
from tests.core.jobs.cluster_nodes import is_on

CONFIG = TrainingConfig(layers=(Layer(16),), epochs=100, batch_size=64)
OFFLINE = {"DIGITLAB_OFFLINE": "1", "DIGITLAB_KEEP_RUNS": "0", "DIGITLAB_RAY_CPUS": "1"}


def main() -> None:
    from ray.cluster_utils import Cluster

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=30)
    wanted = parser.parse_args().runs
    room = {"num_cpus": 1, "object_store_memory": 80_000_000}
    with tempfile.TemporaryDirectory() as directory:
        os.environ |= OFFLINE | {"DIGITLAB_RUNS": directory, "DIGITLAB_CACHE": f"{directory}/none"}
        os.environ.pop("MNIST_NPZ", None)
        cluster = Cluster(initialize_head=True, head_node_args=room | {"include_dashboard": False})
        nodes = [cluster.add_node(**room) for _ in range(2)]
        os.environ["DIGITLAB_RAY_ADDRESS"] = cluster.address
        begun, most, interrupted = time.monotonic(), 0, set[str]()
        runs = [store.create(CONFIG, f"Run {number}") for number in range(1, wanted + 1)]
        launcher.launch(*runs)
        lost: list[str] = []
        while (states := Counter(run.status().state for run in runs)) and any(
            run.status().active for run in runs
        ):
            most = max(most, states.total() - states["queued"] - states["done"])
            there = [run for run in runs if run.status().state == "training"]
            if not lost and states["done"] >= wanted // 2:
                lost = [run.name for run in there if is_on(nodes[0], run)]
                if lost:
                    cluster.remove_node(nodes[0], allow_graceful=False)
            interrupted |= {run.name for run in runs if "Interrupted" in run.status().message}
            time.sleep(0.05)
        print(f"{dict(states)} after {time.monotonic() - begun:.0f} s; at most {most} at a time")
        print(
            f"In training on the lost node: {lost}; told to be interrupted: {sorted(interrupted)}"
        )
        cluster.shutdown()


if __name__ == "__main__":
    main()
