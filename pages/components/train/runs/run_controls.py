"""The state of a run, and buttons to pause, stop, resume and continue it or change its rate."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

import streamlit as st

from mnist_core.config.config import Optimizer
from mnist_core.errors import DigitLabError
from mnist_core.jobs import launcher, run_permissions
from mnist_core.runs.ownership import NOT_YOURS
from mnist_core.runs.records import RESUMABLE_STATES, Control, Status
from mnist_core.runs.run import Run, RunActiveError
from pages.components.shell import dataset, empty_states
from pages.components.shell.classes import things
from pages.components.shell.error_toast import error_in_words, errors_as_toast
from pages.components.shell.text import plain
from pages.components.shell.visitor import asking, may_change, visitor
from pages.components.train.run_in_words import STARTING, STATES, progress, state_in_words
from pages.components.train.watched_run import watch

STATUS_WIDTH = 340  # pixels
STOP_PATIENCE = 15  # seconds after which a process that does not stop may be ended


def show_status(run: Run, status: Status) -> None:
    """State, buttons and progress: the top of a run's view."""
    control = run.control()
    icon, state = state_in_words(status, control)
    share, text, speed = progress(run, status)
    if text == STARTING and not control.stop:
        icon, state = STATES["starting"]
    with st.container(horizontal=True, vertical_alignment="center", key="training-controls"):
        # Two lines in every state, and so wide that on a phone the buttons have a row of their own:
        # whatever the state, what follows keeps its place on the page.
        with st.container(key="training-status", width=STATUS_WIDTH):
            st.markdown(f":material/{icon}: **{state}**{speed}  \n{plain(run.name)}")
        with st.container(horizontal=True, wrap=False, width="content"):
            if status.active and not may_change(run):
                for _ in range(3):  # as many as there are buttons
                    st.empty()
                st.caption(NOT_YOURS)
            elif status.active:
                _show_active_controls(run, status, control)
            else:
                _show_ended_controls(run, status)
                for _ in range(
                    2
                ):  # otherwise Stop and the rate would stay until the page is complete
                    st.empty()
    with st.container(key="training-progress"):
        if status.state in ("failed", "interrupted", "damaged"):
            _show_failure(run, status)
        else:  # a bar in every other state, so that what follows keeps its place on the page
            st.progress(share, text)
    waited = time.time() - run.control_path.stat().st_mtime if control.stop else 0
    if status.active and waited > STOP_PATIENCE and may_change(run):
        st.warning("The training process is not responding.")
        if st.button("End it now", icon=":material/dangerous:", key="kill-training"):
            _ask(run_permissions.kill, run)
            st.rerun()


def _show_active_controls(run: Run, status: Status, control: Control) -> None:
    # No help texts here: Streamlit would draw the buttons twice, once of it hidden.
    under_way = status.state in ("distilling", "training", "paused")
    if under_way:
        word, icon = ("Resume", "play_arrow") if control.pause else ("Pause", "pause")
        st.button(
            word,
            icon=f":material/{icon}:",
            key=f"{word.lower()}-training",
            on_click=_ask,
            args=(run_permissions.pause, run, not control.pause),
        )
    stop_button(run, status, control, "stop-training")
    if under_way:
        with st.popover("Learning rate"):
            _show_rate(run)


def stop_button(run: Run, status: Status, control: Control, key: str) -> None:
    """A button that ends a training, or a wait for its turn."""
    st.button(
        "Stop",
        icon=":material/stop:",
        key=key,
        disabled=control.stop or status.state == "evaluating",
        on_click=_ask,
        args=(run_permissions.stop, run),
    )


def _ask(act: Callable[..., None], run: Run, *what: object, done: str = "") -> None:
    """Do what the visitor asks of a run, and say that it was done, or why it was not."""
    with errors_as_toast():
        act(run, asking(), *what)
        if done:
            st.toast(done)


def _show_rate(run: Run) -> None:
    last = run.last_row()
    now = last.learning_rate if last else run.config.optimizer.learning_rate
    st.markdown(f"Now: {now:.2e}")
    rate = st.number_input(
        "From now on",
        *Optimizer.limits("learning_rate"),
        value=max(run.config.optimizer.learning_rate / 2, Optimizer.limits("learning_rate").lowest),
        step=run.config.optimizer.learning_rate / 10,
        format="%.2e",
        key=f"new-rate-{run.id}",
    )
    if st.button("Change", key="change-rate"):
        done = f"Learning rate {rate:.2e} from the next batch on"
        _ask(run_permissions.change_rate, run, rate, done=done)
    if run.config.schedule.name != "constant":
        st.caption("The schedule continues from there.")


def _show_ended_controls(run: Run, status: Status) -> None:
    if status.state in RESUMABLE_STATES and not run.pretrained:
        if may_change(run):
            resume_button(run, "resume-run")
        else:
            st.caption(NOT_YOURS)
    elif (run.checkpoint_path.exists() or run.model_path.exists()) and _has_data(run):
        with st.popover("Continue training", icon=":material/fast_forward:"):
            _show_continue(run)


def resume_button(run: Run, key: str) -> None:
    """A button that continues a run that has stopped, failed or was interrupted."""
    if not _has_data(run) or not st.button("Resume", icon=":material/play_arrow:", key=key):
        return
    with errors_as_toast():
        with suppress(RunActiveError):  # another visitor was quicker
            run_permissions.resume(run, asking())
        st.rerun()


def _has_data(run: Run) -> bool:
    """Whether the data for more training are there; if not, the page says so."""
    data = run.config.data
    if data is None or dataset.is_there(data):
        return True
    st.caption(empty_states.data_gone_for_training(data.name))
    return False


def _show_continue(run: Run) -> None:
    epochs = st.number_input("More epochs", 1, 500, 5, key="more-epochs")
    if not run.checkpoint_path.exists():
        data = plain(run.config.data.name) if run.config.data else "MNIST"
        st.caption(
            "Starts from its final weights, with a new optimizer, a tenth of the learning rate "
            f"and {data}'s {things()} alone: the state of its own optimizer was not kept."
        )
    elif run.config.schedule.name in ("cosine", "one_cycle"):
        st.caption("The learning-rate schedule is stretched to the new length.")
    if st.button("Continue training", type="primary", key="continue-training"):
        try:
            new = launcher.continue_training(run, epochs, visitor())
        except (DigitLabError, OSError) as error:
            st.error(error_in_words(error))
        else:
            watch(new)
            st.rerun()
    st.caption("This makes a new run; this one stays as it is.")


def _show_failure(run: Run, status: Status) -> None:
    last = run.last_row()
    done = int(last.epoch) if last else 0
    theirs = may_change(run)
    after = f" *Resume* continues after epoch {done}." if done and theirs else ""
    if status.state == "damaged" and theirs:
        after += " *Repair*, in its window on the Runs page, works its state out again."
    st.error(plain(status.message) + after)
