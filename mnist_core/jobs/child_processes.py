"""Processes that run a module of this room, and outlive the one that started them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import IO

_ROOT = Path(__file__).resolve().parents[2]
children: list[subprocess.Popen[bytes]] = []
"""Processes started here whose exit may not have been noted yet."""


def start(
    module: str,
    *arguments: str,
    output: IO[bytes] | int = subprocess.DEVNULL,
    stdin: int = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Run a module of this package as a process with its own session, which outlives this process.

    Args:
        module: "worker", "standby" or "cluster".
        arguments: Its command line.
        output: Where its output goes; by default it is discarded.
        stdin: Its input; by default there is none.
    """
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.DETACHED_PROCESS
    child = subprocess.Popen(
        [sys.executable, "-m", f"mnist_core.jobs.{module}", *arguments],
        cwd=_ROOT,
        stdin=stdin,
        stdout=output,
        stderr=output,
        creationflags=flags,
        start_new_session=sys.platform != "win32",
    )
    children.append(child)
    return child


def reap() -> None:
    """Note which children have ended, so that none stays behind as a zombie."""
    children[:] = [child for child in children if child.poll() is None]
