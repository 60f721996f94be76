"""The nodes of a Ray cluster that tests start."""

from pathlib import Path


def is_on(node, run):
    """Whether a run is trained by a process of this node."""
    stat = Path(f"/proc/{run.status().pid}/stat").read_text()
    parent = int(stat.rpartition(")")[2].split()[1])
    return parent == node.all_processes["raylet"][0].process.pid
