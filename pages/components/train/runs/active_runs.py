"""A row for each run or sweep that is waiting or in training: its name, state and progress, and
buttons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from mnist_core.config.formatting import count
from mnist_core.evaluation.sweeps import sweeps_of
from mnist_core.runs.records import Status
from mnist_core.runs.run import Run
from pages.components.shell import networks
from pages.components.shell.text import plain
from pages.components.train.run_in_words import progress, state_in_words

REFRESH = 2.0  # seconds between two looks at the runs


@dataclass(frozen=True)
class Active:
    """A run that is waiting or in training, or a sweep with such runs, which is shown as one.

    Attributes:
        run: the run; of a sweep the one in training, or else the next.
        status: of the run.
        sweep: all runs of the sweep, those that have ended too; empty for a run in no sweep.
    """

    run: Run
    status: Status
    sweep: tuple[Run, ...] = ()


def active_runs() -> list[Active]:
    """All runs and sweeps that are waiting or in training, the newest first."""
    runs = networks.visible_runs()
    sweeps, active = sweeps_of(runs), dict[str, Active]()
    for run in runs:
        status, part = run.status(), run.description.sweep
        if not status.active:
            continue
        before = active.get(part.id) if part else None
        # The newest come first, so a sweep's next run is its last one here.
        if before is None or before.status.state == "queued":
            whole = tuple(sweeps[part.id]) if part else ()
            active[part.id if part else run.id] = Active(run, status, whole)
    return list(active.values())


def show_row(active: Active, buttons: Callable[[Active], None], owner: str = "") -> None:
    """Show a run's name, its owner if that is given, its progress, and beside them the buttons. For
    a sweep, the progress is how many of its runs have ended."""
    run, status = active.run, active.status
    icon, state = state_in_words(status, run.control())
    share, text, _ = progress(run, status)
    name, part = run.name, run.description.sweep
    if part:
        name, text = part.name, f"{_ended(active)} of {count(len(active.sweep), 'run')} have ended"
        share = _ended(active) / len(active.sweep)
    parts = [f"**{plain(name)}**", *([plain(owner)] if owner else []), state, text]
    with st.container(horizontal=True, vertical_alignment="center", key=f"active-{run.id}"):
        st.progress(share, f":material/{icon}: {' · '.join(parts)}")
        buttons(active)


def _ended(active: Active) -> int:
    return sum(not run.status().active for run in active.sweep)
