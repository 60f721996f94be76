"""The page of a class's teacher: rules, runs in training, and a board of the results."""

import streamlit as st

from mnist_core.config import settings
from mnist_core.digits.datasets import own_data
from mnist_core.runs import store
from pages.components.shell import empty_states, frame, projector_view
from pages.components.shell.visitor import TooManyTriesError, become_teacher, is_teacher, visitor
from pages.components.train.classroom import class_board, class_form
from pages.components.train.experiments.sweep_view import stop_all_button
from pages.components.train.runs import run_table
from pages.components.train.runs.active_runs import REFRESH, Active, active_runs, show_row
from pages.components.train.runs.run_controls import stop_button
from pages.components.train.runs.run_menu import open_menu

MAX_RUNS = 40  # rows of runs that are waiting or in training
MAX_RUNS_PROJECTED = 12  # runs on a projector's board


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
    """Sign in with a key, or say why it does not open the page."""
    try:
        if not become_teacher(key):
            st.error("This is not the key. It is what DIGITLAB_TEACHER_KEY says on the server.")
    except TooManyTriesError as error:
        st.error(str(error))


@st.fragment(run_every=REFRESH)
def in_training() -> None:
    """A row for each run or sweep that is waiting or in training."""
    active = active_runs()
    if not active:
        st.caption(empty_states.NOTHING_IN_TRAINING)
    for entry in active[:MAX_RUNS]:
        show_row(entry, run_buttons, run_table.row_of(entry.run, visitor()).who)


def run_buttons(active: Active) -> None:
    run = active.run
    if part := run.description.sweep:
        stop_all_button(active.sweep, f"stop-{part.id}")
    else:
        stop_button(run, active.status, run.control(), f"stop-{run.id}")
    if st.button("Actions", icon=":material/more_horiz:", key=f"actions-{run.id}"):
        open_menu(run)


@st.fragment(run_every=REFRESH)
def board(large: bool) -> None:
    """All results, the best first; for a projector as many as it has room for."""
    rows = [run_table.row_of(run, "") for run in store.list_runs()]
    shown = [row for row in rows if own_data.is_for_all(row.run)]
    most = MAX_RUNS_PROJECTED if large else None
    st.html(class_board.board_html(shown, len(rows) - len(shown), most))
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
    "Until you close or reload this tab, you can pause, stop, rename and delete every run of the "
    "class: here, on the Runs page and on the Train page."
)
with st.container(border=True):
    class_form.rules()
    class_form.what_pupils_see()
    class_form.what_is_pinned()
st.header("In training now")
in_training()
st.header("Board")
projector_view.switch()
board(large)
