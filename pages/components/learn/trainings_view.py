"""The trainings of a lesson while they are under way: a line for each, and their curves."""

from __future__ import annotations

import streamlit as st

from mnist_core.lessons.lesson import Lesson
from mnist_core.runs.records import SUMMED_UP_STATES
from pages.components.learn import lesson_runs
from pages.components.shell.text import plain
from pages.components.train.curves.live_curves import learning_curves
from pages.components.train.run_in_words import progress, state_in_words

REFRESH = 0.7  # seconds


def show_trainings(lesson: Lesson) -> None:
    """Start missing trainings as soon as that is allowed, and show all of them."""
    going = not lesson_runs.ended(lesson)
    st.fragment(_live, run_every=REFRESH if going else None)(lesson, going)


def _live(lesson: Lesson, going: bool) -> None:
    assert lesson.header.training
    refused = lesson_runs.start_missing(lesson) if going else ""
    if going and lesson_runs.ended(lesson):
        st.rerun()
    runs = lesson_runs.of_lesson(lesson)
    with st.container(key="lesson-trainings"):
        for planned in lesson.header.training.runs:
            run = runs.get(planned.key)
            if run is None:
                st.progress(0.0, f"**{plain(planned.label)}** · waits for the one before it")
                continue
            status = run.status()
            icon, state = state_in_words(status, run.control())
            share, words, _ = progress(run, status)
            st.progress(share, f":material/{icon}: **{plain(planned.label)}** · {state} · {words}")
            if not status.active and status.state not in SUMMED_UP_STATES:
                st.caption("This training did not finish. Begin this lesson again to repeat it.")
    if refused:
        st.warning(refused, icon=":material/front_hand:")
    several = len(lesson.header.training.runs) > 1
    learning_curves(*runs.values(), compared=several, key="lesson-curves")
