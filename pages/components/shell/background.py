"""Work that takes too long for a click runs in a thread, once for all visitors.

Each piece of work has a key. Whoever asks with the same key gets the same result; a visitor who
leaves or chooses something else does not end the work. The results used last are remembered.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from itertools import count
from typing import Any, Generic, Protocol, TypeVar

import streamlit as st

from pages.components.shell import address
from pages.components.shell.memory_cache import MemoryCache, array_bytes
from pages.components.shell.steady import steady

T = TypeVar("T")
Key = tuple[object, ...]

MAX_BYTES = 150_000_000  # all results together; MNIST, one of them, takes 55 MB
MIN_BYTES = 1_000_000  # each result counts as at least this many, which limits their number
PATIENCE = 0.2  # seconds before progress is shown
BRIEFLY = 0.1  # seconds that a click waits for work which is soon done
TICK = 0.3  # polling interval for background work that nobody waits for, in seconds
POLL = 0.02  # seconds
AWAITED_NUMBERS = count()  # numbers for keys
_beginning = threading.Lock()  # held while checking whether work has begun


class Report(Protocol):
    """Reports how far the work is: the share done, 0 to 1, and, when that changes, what is being
    done."""

    def __call__(self, share: float, text: str = "") -> None: ...


Work = Callable[[Report], T]


class _Task(Generic[T]):
    """A piece of work in a thread of its own, which begins at once."""

    def __init__(self, name: str, work: Work[T]) -> None:
        self.share, self.text = 0.0, ""
        self.bytes = MIN_BYTES
        self.error: Exception | None = None
        self.thread = threading.Thread(target=self._run, args=(work,), name=name, daemon=True)
        self.thread.start()

    def _run(self, work: Work[T]) -> None:
        try:
            self._result = work(self._report)
        except Exception as error:  # for the script's thread to raise
            self.error = error
        else:
            self.bytes = max(MIN_BYTES, array_bytes(self._result))

    def result(self) -> T:
        """What the work returned, once the thread has ended.

        Raises:
            Exception: what it raised instead.
        """
        if self.error is not None:
            raise self.error
        return self._result

    def _report(self, share: float, text: str = "") -> None:
        self.share, self.text = min(max(share, 0.0), 1.0), text or self.text


def result_of(key: Key, work: Work[T], text: str) -> T:
    """What `work` returns; the page waits for it and shows progress.

    Args:
        key: Names the work; its first part also names the thread.
        work: Called in a thread with a `Report`. It must not use Streamlit.
        text: What is being done, shown until `work` reports something else.

    Raises:
        Exception: what `work` raised; the next call tries again.
    """
    place = st.empty()  # always there, so that what follows keeps its place on the page
    task = _task(key, work)
    task.thread.join(PATIENCE)
    if task.thread.is_alive():
        # frame.css knows this key: nothing below it takes clicks.
        bar = place.container(key=f"awaited-{next(AWAITED_NUMBERS)}").empty()
        while task.thread.is_alive():
            bar.progress(task.share, text=task.text or text)
            time.sleep(POLL if task.share > 0.9 else 5 * POLL)
    place.empty()
    return _ended(task, key)


def result_when_done(key: Key, work: Work[T], text: str) -> T | None:
    """Like `result_of`, but the page goes on: until the work is done, this returns None and shows
    progress in its place; then the page reruns.

    For fragments: Streamlit lets clicks on a fragment wait until the one that runs has ended.
    """
    task = _task(key, work)
    with steady():
        # Waiting also lets the browser hear of this container first. If a fragment reruns before
        # its messages are sent, Streamlit drops them, but not those of a fragment inside it, and a
        # browser that does not know their parent stops: "Cannot set a node at a delta path".
        task.thread.join(BRIEFLY)
        if task.thread.is_alive():
            st.fragment(_follow, run_every=TICK)(task, text)
            return None
    return _ended(task, key)


def _follow(task: _Task[T], text: str) -> None:
    # With an outdated address the page would show again what was closed, or left for another.
    if not task.thread.is_alive() and not address.is_outdated():
        st.rerun()
    st.progress(task.share, text=task.text or text)


def result_if_done(key: Key, work: Work[T]) -> T | None:
    """Like `result_of` without waiting: begins the work, and returns None until it is done."""
    task = _task(key, work)
    return None if task.thread.is_alive() else _ended(task, key)


def forget(key: Key) -> None:
    """Let the next call with this key do the work again."""
    _tasks().forget(key)


def _task(key: Key, work: Work[T]) -> _Task[T]:
    with _beginning:
        return _tasks().get(key, lambda: _Task(str(key[0]), work))


@st.cache_resource(show_spinner=False)
def _tasks() -> MemoryCache[_Task[Any]]:
    return MemoryCache(MAX_BYTES, lambda task: task.bytes)


def _ended(task: _Task[T], key: Key) -> T:
    if task.error is not None:
        forget(key)
    return task.result()
