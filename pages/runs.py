"""All runs: their results, and what can be done with them."""

import time

import streamlit as st

from mnist_core.config.config import parameter_count
from mnist_core.config.text import accuracy_text, count
from mnist_core.runs import environment, store
from mnist_core.runs.records import (
    ACTIVE_STATES,
    RESUMABLE_STATES,
    SUMMED_UP_STATES,
    RunDamagedError,
)
from mnist_core.runs.run import NAME_LENGTH, Run, RunActiveError, RunNotFoundError
from pages.components.shell import frame, networks
from pages.components.shell.address import first_page, page_choice
from pages.components.shell.text import duration, plain
from pages.components.train.downloads import show_downloads
from pages.components.train.live_curves import compared_curves
from pages.components.train.run_controls import resume_button
from pages.components.train.run_words import STATES, settings_in_words

PAGE_SIZE = 8


@st.dialog("Rename")
def rename(run: Run) -> None:
    """Ask for a new name."""
    name = st.text_input("New name", run.name, max_chars=NAME_LENGTH, key=f"name-{run.id}")
    if st.button("Rename", type="primary", key="confirm-rename"):
        try:
            run.rename(name)
        except (ValueError, RunNotFoundError) as error:
            st.error(plain(str(error)))
        else:
            st.rerun()


@st.dialog("Delete this run?")
def delete(run: Run, name: str) -> None:
    """Ask before a run is deleted."""
    st.write(f"**{plain(name)}**: its network, history and results are deleted permanently.")
    if st.button("Delete", type="primary", icon=":material/delete:", key="confirm-delete"):
        try:
            run.delete()
        except (RunActiveError, RunNotFoundError) as error:
            st.error(plain(str(error)))
        else:
            first_page()  # there may be fewer now
            st.rerun()


def show(run: Run) -> None:
    """A card: name, state, results and what can be done."""
    status = run.status()
    summary, (icon, state) = status.summary, STATES[status.state]
    with st.container(border=True, key=f"run-{run.id}"):
        st.markdown(f"**{plain(run.name)}** · :material/{icon}: {state}")
        facts = [time.strftime("%d %b %Y, %H:%M", time.localtime(run.created))]
        if summary and status.state in SUMMED_UP_STATES:
            data = "" if status.dataset == "mnist" else " (offline sample)"
            facts = [
                f"**{accuracy_text(summary.test_accuracy)}** test accuracy{data}",
                f"{count(summary.epochs, 'epoch')} in {duration(summary.seconds)}",
                *facts,
            ]
        facts.insert(-1, f"{parameter_count(run.config)[0]:,} parameters")
        st.markdown(" · ".join(facts))
        st.caption(settings_in_words(run.config))
        if status.state in ("failed", "interrupted", "damaged"):
            st.error(plain(status.message))
        with st.container(horizontal=True, vertical_alignment="center"):
            show_actions(run, status.state)


def show_damaged(run: Run, error: RunDamagedError) -> None:
    """A card for a run whose configuration can't be read: why, and how to be rid of it."""
    with st.container(border=True, key=f"run-{run.id}"):
        st.markdown(f"**{run.id}** · :material/{STATES['damaged'][0]}: {STATES['damaged'][1]}")
        st.error(plain(str(error)))
        if st.button("Delete", icon=":material/delete:", key=f"delete-{run.id}"):
            delete(run, run.id)


def show_actions(run: Run, state: str) -> None:
    """Links and buttons for what can be done with a run in this state."""
    active = state in ACTIVE_STATES
    st.page_link(
        "pages/train.py",
        label="Watch" if active else "Curves",
        icon=":material/show_chart:",
        query_params={"run": run.id},
    )
    if state in RESUMABLE_STATES and not run.pretrained:
        resume_button(run, f"resume-{run.id}")
    if not active:
        show_downloads(run)
    if not run.pretrained:
        if st.button("Rename", icon=":material/edit:", key=f"rename-{run.id}"):
            rename(run)
        if st.button("Delete", icon=":material/delete:", key=f"delete-{run.id}", disabled=active):
            delete(run, run.name)
        key = f"keep-{run.id}"
        st.session_state[key] = run.kept  # another visitor may have changed it
        st.toggle("Keep", key=key, on_change=keep, args=(run, key))


def keep(run: Run, key: str) -> None:
    """Have clean-up spare the run, or not, as the switch now says."""
    try:
        run.keep(st.session_state[key])
    except RunNotFoundError as error:
        st.toast(plain(str(error)), icon=":material/front_hand:")


@st.fragment  # the curves can ask for missing points, and a rerun of the page closes a dialog
def compare(all_runs: list[Run], first: list[str]) -> None:
    """The curves of the runs that are chosen, at first those with the ids in `first`."""
    st.subheader("Compare")
    names = networks.distinct_names(all_runs)
    chosen = st.multiselect(
        "Runs to compare",
        list(names),
        default=first,
        key="compared",
        format_func=names.__getitem__,
        max_selections=6,
    )
    by_id = {run.id: run for run in all_runs}
    if there := [by_id[run_id] for run_id in chosen if by_id[run_id].directory.exists()]:
        compared_curves(*there)


frame.page("Runs")
st.title("Runs")
own, shipped = store.list_runs(), store.list_pretrained()

st.subheader("Yours")
with st.container():  # so that nothing below moves when runs come and go
    if own:
        start = PAGE_SIZE * page_choice(-(-len(own) // PAGE_SIZE), "runs")
        for run in own[start : start + PAGE_SIZE]:
            show(run)
        if most := environment.keep_runs():
            st.caption(
                f"The newest {most} runs stay, and all that are marked *Keep*. Older ones are "
                "deleted permanently when a new training starts."
            )
    else:
        st.info("You have not trained a network yet. Each one that you train appears here.")
        st.page_link("pages/train.py", label="Train a network", icon=":material/model_training:")

for run, error in store.list_damaged():
    show_damaged(run, error)

st.subheader("Shipped with Digit Lab")
for run in shipped:
    show(run)

compare([*own, *shipped], [run.id for run in shipped])
