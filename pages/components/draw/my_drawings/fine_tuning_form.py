"""Teach it my handwriting: a copy of the network in use is fine-tuned on one's own drawings."""

from __future__ import annotations

import streamlit as st

from mnist_core.config.settings import SettingError
from mnist_core.config.sizes import CLASSES
from mnist_core.digits.drawings.user_drawings import Drawing
from mnist_core.jobs import fine_tuning, limits
from mnist_core.jobs.fine_tuning import FineTuningError
from mnist_core.runs import store
from mnist_core.runs.run import Run, RunNotFoundError
from pages.components.shell import networks
from pages.components.shell.state import TUNED_RUN
from pages.components.shell.steady import steady
from pages.components.shell.text import plain
from pages.components.shell.visitor import visitor
from pages.components.train.runs.fine_tuning_result import before_and_after
from pages.components.train.runs.run_controls import show_status

REFRESH = 0.3  # seconds
_PROBLEM = "fine-tuning-problem"


def fine_tune(run: Run, saved: list[Drawing]) -> None:
    """The button, what is missing for it, and the last fine-tuning: its progress or its result."""
    tuned = _last(run)
    st.markdown("**Teach it my handwriting**")
    try:
        fine_tuning.check(run, saved)
    except FineTuningError as error:
        lacking = str(error)
    else:
        lacking = ""
    going_on = tuned is not None and tuned.status().active
    st.caption(_what_happens(run, saved))
    st.button(
        "Teach it my handwriting",
        key="fine-tune",
        icon=":material/school:",
        type="primary",
        disabled=bool(lacking) or going_on,
        on_click=_start,
        args=(run, saved),
    )
    with steady():
        if lacking:
            st.info(plain(lacking))
        if problem := st.session_state.pop(_PROBLEM, None):
            st.warning(problem, icon=":material/front_hand:")
    if tuned is not None:
        st.fragment(_follow, run_every=REFRESH if going_on else None)(tuned, going_on, run.id)


def _what_happens(run: Run, saved: list[Drawing]) -> str:
    name = plain(run.base_name or run.name)
    text = (
        f"A copy of **{name}** is fine-tuned on your drawings, varied in pen width and slant and "
        "mixed with MNIST digits, so it forgets little. Half of your drawings of each digit, at "
        "most five, are held out: they are not trained on, and are measured before and after."
    )
    if run.base_name:
        text += f" It starts from {name} again, so that the drawings held out are new to it."
    if saved and (missing := sorted(set(range(CLASSES)) - {drawing.label for drawing in saved})):
        text += f" You have drawn no {', '.join(map(str, missing))}: for these it learns nothing."
    return text


def _start(run: Run, saved: list[Drawing]) -> None:
    tuned = _last(run)
    if tuned is not None and tuned.status().active:
        return  # a second call: another click interrupted the rerun
    try:
        st.session_state[TUNED_RUN] = fine_tuning.start(run, saved, visitor()).id
    except (FineTuningError, limits.RefusedError, SettingError) as error:
        st.session_state[_PROBLEM] = plain(str(error))
    except OSError as error:
        st.session_state[_PROBLEM] = f"Nothing was started: {plain(str(error))}"


def _last(run: Run) -> Run | None:
    """The run last started here, or else the network in use if it was fine-tuned."""
    try:
        return store.get(st.session_state[TUNED_RUN])
    except (KeyError, RunNotFoundError):
        return run if run.base_name else None


def _follow(tuned: Run, was_active: bool, used: str) -> None:
    status = tuned.status()
    if was_active and not status.active:
        st.rerun()  # the whole page: it is a network to choose now
    with st.container(border=True, key="fine-tuning"):
        if status.state == "done" and status.summary:
            before_and_after(tuned, status)
            _use(tuned, used)
        else:
            show_status(tuned, status)
            if status.summary:
                before_and_after(tuned, status)
        st.page_link(
            "pages/train.py",
            label="Learning curves",
            icon=":material/show_chart:",
            query_params={"run": tuned.id},
        )


def _use(tuned: Run, used: str) -> None:
    if tuned.id == used:
        st.markdown(":material/check: This is the network in use. Draw something and see.")
    elif st.button("Use it", key="use-tuned", icon=":material/check:", type="primary"):
        networks.use(tuned.id)
        st.rerun()
