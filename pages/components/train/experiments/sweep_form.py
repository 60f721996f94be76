"""The form that plans a sweep: hyperparameters with their values, seeds, and how long it takes."""

from __future__ import annotations

from typing import Any

import streamlit as st

from mnist_core.config.names import name_of, title_of
from mnist_core.config.optional_libraries import optuna_missing
from mnist_core.config.presets import PRESETS
from mnist_core.config.settings import SettingError
from mnist_core.config.sweep_plan import (
    MAX_RUNS,
    MAX_VARIED,
    VARIABLE,
    Plan,
    SweepError,
    parse,
    plan,
    search_plan,
)
from mnist_core.errors import DigitLabError
from mnist_core.jobs import launcher, queue
from mnist_core.runs.run import RunNameError, clean_name
from pages.components.shell import address
from pages.components.shell.error_toast import error_in_words
from pages.components.shell.state import TRAINING_SETUP
from pages.components.shell.text import plain, roughly
from pages.components.shell.visitor import visitor

NONE = "nothing"
FROM_FORM = "The Train page's set-up"
ALL, RANDOM, SEARCH = "all combinations", "some at random", "a search"
EXAMPLES = {
    "learning_rate": "0.003, 0.01, 0.03",
    "batch_size": "64, 256, 1024",
    "units": "32, 128, 512",
    "dropout": "0, 0.2, 0.4",
    "epochs": "1, 3, 10",
    "optimizer": "adam, sgd, rmsprop",
    "activation": "relu, tanh, sigmoid",
    "schedule": "constant, cosine, one_cycle",
}
FIRST = "learning_rate"
REFUSED = "sweep-refused"  # why a sweep was not started


def sweep_form() -> None:
    """Plan a sweep and start it."""
    if refused := st.session_state.pop(REFUSED, None):
        st.warning(refused, icon=":material/front_hand:")
    preset, way = _choose_way()
    for index in range(MAX_VARIED):
        _choose_hyperparameter(index)
    try:
        named = clean_name(st.session_state["sweep-name"].strip() or "Sweep")
        planned = _planned(preset, way)
        seconds = queue.expected_sweep([run.config for run in planned.runs])
    except SweepError as problem:
        st.error(plain(problem.in_words(title_of)), icon=":material/error:")
        return
    except (RunNameError, SettingError) as problem:
        st.error(plain(str(problem)), icon=":material/error:")
        return
    if planned.search and (missing := optuna_missing()):
        st.info(plain(missing), icon=":material/extension_off:")
        return
    for warning in planned.warnings(title_of):
        st.warning(plain(warning), icon=":material/warning:")
    st.button(
        f"Start {len(planned.runs)} runs",
        type="primary",
        icon=":material/play_arrow:",
        key="start-sweep",
        on_click=_start,
        args=(named, planned),
    )
    most = "at most " if planned.search else ""
    st.caption(
        f"Together {most}**{roughly(seconds)}** on this computer. They wait in the queue and go on "
        "while this page is closed."
    )


def _choose_way() -> tuple[str, str]:
    """The preset that is varied, and how; the session has how many runs there are, and the name."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        presets = list(PRESETS) + ([FROM_FORM] if TRAINING_SETUP in st.session_state else [])
        preset = st.selectbox(
            "Vary", presets, presets.index("speedrun"), format_func=name_of, key="sweep-preset"
        )
        way = st.selectbox(
            "Try",
            (ALL, RANDOM, SEARCH),
            key="sweep-way",
            help="A search (Optuna) tries more of what has worked, including numbers between "
            "yours, and stops runs that fall behind. It finds good values sooner, but is no fair "
            "comparison.",
        )
        if way != ALL:
            what = "Combinations" if way == RANDOM else "Runs"
            st.number_input(what, 2, MAX_RUNS, 12, key=f"sweep-number-{way}", width=160)
        if way != SEARCH:
            st.number_input(
                "Seeds",
                1,
                10,
                2,
                key="sweep-seeds",
                width=160,
                help="How often each combination is trained, each time with other random numbers: "
                "the only way to tell a difference from chance.",
            )
        st.text_input("Name", "Sweep", key="sweep-name")
    return preset, way


def _choose_hyperparameter(index: int) -> None:
    left, right = st.columns([3, 7], vertical_alignment="bottom")
    first = index == 0
    hyperparameter = left.selectbox(
        f"Setting {index + 1}",
        [NONE, *VARIABLE],
        VARIABLE.index(FIRST) + 1 if first else 0,
        format_func=lambda name: name if name == NONE else title_of(name),
        key=f"sweep-setting-{index}",
    )
    right.text_input(
        f"Values of setting {index + 1}",
        EXAMPLES.get(hyperparameter, ""),
        key=f"sweep-values-{index}-{hyperparameter}",  # each has an example of its own
        placeholder="values, with commas between them",
        disabled=hyperparameter == NONE,
    )


def _planned(preset: str, way: str) -> Plan:
    """The runs that the form describes.

    Raises:
        SweepError: they are impossible.
    """
    state, varied = st.session_state, dict[str, list[Any]]()
    for index in range(MAX_VARIED):
        hyperparameter = state[f"sweep-setting-{index}"]
        if hyperparameter in varied:
            raise SweepError(f"{title_of(hyperparameter)} is listed twice; choose another setting.")
        if hyperparameter != NONE:
            varied[hyperparameter] = parse(
                hyperparameter, state[f"sweep-values-{index}-{hyperparameter}"]
            )
    base = PRESETS.get(preset)
    if base is None:
        preset, base = state[TRAINING_SETUP]
    if way == SEARCH:
        return search_plan(preset, base, varied, state[f"sweep-number-{way}"])
    drawn = state[f"sweep-number-{way}"] if way == RANDOM else 0
    return plan(preset, base, varied, state["sweep-seeds"], drawn)


def _start(name: str, planned: Plan) -> None:
    try:
        launcher.start_sweep(name, planned, visitor())
        address.drop("sweep")  # so that the newest is shown
    except (DigitLabError, OSError) as error:
        st.session_state[REFUSED] = error_in_words(error)
