"""A lesson's worksheet and its teacher's notes, to be printed."""

from __future__ import annotations

import streamlit as st

from mnist_core.config import settings
from mnist_core.lessons.lesson import Lesson
from pages.components.shell import empty_states
from pages.components.shell.terms import explained
from pages.components.shell.text import plain
from pages.components.shell.visitor import is_teacher


def show_worksheet(lesson: Lesson) -> None:
    """Name, question, set-up and tasks, with lines to write on."""
    st.title(plain(lesson.header.title))
    st.html('<p class="worksheet-name"><span>Name <i></i></span> <span>Date <i></i></span></p>')
    with st.container(key="worksheet"):
        explained(f"**{lesson.header.question}**\n\n{lesson.sections['Set-up']}")
        explained(lesson.sections["Worksheet"] or empty_states.NO_WORKSHEET)
    print_hint()


def show_notes(lesson: Lesson) -> None:
    """The teacher's notes, which pupils of a class do not see."""
    st.title(f"{plain(lesson.header.title)}: teacher's notes")
    if settings.mode() == "class" and not is_teacher():
        st.info("These notes are for the teacher, who signs in on the Teacher page.")
        return
    explained(lesson.sections["Teacher's notes"] or empty_states.NO_NOTES)
    print_hint()


def print_hint() -> None:
    """A hint on how to print, which is not printed itself."""
    with st.container(key="print-hint"):
        st.caption("To print it, use the print command of your browser (Ctrl+P, on a Mac ⌘P).")
