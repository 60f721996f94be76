"""What the teacher of a class has pinned for all: a lesson, a run."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from mnist_core.config import settings
from mnist_core.digits.datasets import own_data
from mnist_core.lessons import reading
from mnist_core.runs import class_rules, store
from mnist_core.runs.run import RunNotFoundError
from pages.components.shell import address
from pages.components.shell.steady import steady
from pages.components.shell.text import plain
from pages.components.shell.visitor import asking

REFRESH = 10.0  # seconds until a pupil sees what was pinned


def show(here: str) -> None:
    """In a class, lead to what is pinned, also once it is pinned while the page is open.

    Args:
        here: The name of the page's script.
    """
    with steady():
        if settings.mode() == "class":
            _links(here)


@st.fragment(run_every=REFRESH)
def _links(here: str) -> None:
    rules = class_rules.read()
    lesson, run = _lesson_title(rules.pinned_lesson), _run_name(rules.pinned_run)
    if not lesson and not run:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="pinned"):
        st.markdown(":material/push_pin: From your teacher:", width="content")
        if lesson and rules.pinned_lesson:
            where = {"lesson": rules.pinned_lesson, "step": "question"}
            _link("pages/learn.py", lesson, "school", here, where)
        if run and rules.pinned_run:
            _link("pages/train.py", run, "model_training", here, {"run": rules.pinned_run})


def _link(path: str, text: str, icon: str, here: str, where: dict[str, str]) -> None:
    """A link to a place on a page. On that page itself it is a button, as Streamlit's links there
    lose what stands in their address."""
    label, icon = plain(text), f":material/{icon}:"
    if Path(path).stem != here:
        st.page_link(path, label=label, icon=icon, query_params=where)
    elif st.button(label, icon=icon, type="tertiary", key=f"pinned-{here}"):
        address.put(**where)
        st.rerun()


@st.cache_data(ttl=60, max_entries=10, show_spinner=False)
def _lesson_title(lesson_id: str | None) -> str:
    """A lesson's title; empty where there is no such lesson."""
    titles = {lesson.id: lesson.header.title for lesson in reading.all_lessons().lessons}
    return titles.get(lesson_id or "", "")


def _run_name(run_id: str | None) -> str:
    """A run's name; empty where there is no such run any more, or the visitor may not see it."""
    try:
        run = store.get(run_id) if run_id else None
    except RunNotFoundError:
        return ""
    return run.name if run and own_data.may_use(run, asking()) else ""
