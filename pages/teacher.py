"""A class's teacher: what goes on, the queue, and a board of the results."""

import streamlit as st

from mnist_core.config import settings
from mnist_core.config.text import accuracy_text
from mnist_core.runs import store
from pages.components.shell import empty_states, frame
from pages.components.shell.text import plain
from pages.components.shell.visitor import TooManyTriesError, become_teacher, is_teacher, visitor
from pages.components.train import class_form, run_table
from pages.components.train.run_controls import stop_button
from pages.components.train.run_in_words import progress, state_in_words
from pages.components.train.run_menu import open_menu

REFRESH = 2.0  # seconds
MOST = 40  # runs that go on, of which each has a row


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
def board() -> None:
    """All results, the best first."""
    rows = [run_table.row_of(run, "") for run in store.list_runs()]
    best = run_table.in_order([row for row in rows if row.accuracy is not None], "accuracy", True)
    st.dataframe(
        {
            "Name": [row.name for row in best],
            "Who": [row.who for row in best],
            "Settings": [row.settings for row in best],
            "Test accuracy": [accuracy_text(row.accuracy or 0.0) for row in best],
            "Epochs": [row.epochs for row in best],
        },
        key="board",
    )
    run_table.csv_button("CSV of all runs", rows, "class.csv", "class-csv")


frame.page("Teacher")
st.title("Teacher")
sign_in()
st.markdown(
    "As long as this tab is open you can pause, stop, rename and delete every run of the class: "
    "here, on the Runs page and on the Train page."
)
with st.container(border=True):
    class_form.rules()
    class_form.what_pupils_see()
st.header("In training now")
going_on()
st.header("Board")
board()
