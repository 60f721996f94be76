"""The standby: a process that has TensorFlow, the digits and the network ready before a run starts.

It saves some ten seconds between the click and the first point of the curves. `DIGITLAB_STANDBY=0`
switches it off, for computers with little memory. `standby.py` runs in that process.
"""

from __future__ import annotations

import json
import logging
import subprocess
import threading
import time
from contextlib import suppress

from mnist_core.config import settings
from mnist_core.config.config import TrainingConfig
from mnist_core.jobs import child_processes
from mnist_core.runs import store
from mnist_core.runs.run import Run

logger = logging.getLogger(__name__)

_standby: subprocess.Popen[bytes] | None = None
_prepared: TrainingConfig | None = None  # the last configuration that the standby was given
_standby_lock = threading.Lock()
_visited = 0.0  # when a page last asked for the standby, by time.monotonic()
STANDBY_IDLE = 1200.0  # seconds without a visit after which the standby's 850 MB are freed


def ensure() -> subprocess.Popen[bytes] | None:
    """Start a standby unless there is one, none is wanted, or a run is active, which needs the
    processor. Returns the standby, if there is one. It ends with this process, or once no page has
    asked for it for `STANDBY_IDLE` seconds."""
    global _standby, _prepared, _visited
    with _standby_lock:
        _visited = time.monotonic()
        elsewhere = settings.text("DIGITLAB_RAY_ADDRESS")
        wanted = settings.text("DIGITLAB_STANDBY") != "0" and not elsewhere
        running = _standby is not None and _standby.poll() is None
        if wanted and not running and not any(run.status().active for run in store.list_runs()):
            _standby = child_processes.start("standby", stdin=subprocess.PIPE)
            _prepared = None
            threading.Thread(target=_end_when_idle, args=(_standby,), daemon=True).start()
        return _standby


def _end_when_idle(child: subprocess.Popen[bytes]) -> None:
    """End the standby once no page has asked for it for `STANDBY_IDLE` seconds. Returns then, or as
    soon as the standby has a run."""
    idle = 0.0
    while idle < STANDBY_IDLE:
        time.sleep(STANDBY_IDLE - idle)
        with _standby_lock:
            if _standby is not child:
                return
            idle = time.monotonic() - _visited
            if idle >= STANDBY_IDLE:
                _end()
    logger.info("The standby is ended: nobody has opened a page for long")


def end() -> None:
    """End the standby, if there is one and it has no run, as when this process ends."""
    with _standby_lock:
        _end()


def _end() -> None:
    """The standby's input is closed only here and in `hand_over`, both under the lock, so a caller
    that holds the lock may write to it."""
    global _standby
    if _standby is None:
        return
    child, _standby = _standby, None
    if child.stdin is not None:
        with suppress(OSError):  # it has died
            child.stdin.close()


def prepare(config: TrainingConfig) -> None:
    """Have the standby, if there is one, get ready for this configuration."""
    global _prepared
    with _standby_lock:
        if _standby is None or _standby.stdin is None or config == _prepared:
            return
        _prepared = config
        with suppress(OSError):  # it has died: the next run is trained without it
            _standby.stdin.write(f"{json.dumps(config.to_dict())}\n".encode())
            _standby.stdin.flush()


def hand_over(run: Run) -> bool:
    """Hand the run to the standby if there is one and no other run is active, since a run that had
    to wait for its turn would hold the standby's memory meanwhile. Returns whether it was handed
    over."""
    global _standby
    with _standby_lock:
        if _standby is None or any(
            other.status().active for other in store.list_runs() if other.id != run.id
        ):
            return False
        child, _standby = _standby, None
    if child.stdin is None:
        return False
    try:
        with child.stdin as pipe:
            pipe.write(f"{run.directory}\n".encode())
    except OSError:  # it has died
        return False
    return child.poll() is None
