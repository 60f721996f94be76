"""A row for each run that is waiting or in training: its name, state and progress, and buttons."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from mnist_core.runs import store
from mnist_core.runs.records import Status
from mnist_core.runs.run import Run
from pages.components.shell.text import plain
from pages.components.train.run_in_words import progress, state_in_words

REFRESH = 2.0  # seconds between two looks at the runs


def active_runs() -> list[tuple[Run, Status]]:
    """All runs that are waiting or in training, each with its status."""
    return [(run, status) for run in store.list_runs() if (status := run.status()).active]


def show_row(
    run: Run, status: Status, buttons: Callable[[Run, Status], None], owner: str = ""
) -> None:
    """Show a run's name, whose it is if that is given, and its progress; beside it the buttons."""
    icon, state = state_in_words(status, run.control())
    share, text, _ = progress(run, status)
    parts = [f"**{plain(run.name)}**", *([plain(owner)] if owner else []), state, text]
    with st.container(horizontal=True, vertical_alignment="center", key=f"active-{run.id}"):
        st.progress(share, f":material/{icon}: {' · '.join(parts)}")
        buttons(run, status)
