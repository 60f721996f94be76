"""Teach it my handwriting: a copy of the network in use goes on learning from one's drawings."""

from __future__ import annotations

import streamlit as st

from mnist_core.digits.user_drawings import Drawing
from mnist_core.jobs import fine_tuning, launcher
from mnist_core.jobs.fine_tuning import TeachingError
from mnist_core.runs import store
from mnist_core.runs.store import Run, Status
from pages.components.shell import frame
from pages.components.shell.visitor import visitor
from pages.components.train.run_controls import show_status

REFRESH = 0.3  # seconds
_TAUGHT = "taught-run"  # id of the run last started here
_PROBLEM = "teaching-problem"


def teach(run: Run, kept: list[Drawing]) -> None:
    """The button, what is missing for it, and the last teaching: its progress or its outcome."""
    taught = _last(run)
    st.markdown("**Teach it my handwriting**")
    try:
        fine_tuning.check(run, kept)
    except TeachingError as error:
        lacking = str(error)
    else:
        lacking = ""
    going_on = taught is not None and taught.status().active
    st.caption(_what_happens(run, kept))
    st.button(
        "Teach it my handwriting", key="teach", icon=":material/school:", type="primary",
        disabled=bool(lacking) or going_on, on_click=_start, args=(run, kept),
    )  # fmt: skip
    with st.container():  # so that the outcome keeps its place on the page
        if lacking:
            st.info(frame.plain(lacking))
        if problem := st.session_state.pop(_PROBLEM, None):
            st.warning(problem, icon=":material/front_hand:")
    if taught is not None:
        st.fragment(_follow, run_every=REFRESH if going_on else None)(taught, going_on, run.id)


def _what_happens(run: Run, kept: list[Drawing]) -> str:
    name = frame.plain(run.base_name or run.name)
    text = (
        f"A copy of **{name}** goes on learning from your drawings, redrawn with many pens and "
        "slants, and from training digits among them, so that it forgets next to nothing. Of each "
        "digit half of your drawings, at most five, are held back and measured before and after."
    )
    if run.base_name:
        text += " It starts there again, so that what is held back is new to it."
    if kept and (missing := sorted(set(range(10)) - {drawing.label for drawing in kept})):
        text += f" You have drawn no {', '.join(map(str, missing))}: of these it learns nothing."
    return text


def _start(run: Run, kept: list[Drawing]) -> None:
    taught = _last(run)
    if taught is not None and taught.status().active:
        return  # Streamlit calls again where another click cut this one's rerun short
    try:
        st.session_state[_TAUGHT] = fine_tuning.start(run, kept, visitor()).id
    except (TeachingError, launcher.TooManyRunsError) as error:
        st.session_state[_PROBLEM] = frame.plain(str(error))
    except OSError as error:
        st.session_state[_PROBLEM] = f"Nothing was started: {frame.plain(str(error))}"


def _last(run: Run) -> Run | None:
    """The run last started here, else the network in use where it was taught."""
    try:
        return store.get(st.session_state[_TAUGHT])
    except (KeyError, store.RunNotFoundError):
        return run if run.base_name else None


def _follow(taught: Run, was_active: bool, used: str) -> None:
    status = taught.status()
    if was_active and not status.active:
        st.rerun()  # the whole page: it can be chosen as a network now
    with st.container(border=True, key="teaching"):
        if status.state == "done":
            before_and_after(taught, status)
            _use(taught, used)
        else:
            show_status(taught, status)
            if "before" in status.summary:
                before_and_after(taught, status)
        st.page_link(
            "pages/train.py", label="Its curves", icon=":material/show_chart:",
            query_params={"run": taught.id},
        )  # fmt: skip


def _use(taught: Run, used: str) -> None:
    if taught.id == used:
        st.markdown(":material/check: This is the network in use. Draw, and see.")
    elif st.button("Use it", key="use-taught", icon=":material/check:", type="primary"):
        st.session_state["chosen_run"] = st.query_params["run"] = taught.id
        st.rerun()


def before_and_after(taught: Run, status: Status) -> None:
    """What a taught network and the one that it came from make of the same drawings and digits."""
    after, before = status.summary, status.summary["before"]
    count = after["drawing_count"]
    digits = "MNIST's" if status.dataset == "mnist" else "The offline sample's"
    rows = (
        (
            f"Your {count} drawings held back",
            *(f"{round(s['drawing_accuracy'] * count)} of {count} right" for s in (before, after)),
        ),
        (
            f"{digits} {after['test_size']:,} test digits",
            *(f"{s['test_accuracy']:.2%} right" for s in (before, after)),
        ),
    )
    names = (f"Before: {frame.plain(taught.base_name)}", f"After: {frame.plain(taught.name)}")
    lines = ["| | " + " | ".join(names) + " |", "|---|---:|---:|"]
    lines += [f"| {what} | {was} | **{now}** |" for what, was, now in rows]
    st.markdown("\n".join(lines))
    st.caption(
        f"It has learned from none of these. {count} drawings are few: each one counts "
        f"{100 / count:.0f} points, so a difference of one or two can be chance."
    )
    if status.dataset != "mnist":
        st.caption("MNIST was not here: the offline sample stood in for it, also in learning.")
