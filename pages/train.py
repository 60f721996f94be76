"""Train a network and watch it learn."""

import streamlit as st

from mnist_core.config.config import TrainingConfig
from mnist_core.config.fields import ConfigError
from mnist_core.config.presets import DESCRIPTIONS
from mnist_core.config.settings import SettingError
from mnist_core.config.sizes import TRAINING_DIGITS
from mnist_core.config.warnings import warnings_for
from mnist_core.jobs import launcher, limits
from mnist_core.runs import store
from mnist_core.runs.run import NAME_LENGTH, Run, RunNotFoundError
from mnist_core.training.expected_time import expected_time
from pages.components.shell import address, dataset, empty_states, frame
from pages.components.shell.state import WATCHED_RUN
from pages.components.shell.text import plain, roughly
from pages.components.shell.told import why_not
from pages.components.shell.visitor import remember_visitor, visitor
from pages.components.train import live_curves, training_form
from pages.components.train.copy_link import copy_link
from pages.components.train.into_view import bring_into_view
from pages.components.train.nickname import ask_for_nickname
from pages.components.train.other_runs import JUST_CHOSEN, show_other_runs
from pages.components.train.preset_differences import default_name
from pages.components.train.replay import choose_watched_digits
from pages.components.train.run_controls import watch
from pages.components.train.run_view import show_run
from pages.components.train.setup_link import to_query
from pages.components.widgets.network_diagram import network_diagram

REFUSED = "refused"  # why a training was not started


def watched_run(runs: list[Run]) -> Run | None:
    """The run that the address names; else, unless it has a set-up for the form, the one watched
    before, or the visitor's own in training. Others' runs stay a strip below the form."""
    if asked := address.asked("run"):
        try:
            return store.get(asked)
        except RunNotFoundError:
            st.warning("This run no longer exists.")
    if address.all_of(address.SETUP):
        return None
    before = st.session_state.get(WATCHED_RUN)
    mine = (run for run in runs if run.visitor == visitor() and run.status().active)
    return next((run for run in (*runs, *store.list_pretrained()) if run.id == before), None) or (
        next(mine, None)
    )


def start(default: str) -> None:
    """Start the training that the form describes; for the button, before the page shows it."""
    name = st.session_state["run-name"].strip() or default
    try:
        watch(launcher.start(training_form.configuration(), name, visitor=visitor()))
    except (
        ConfigError,
        limits.RefusedError,
        SettingError,
        OSError,
    ) as error:
        st.session_state[REFUSED] = why_not(error)
    else:
        st.session_state["run-name"], st.session_state["set-up"] = "", False


def too_large(config: TrainingConfig) -> list[str]:
    """Why visitors may not train this, for Markdown. A wrong setting is told at the start."""
    try:
        return [plain(problem) for problem in limits.problems(config)]
    except SettingError:
        return []


def say_time(config: TrainingConfig, runs: list[Run]) -> str:
    """How long the training is likely to take."""
    data = dataset.if_loaded()
    digits = TRAINING_DIGITS if data is None else len(data.x_train)
    expected = expected_time(config, digits, runs)
    most = "at most " if config.early_stopping else ""
    source = "from its earlier runs" if expected.measured else "an estimate before its first run"
    return f"On this computer {most}about **{roughly(expected.seconds)}** ({source})."


frame.page("Train")
st.title("Train a network")
with st.container():  # so that nothing below moves where there is something to say
    runs = store.list_runs()
    run = watched_run(runs)
    if refused := st.session_state.pop(REFUSED, None):
        st.warning(refused, icon=":material/front_hand:")
    if run is None:
        st.markdown(empty_states.NO_RUN_CHOSEN)

# The form is the page's third element in both cases: at another place the browser would show its
# fields once more, out of their frame, until the page is complete.
if run is None:
    settings = st.container(border=True)
else:
    settings = st.expander(
        "Train another network",
        icon=":material/tune:",
        key="set-up",
        on_change="rerun",  # so that `start` can close it
    )
    watch(run)
    show_run(run)  # before the form is filled, which takes a while
    if st.session_state.pop(JUST_CHOSEN, False):
        bring_into_view()

with settings:
    choosing, rest, starting = st.columns([3, 6, 1.4], vertical_alignment="bottom")
    with choosing:
        preset = training_form.choose_preset()
    problems: list[str] = []
    try:
        config = training_form.configuration()
    except ConfigError as error:
        config, problems = training_form.last_possible(), training_form.problems_in_words(error)
    else:
        training_form.remember(preset, config)
        problems = too_large(config)
    with rest:
        training_form.choose_rest()
    named = default_name(config, preset, {run.name for run in runs})
    starting.button(
        "Train",
        icon=":material/play_arrow:",
        type="primary",
        key="start-training",
        width="stretch",
        disabled=bool(problems),
        on_click=start,
        args=(named,),
    )
    with st.container(gap="small"):  # so that nothing below moves where there is something to say
        for problem in problems:
            st.error(problem, icon=":material/error:")
        training_form.show_complaints()
        for text in () if problems else warnings_for(config):
            st.warning(text, icon=":material/lightbulb:")
    expected = "" if problems else say_time(config, runs)
    st.caption(f"{DESCRIPTIONS[preset]} {expected}")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input("Name of the run", placeholder=named, max_chars=NAME_LENGTH, key="run-name")
        ask_for_nickname()
        copy_link("Copy link to this set-up", {"preset": preset} | to_query(preset, config), "link")
        everything = training_form.switch_to_all()
    training_form.training_form(everything)
    network_diagram(config)
launcher.prepare(config)

if run is None:
    show_other_runs()
    live_curves.preload()
remember_visitor()
if run is None:
    choose_watched_digits(dataset.get())  # last: the first visitor may wait for the data
