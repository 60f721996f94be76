"""The menu of a run: what it was, and what can be done with it, in a window over the page."""

from __future__ import annotations

import streamlit as st

from mnist_core.config.config import parameter_count
from mnist_core.digits.datasets import own_data
from mnist_core.errors import DigitLabError
from mnist_core.jobs import run_permissions
from mnist_core.runs import class_rules
from mnist_core.runs.ownership import NOT_YOURS, NotYoursError
from mnist_core.runs.records import RESUMABLE_STATES, RunDamagedError, Status
from mnist_core.runs.run import Run, RunActiveError, RunNotFoundError
from pages.components.shell import presence
from pages.components.shell.address import first_page
from pages.components.shell.error_toast import error_in_words, errors_as_toast
from pages.components.shell.javascript import invisible
from pages.components.shell.text import plain, sentence
from pages.components.shell.visitor import asking, is_teacher, may_change
from pages.components.train.run_in_words import settings_in_words
from pages.components.train.runs.downloads import show_downloads
from pages.components.train.runs.run_controls import resume_button
from pages.components.train.runs.run_repair import show_repair

_STEP = "menu-step"  # which form the window shows: "" for none, "rename", "repair" or "delete"


def open_menu(run: Run, step: str = "") -> None:
    """Open the window for a run."""
    st.session_state[_STEP] = step
    st.dialog(plain(_name(run)))(_menu)(run)


def _menu(run: Run) -> None:
    if not run.directory.exists():
        st.info("This run has been deleted in the meantime.")
        return
    step = st.session_state.get(_STEP)
    if step == "delete":
        _ask_to_delete(run)
    elif step == "rename":
        _ask_for_a_name(run)
    elif step == "repair":
        show_repair(run)
        with st.container(horizontal=True):
            _step_button(run, "delete", "Delete", "delete")
            if st.button("Close", key="close-repair"):
                st.rerun()
    else:
        _show_actions(run)


def _go_to(step: str) -> None:
    st.session_state[_STEP] = step


def _show_actions(run: Run) -> None:
    status, theirs = run.status(), not run.pretrained and may_change(run)
    _describe(run, status)
    _show_buttons(run, status, theirs)
    if not theirs and not run.pretrained:
        st.caption(NOT_YOURS)
    elif status.active:
        st.caption("To delete this run, stop it first: choose Watch, then Stop.")
    if not status.active:
        st.markdown("**Download**")
        with st.container(horizontal=True):
            show_downloads(run)
    _show_switches(run, theirs)


def _describe(run: Run, status: Status) -> None:
    """The run's hyperparameters, and what went wrong if something did."""
    st.caption(
        "The search chooses its settings when its turn comes."
        if run.description.undecided
        else f"{settings_in_words(run.config)}. {parameter_count(run.config)[0]:,} parameters."
    )
    if status.message and status.state in ("failed", "interrupted", "damaged"):
        st.error(plain(status.message))


def _show_buttons(run: Run, status: Status, theirs: bool) -> None:
    """`theirs`: whether the visitor may change the run."""
    with st.container(horizontal=True, key="run-actions"):
        st.page_link(
            "pages/train.py",
            label="Watch" if status.active else "Open",
            icon=":material/show_chart:",
            query_params={"run": run.id},
        )
        if status.state in RESUMABLE_STATES and theirs:
            resume_button(run, f"resume-{run.id}")
        if theirs:
            _step_button(run, "rename", "Rename", "edit")
        if theirs and not status.active:
            word = "Repair" if status.state == "damaged" else "Check files"
            _step_button(run, "repair", word, "build")
        if theirs:
            _step_button(run, "delete", "Delete", "delete", disabled=status.active)


def _step_button(run: Run, step: str, label: str, icon: str, *, disabled: bool = False) -> None:
    """A button that goes to one of the window's forms."""
    st.button(
        label,
        icon=f":material/{icon}:",
        key=f"{step}-{run.id}",
        disabled=disabled,
        on_click=_go_to,
        args=(step,),
    )


def _show_switches(run: Run, theirs: bool) -> None:
    """`theirs`: whether the visitor may change the run."""
    if theirs:
        key = f"keep-{run.id}"
        st.session_state[key] = run.kept  # another visitor may have changed it
        st.toggle("Keep: never delete it to make room", key=key, on_change=_keep, args=(run, key))
    if is_teacher() and own_data.is_for_all(run):
        key = f"pin-{run.id}"
        st.session_state[key] = class_rules.read().pinned_run == run.id
        st.toggle("Pin: every page leads to it", key=key, on_change=_pin, args=(run, key))


def _ask_for_a_name(run: Run) -> None:
    with st.form("rename", border=False):
        name = st.text_input("New name", run.name, key=f"name-{run.id}")
        with st.container(horizontal=True):
            wanted = st.form_submit_button("Rename", type="primary", key="confirm-rename")
            back = st.form_submit_button("Cancel", key="cancel-rename")
    _focus_first(run)
    if back:
        st.rerun()
    if wanted:
        try:
            run_permissions.rename(run, asking(), name)
        except (DigitLabError, OSError) as error:
            st.error(error_in_words(error))
        else:
            st.rerun()


def _ask_to_delete(run: Run) -> None:
    st.write(f"Delete **{plain(_name(run))}**?")
    st.write("Its network, history and results are deleted permanently.")
    if users := presence.others(run):
        st.warning(f"Just now {plain(sentence(users))}.", icon=":material/group:")
    with st.container(horizontal=True):
        if st.button("Delete", type="primary", icon=":material/delete:", key="confirm-delete"):
            try:
                run_permissions.delete(run, asking())
            except (NotYoursError, RunActiveError, RunNotFoundError) as error:
                st.error(plain(str(error)))
            except OSError as error:
                st.error(f"It can't be deleted: {plain(error.strerror or str(error))}.")
            else:
                first_page()  # there may be fewer now
                st.rerun()
        if st.button("Cancel", key="cancel-delete"):
            st.rerun()
    _focus_first(run)


def _focus_first(run: Run) -> None:
    """Put the focus on the form's field, or on Cancel; see run_menu.js."""
    invisible(__file__, f"focus-{st.session_state[_STEP]}-{run.id}")


def _keep(run: Run, key: str) -> None:
    """Mark the run as one that clean-up must not delete, or unmark it, as the switch now says."""
    with errors_as_toast():
        run_permissions.keep(run, asking(), st.session_state[key])


def _pin(run: Run, key: str) -> None:
    """Have every page of the class lead to this run, or to none, as the switch now says."""
    with errors_as_toast():
        class_rules.change(pinned_run=run.id if st.session_state[key] else None)


def _name(run: Run) -> str:
    """The run's name; its id if its configuration can't be read."""
    try:
        return run.name
    except RunDamagedError:
        return run.id
