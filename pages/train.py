"""Train a network and watch it learn."""

import time

import streamlit as st

from mnist_core.config.warnings import warnings_for
from mnist_core.jobs import launcher
from mnist_core.runs import store
from mnist_core.runs.environment import SettingError
from mnist_core.runs.run import NAME_LENGTH, Run, RunNotFoundError
from pages.components.shell import address, dataset, frame
from pages.components.shell.state import WATCHED_RUN
from pages.components.shell.text import name_of, plain
from pages.components.shell.visitor import remember_visitor, visitor
from pages.components.train import live_curves
from pages.components.train.replay import choose_pinned
from pages.components.train.run_controls import watch
from pages.components.train.run_view import show_run
from pages.components.train.training_form import (
    choose_preset,
    configuration,
    show_complaints,
    training_form,
)
from pages.components.widgets.network_diagram import network_diagram

REFUSED = "refused"  # why a training was not started


def watched_run() -> Run | None:
    """The run that the address names, else the one watched before, else one in training."""
    asked = address.asked("run")
    for run_id in (asked, st.session_state.get(WATCHED_RUN)):
        if run_id is None:
            continue
        try:
            return store.get(run_id)
        except RunNotFoundError:
            if run_id == asked:
                st.warning("This run no longer exists.")
    return next((run for run in store.list_runs() if run.status().active), None)


def start(default_name: str) -> None:
    """Start the training that the form describes; for the button, before the page shows it."""
    name = st.session_state["run-name"].strip() or default_name
    try:
        watch(launcher.start(configuration(), name, visitor=visitor()))
    except (launcher.TooManyRunsError, SettingError, store.DirectoryError) as error:
        st.session_state[REFUSED] = str(error)
    else:
        st.session_state["run-name"], st.session_state["set-up"] = "", False


frame.page("Train")
st.title("Train a network")
with st.container():  # so that nothing below moves where there is something to say
    run = watched_run()
    if refused := st.session_state.pop(REFUSED, None):
        st.warning(plain(refused), icon=":material/front_hand:")

settings = st.expander(
    "Settings" if run is None else "Train another network",
    expanded=run is None,
    icon=":material/tune:",
    key="set-up",
    on_change="rerun",  # so that `start` can close it
)
if run is not None:  # before the form is filled, which takes a while
    watch(run)
    show_run(run)

with settings:
    choice, naming, starting = st.columns([3, 3, 1], vertical_alignment="bottom")
    with choice:
        preset = choose_preset()
    default_name = f"{name_of(preset)}, {time.strftime('%H:%M')}"
    naming.text_input(
        "Name of the run", placeholder=default_name, max_chars=NAME_LENGTH, key="run-name"
    )
    starting.button(
        "Train",
        icon=":material/play_arrow:",
        type="primary",
        key="start-training",
        on_click=start,
        args=(default_name,),
    )
    warnings = st.container(gap="small")
    config = training_form(preset)
    network_diagram(config)
    with warnings:
        show_complaints()
        for text in warnings_for(config):
            st.warning(text, icon=":material/lightbulb:")
launcher.prepare(config)

if run is None:
    st.info(
        "Choose a preset and click **Train**: curves of loss and accuracy grow here while the "
        "network learns. It takes about two minutes on a laptop.",
        icon=":material/model_training:",
    )
    live_curves.preload()
remember_visitor()
if run is None:
    choose_pinned(dataset.get())  # last: the first visitor may wait for the data
