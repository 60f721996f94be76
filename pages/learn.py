"""Lessons: predict what a network does, then run it and see."""

import streamlit as st

from mnist_core.config import settings
from mnist_core.lessons import glossary, reading
from mnist_core.lessons.lesson import Lesson
from mnist_core.lessons.reading import LessonError
from pages.components.learn import progress
from pages.components.learn.glossary_view import ALL, show_glossary
from pages.components.learn.lesson_view import show_lesson
from pages.components.learn.links import open_button
from pages.components.learn.worksheet import show_notes, show_worksheet
from pages.components.shell import address, frame
from pages.components.shell.steady import steady
from pages.components.shell.text import plain
from pages.components.shell.visitor import is_teacher, remember_visitor

SHEETS = {"worksheet": show_worksheet, "notes": show_notes}
MARKS = {"": "radio_button_unchecked", "begun": "pending", "done": "check_circle"}


def show_list(lessons: list[Lesson]) -> None:
    """All lessons, with their time and how far the visitor has come."""
    st.title("Learn")
    st.markdown(
        "Short lessons on how networks learn. You predict what will happen, then run it on this "
        "computer and see whether you were right. Begin with the first."
    )
    for lesson in lessons:
        said = progress.of(lesson.id).words
        number = lesson.id.partition("-")[0]  # by which teacher's notes name it
        numbered = f"{number}. " if number.isdecimal() else ""
        time = f"{lesson.header.minutes} min" + (f" · {said}" if said else "")
        with st.container(key=f"lesson-{lesson.id}", gap=None):
            open_button(
                f"**{plain(numbered + lesson.header.title)}** · {time}",
                MARKS[said],
                f"open-{lesson.id}",
                lesson=lesson.id,
            )
            st.caption(plain(lesson.header.question))
    open_button("Glossary: all terms and what they mean", "dictionary", "glossary", term=ALL)


def show_faults(faults: list[LessonError]) -> None:
    """Say which files are not valid lessons, and why, so that whoever runs the server can fix
    them."""
    if not faults or (settings.is_shared() and not is_teacher()):
        return
    with st.expander("Some files are not valid lessons", icon=":material/error:", expanded=True):
        for fault in faults:
            for line in str(fault).splitlines():
                st.markdown(plain(line))


def show_links(lesson: Lesson, steps: dict[str, tuple[str, str]]) -> None:
    """Links to steps of the lesson: label and icon of each."""
    with st.container(key=f"lesson-links-{'-'.join(steps)}", horizontal=True):
        for step, (label, icon) in steps.items():
            open_button(label, icon, f"show-{step}", step=step)


frame.page("Learn")
with steady():
    progress.keep()
    shelf = reading.all_lessons()
    lessons = {lesson.id: lesson for lesson in shelf.lessons}
    address.note_unknown("lesson", lessons)
    address.note_unknown("term", [ALL, *(term.name for term in glossary.terms())])
lesson = lessons.get(address.asked("lesson") or "")
term = address.asked("term")
if lesson or term:
    st.button(
        "All lessons",
        icon=":material/arrow_back:",
        type="tertiary",
        key="all-lessons",
        on_click=address.drop,
        args=("lesson", "step", "term"),
    )
if term:
    show_glossary(term)
elif lesson is None:
    show_list(shelf.lessons)
    show_faults(shelf.faults)
else:
    step = address.chosen("step")
    if step in SHEETS:
        show_links(lesson, {"question": ("Lesson", "school")})
        SHEETS[step](lesson)
    else:
        show_lesson(lesson)
        papers = {"worksheet": ("Worksheet", "print"), "notes": ("Teacher's notes", "co_present")}
        if settings.mode() == "class" and not is_teacher():
            del papers["notes"]
        show_links(lesson, papers)
remember_visitor()
