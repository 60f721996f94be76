"""How far a visitor has come in the lessons; the visitor's own browser keeps it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

import streamlit as st

from mnist_core.lessons.lesson import ID
from pages.components.shell.state import LEARNED
from pages.components.widgets.browser import browser_storage

MAX_CHARACTERS = 50_000  # longer texts of a browser are ignored; a lesson takes some 200
MAX_SKETCH_PLACES = 1000
_UNAVAILABLE = "learned-unavailable"  # whether the browser can't store anything


@dataclass
class Progress:
    """How far a visitor has come in a lesson.

    Attributes:
        choice: the number of the predicted choice, from 0; None: none yet.
        sketch: the predicted curve; None: none yet.
        committed: whether the prediction is final.
        answer: the number of the answer to the question at the end, from 0; None: none yet.
    """

    choice: int | None = None
    sketch: list[float] | None = None
    committed: bool = False
    answer: int | None = None

    @property
    def predicted(self) -> bool:
        """Whether there is a prediction to commit to."""
        return self.choice is not None or self.sketch is not None

    @property
    def words(self) -> str:
        """The progress in a word, for the list of lessons; empty before the lesson has begun."""
        if self.committed and self.answer is not None:
            return "done"
        return "begun" if self.predicted else ""


def of(lesson_id: str) -> Progress:
    """The visitor's progress in a lesson; changes to it are kept."""
    return _all().setdefault(lesson_id, Progress())


def forget(lesson_id: str) -> None:
    """Begin a lesson again."""
    _all().pop(lesson_id, None)


def keep() -> None:
    """Have the browser keep the progress, which callbacks have changed before the page is drawn.
    Call it early, so that a visitor who moves on while the page is still being drawn loses
    nothing."""
    begun = {key: asdict(value) for key, value in _all().items() if value != Progress()}
    browser_storage.keep(
        "digit-lab-lessons",
        json.dumps(begun, separators=(",", ":")) if begun else "",
        take=_take,
        unavailable=_unavailable,
        shared=False,
    )
    if st.session_state.get(_UNAVAILABLE):
        st.caption("This browser can't store your progress: reloading the page will lose it.")


def _all() -> dict[str, Progress]:
    return st.session_state.setdefault(LEARNED, {})


def _take(text: str) -> None:
    """Take in what the browser kept; invalid entries are left out."""
    try:
        found = json.loads(text[: MAX_CHARACTERS + 1])
    except (ValueError, RecursionError):
        return
    for lesson_id, kept in found.items() if isinstance(found, dict) else ():
        if ID.fullmatch(lesson_id) and isinstance(kept, dict) and of(lesson_id) == Progress():
            _all()[lesson_id] = _read(kept)


def _read(kept: dict[str, object]) -> Progress:
    def place(name: str) -> int | None:
        value = kept.get(name)
        return value if type(value) is int and 0 <= value < 10 else None

    read = Progress(place("choice"), _curve(kept.get("sketch")), answer=place("answer"))
    read.committed = kept.get("committed") is True and read.predicted
    return read


def _curve(kept: object) -> list[float] | None:
    if not isinstance(kept, list) or not 0 < len(kept) <= MAX_SKETCH_PLACES:
        return None
    return kept if all(type(value) in (int, float) for value in kept) else None


def _unavailable() -> None:
    st.session_state[_UNAVAILABLE] = True
