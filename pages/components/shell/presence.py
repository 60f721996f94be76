"""Who is using which run at the moment, so that its owner knows before deleting it. Only this
server's visitors are known, from what their pages drew last."""

from __future__ import annotations

import time

from mnist_core.runs import ownership
from mnist_core.runs.run import Run
from pages.components.shell.visitor import visitor

RECENT_SECONDS = 300.0  # seconds after which a page that draws nothing no longer counts
WATCHES, USES = "watches it", "has it as the network in use"
_seen: dict[
    tuple[str, str], tuple[str, float]
] = {}  # (run, visitor): what the visitor does with it, and when


def note(run: Run, what: str) -> None:
    """Note that this visitor watches or uses a run."""
    now = time.monotonic()
    for key, (_, when) in list(_seen.items()):
        if now - when > RECENT_SECONDS:
            _seen.pop(key, None)
    _seen[run.id, visitor()] = (what, now)


def others(run: Run) -> list[str]:
    """What others are doing with a run at the moment, one clause each."""
    now, me = time.monotonic(), visitor()
    return [
        f"{ownership.display_name(who)} {what}"
        for (run_id, who), (what, when) in list(_seen.items())
        if run_id == run.id and who != me and now - when <= RECENT_SECONDS
    ]
