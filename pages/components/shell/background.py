"""Work that takes longer than a click may: done once, in a thread, with progress on the page."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

T = TypeVar("T")
Report = Callable[[float], None]

PATIENCE = 0.2  # seconds before progress is shown
POLL = 0.02


class Task:
    """A piece of work in a thread of its own; `share` is how much is done, 0 to 1."""

    def __init__(self, work: Callable[[Report], Any]) -> None:
        self.share = 0.0
        self.value: Any = None
        self.error: Exception | None = None
        self._work = work
        self.thread = threading.Thread(target=self._run, name="background", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        try:
            self.value = self._work(self._report)
        except Exception as error:  # kept for the script thread, which raises it
            self.error = error

    def _report(self, share: float) -> None:
        self.share = share


def result_of(key: tuple, work: Callable[[Report], T], text: str) -> T:
    """What `work` returns, shared by all visitors; the page waits and shows progress.

    A visitor who leaves or chooses something else does not end the work.

    Args:
        key: Names the work; with the same key it is done once and then remembered.
        work: Called in a thread with a function to report the share done, 0 to 1. It may not
            use Streamlit.
        text: What is being done, for people.

    Raises:
        Exception: what `work` raised; the next call tries again.
    """
    place = st.empty()  # always there, so that what follows keeps its place on the page
    task = _task(key, work)
    if task.thread.is_alive():
        _wait(task, text, place)
    if task.error is not None:
        _task.clear(key, work)
        raise task.error
    return task.value


@st.cache_resource(show_spinner=False, max_entries=64)
def _task(key: tuple, _work: Callable[[Report], Any]) -> Task:
    return Task(_work)


def _wait(task: Task, text: str, place: DeltaGenerator) -> None:
    task.thread.join(PATIENCE)
    while task.thread.is_alive():
        place.progress(min(max(task.share, 0.0), 1.0), text=text)
        time.sleep(POLL if task.share > 0.9 else 5 * POLL)
    place.empty()
