"""Many runs on a Ray cluster of three nodes on this machine, one of which is killed half-way.

    python -m tests.benchmarks.cluster [--runs 30]

Each node has room for one training; a run is two epochs of a small network on the offline sample,
so most of its time is the start of its process. Prints how the runs ended, which were interrupted
and went on elsewhere, the most that were in training at a time, and the seconds for all.
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

CONFIG = TrainingConfig(layers=(Layer(16),), epochs=2, batch_size=64)
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
        begun, most, interrupted = time.monotonic(), 0, set()
        runs = [store.create(CONFIG, f"Run {number}") for number in range(1, wanted + 1)]
        launcher.launch(*runs)
        killed = False
        while (states := Counter(run.status().state for run in runs)) and any(
            run.status().active for run in runs
        ):
            most = max(most, states.total() - states["queued"] - states["done"])
            interrupted |= {run.name for run in runs if "Interrupted" in run.status().message}
            if not killed and states["done"] >= wanted // 2:
                cluster.remove_node(nodes[0], allow_graceful=False)
                killed = True
            time.sleep(0.2)
        print(f"{dict(states)} after {time.monotonic() - begun:.0f} s; at most {most} at a time")
        print(f"Interrupted by the lost node, and gone on elsewhere: {sorted(interrupted)}")
        cluster.shutdown()


if __name__ == "__main__":
    main()
