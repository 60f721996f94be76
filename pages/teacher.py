"""A class's teacher: what goes on, the queue, and a board of the results."""

import streamlit as st

from mnist_core.config import settings
from mnist_core.runs import store
from pages.components.shell import empty_states, frame, projector_view
from pages.components.shell.text import plain
from pages.components.shell.visitor import TooManyTriesError, become_teacher, is_teacher, visitor
from pages.components.train import class_board, class_form, run_table
from pages.components.train.run_controls import stop_button
from pages.components.train.run_in_words import progress, state_in_words
from pages.components.train.run_menu import open_menu

REFRESH = 2.0  # seconds
MOST = 40  # runs that go on, of which each has a row
MOST_PROJECTED = 12  # runs on a projector's board


def sign_in() -> None:
    """Ask for the teacher's key, and end the page until it is given."""
    if settings.mode() != "class":
        st.info("This page is for the teacher of a class: start the app with DIGITLAB_MODE=class.")
        st.stop()
    if not settings.text("DIGITLAB_TEACHER_KEY"):
        st.info("This page opens with a key, which DIGITLAB_TEACHER_KEY sets. It is not set.")
        st.stop()
    if is_teacher():
        return
    with st.form("sign-in", width=420):
        key = st.text_input("The teacher's key", type="password", key="teacher-key")
        if st.form_submit_button("Open", key="open-teacher"):
            try_key(key)
    if not is_teacher():
        st.stop()
    st.rerun()  # without the form


def try_key(key: str) -> None:
    """Say what is wrong with a key, if anything is."""
    try:
        if not become_teacher(key):
            st.error("This is not the key. It is what DIGITLAB_TEACHER_KEY says on the server.")
    except TooManyTriesError as error:
        st.error(str(error))


@st.fragment(run_every=REFRESH)
def going_on() -> None:
    """A row for each run that waits or is in training."""
    active = [(run, status) for run in store.list_runs() if (status := run.status()).active]
    if not active:
        st.caption(empty_states.NOTHING_IN_TRAINING)
    for run, status in active[:MOST]:
        control = run.control()
        icon, state = state_in_words(status, control)
        share, text, _ = progress(run, status)
        who = run_table.row_of(run, visitor()).who
        with st.container(horizontal=True, vertical_alignment="center", key=f"class-{run.id}"):
            said = f"**{plain(run.name)}** · {plain(who)} · {state} · {text}"
            st.progress(share, f":material/{icon}: {said}")
            stop_button(run, status, control, f"stop-{run.id}")
            if st.button("Actions", icon=":material/more_horiz:", key=f"actions-{run.id}"):
                open_menu(run)


@st.fragment(run_every=REFRESH)
def board(large: bool) -> None:
    """All results, the best first; for a projector as many as it has room for."""
    rows = [run_table.row_of(run, "") for run in store.list_runs()]
    st.html(class_board.board_html(rows, MOST_PROJECTED if large else None))
    if not large:
        run_table.csv_button("CSV of all runs", rows, "class.csv", "class-csv")


frame.page("Teacher")
large = projector_view.on()
st.title("Board" if large else "Teacher")
sign_in()
if large:
    board(large)
    projector_view.switch()
    st.stop()
st.markdown(
    "As long as this tab is open you can pause, stop, rename and delete every run of the class: "
    "here, on the Runs page and on the Train page."
)
with st.container(border=True):
    class_form.rules()
    class_form.what_pupils_see()
    class_form.what_is_pinned()
st.header("In training now")
going_on()
st.header("Board")
projector_view.switch()
board(large)
