"""Memory and processor time of a process, on Linux."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def memory(pid: int) -> float:
    """Megabytes that a process takes, with its share of the memory that it shares with others."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text("utf-8").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1000
    raise ValueError(f"/proc/{pid}/smaps_rollup says no Pss.")


def processor_seconds(pid: int) -> float:
    """Processor time of a process, all its threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def machine() -> str:
    """This machine in a few words."""
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    models = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    gigabytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    return (
        f"{os.cpu_count()} cores ({models[0] if models else platform.machine()}), "
        f"{gigabytes:.0f} GB, {platform.system()}, Python {platform.python_version()}"
    )
