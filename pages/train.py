"""Train a network and watch it learn."""

import time

import streamlit as st

from mnist_core import jobs, runs
from mnist_core.runs import Run
from pages.components import layout
from pages.components.run_view import show_run
from pages.components.training_form import name_of, show_architecture, training_form


def watched_run() -> Run | None:
    """The run that the address names, else the one watched before, else one that is going on."""
    asked = st.query_params.get("run")
    for run_id in (asked, st.session_state.get("watched-run")):
        if run_id is None:
            continue
        try:
            return runs.get(run_id)
        except runs.RunNotFoundError:
            if run_id == asked:
                st.warning("The run that the address names is not here: it may have been deleted.")
    return next((run for run in runs.list_runs() if run.status().active), None)


def watch(run: Run) -> None:
    st.session_state["watched-run"] = st.query_params["run"] = run.id


layout.page("Train", ":material/model_training:")
jobs.ensure_standby()
st.title("Train a network")
run = watched_run()
active = run is not None and run.status().active

settings, view = st.columns([2, 3], gap="large")
with settings:
    preset, config = training_form()
    show_architecture(config)
    name = st.text_input(
        "Name of the run",
        placeholder=f"{name_of(preset)}, {time.strftime('%H:%M')}",
        max_chars=runs.NAME_LENGTH,
    )
    with st.container(horizontal=True):
        start = st.button(
            "Train", icon=":material/play_arrow:", type="primary", key="start-training"
        )
        # No help text here: Streamlit would draw the button twice, once of it hidden.
        stop = st.button("Stop", icon=":material/stop:", key="stop-training", disabled=not active)
    if active:
        st.caption("Stop ends the training and keeps the best epoch so far.")
if start:
    run = jobs.start(config, name.strip() or f"{name_of(preset)}, {time.strftime('%H:%M')}")
    watch(run)
    st.rerun()
if stop and run is not None:
    jobs.stop(run)
    st.rerun()

with view:
    if run is None:
        st.info(
            "Choose a preset and click **Train**: the curves of loss and accuracy grow here while "
            "the network learns. It takes about two minutes on a laptop.",
            icon=":material/model_training:",
        )
    else:
        watch(run)
        show_run(run)
