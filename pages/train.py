"""Train a network and watch it learn."""

import streamlit as st

from mnist_core.config.config import TrainingConfig
from mnist_core.config.presets import DESCRIPTIONS
from mnist_core.config.warnings import warnings_for
from mnist_core.jobs import standby_control
from mnist_core.runs.run import Run
from pages.components.shell import classes, dataset, empty_states, frame, networks
from pages.components.shell.steady import steady
from pages.components.shell.terms import explained
from pages.components.shell.visitor import remember_visitor
from pages.components.train.classroom.nickname import ask_for_nickname
from pages.components.train.curves import live_curves
from pages.components.train.form import start_training, training_form
from pages.components.train.form.copy_link import copy_link
from pages.components.train.form.preset_differences import default_name
from pages.components.train.form.setup_link import to_query
from pages.components.train.run_in_words import expected_time_in_words
from pages.components.train.runs.other_runs import JUST_CHOSEN, show_other_runs
from pages.components.train.runs.replay import choose_watched_digits
from pages.components.train.runs.run_view import show_run
from pages.components.train.watched_run import watch, watched_run
from pages.components.widgets.browser.into_view import bring_into_view
from pages.components.widgets.charts.network_diagram import network_diagram
from pages.components.widgets.images.digit_grid import digit_grid


def show_form(run: Run | None, runs: list[Run]) -> TrainingConfig:
    """The form, and what is to be said of what it describes; returns that.

    Args:
        run: The run that the page shows, whose data the page is then about.
        runs: Those that the visitor sees.
    """
    choosing, rest, starting = st.columns([3, 6, 1.4], vertical_alignment="bottom")
    with choosing:
        preset = training_form.choose_preset()
    config, problems = training_form.read_form(preset)
    if run is None:
        classes.use(config.data)
    with rest:
        training_form.choose_rest()
    named = default_name(config, preset, {run.name for run in runs})
    unnameable = start_training.name_problem()
    with starting:
        start_training.button(named, disabled=bool(problems or unnameable))
    with steady(gap="small"):
        for problem in problems:
            st.error(problem, icon=":material/error:")
        training_form.show_complaints()
        for text in () if problems else warnings_for(config):
            st.warning(text, icon=":material/lightbulb:")
    expected = "" if problems else expected_time_in_words(config, runs)
    explained(f"{DESCRIPTIONS[preset]} {expected}", caption=True)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        training_form.choose_data()
        st.text_input("Name of the run", placeholder=named, key=start_training.NAME, live="500ms")
        ask_for_nickname()
        copy_link("Copy link to this set-up", {"preset": preset} | to_query(preset, config), "link")
        everything = training_form.switch_to_all()
    with steady():
        if unnameable:
            st.error(unnameable, icon=":material/error:")
    training_form.training_form(everything)
    network_diagram(config)
    return config


frame.page("Train")
st.title("Train a network")
with steady():
    runs = networks.visible_runs()
    run = watched_run(runs)
    classes.use(run.config.data if run else None)
    start_training.show_refusal()
    if run is None:
        explained(empty_states.NO_RUN_CHOSEN)

# The form is the page's third element in both cases: at another place the browser would show its
# fields once more, out of their frame, until the page is complete.
if run is None:
    form = st.container(border=True)
    others, watching = st.container(), st.container()  # at `show_run`'s places
else:
    form = st.expander(
        "Train another network",
        icon=":material/tune:",
        key=start_training.FORM,
        on_change="rerun",  # so that starting a training can close it
    )
    watch(run)
    show_run(run)  # before the form is filled, which takes a while
    if st.session_state.pop(JUST_CHOSEN, False):
        bring_into_view("training-status")

with form:
    config = show_form(run, runs)
standby_control.prepare(config)

if run is None:
    with others:
        show_other_runs()
        live_curves.preload()
remember_visitor()
if run is None:
    with watching:
        watched = choose_watched_digits(dataset.get())  # last: one may have to wait for the data
        digit_grid(watched.images, watched.labels)
