"""The menu in the sidebar; its links take along which networks are in use."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from mnist_core import __version__
from mnist_core.config import settings
from mnist_core.runs import class_rules, store
from mnist_core.runs.run import RunNotFoundError
from pages.components.shell import address, sign_in
from pages.components.shell.address_parameters import PARAMETERS
from pages.components.shell.state import CHOSEN_OTHER, CHOSEN_RUN, SIDEBAR_PLACE
from pages.components.shell.visitor import is_teacher

APP = Path(__file__).parents[3]
MENU = {  # in the order of a first visit; entries under "" need no heading
    "": (
        ("app.py", "Draw", ":material/draw:"),
        ("pages/learn.py", "Learn", ":material/school:"),
        ("pages/data.py", "Data", ":material/dataset:"),
        ("pages/train.py", "Train", ":material/model_training:"),
        ("pages/runs.py", "Runs", ":material/history:"),
        ("pages/experiments.py", "Experiments", ":material/science:"),
    ),
    "Errors": (
        ("pages/confusion_matrix.py", "Confusion matrix", ":material/grid_on:"),
        ("pages/misclassified.py", "Misclassified", ":material/error_outline:"),
        ("pages/compare.py", "Compare", ":material/compare_arrows:"),
    ),
    "Understand": (
        ("pages/calibration.py", "How sure, how right?", ":material/verified:"),
        ("pages/stress_test.py", "Stress test", ":material/fitness_center:"),
        ("pages/label_issues.py", "Model or label?", ":material/fact_check:"),
        ("pages/map_of_digits.py", "Map of digits", ":material/scatter_plot:"),
        ("pages/network.py", "Network", ":material/hub:"),
    ),
}
TEACHER = ("pages/teacher.py", "Teacher", ":material/co_present:")  # in a class alone
# What links take along, and where the session keeps it.
CARRIED_PARAMETERS = {"run": CHOSEN_RUN, "versus": CHOSEN_OTHER}


def script_of(title: str) -> str:
    """The name of the script of the page with this title, as `PARAMETERS` has it."""
    entries = (*(entry for entries in MENU.values() for entry in entries), TEACHER)
    (path,) = (path for path, label, _ in entries if label == title)
    return Path(path).stem


def is_hidden(title: str) -> bool:
    """Whether the teacher of a class has hidden the page with this title from pupils, of whom the
    visitor is one."""
    return not is_teacher() and script_of(title) in class_rules.read().hidden.split()


def show(here: str) -> None:
    """Draw the menu on the page with this title, then a place for what the page adds to the
    sidebar, and at its foot the version."""
    taken = carried(here)
    with st.sidebar:
        st.markdown("**Digit Lab**")
        for section, entries in MENU.items():
            if section:
                st.caption(section)
            for path, label, icon in entries:
                if (APP / path).exists() and not is_hidden(label):
                    link(path, label, icon, taken)
        if settings.mode() == "class" and settings.text("DIGITLAB_TEACHER_KEY"):
            link(*TEACHER, taken)
        st.session_state[SIDEBAR_PLACE] = st.container()
        sign_in.sign_out()
        st.caption(f"Version {__version__}")


def link(path: str, label: str, icon: str, taken: dict[str, str]) -> None:
    """A link to a page that takes along which networks are in use.

    Args:
        path: The path of the page's script.
        label, icon: What it shows.
        taken: From `carried`.
    """
    page = Path(path).stem
    query = {name: taken[name] for name in taken if _has_network(name, page)}
    st.page_link(path, label=label, icon=icon, query_params=query or None)


def carried(here: str) -> dict[str, str]:
    """The network in use and the one compared with it, if they still exist: those of the address,
    else those chosen before.

    Args:
        here: The title of the page that the links stand on.
    """
    parameters = {}
    for name, kept in CARRIED_PARAMETERS.items():
        asked = address.asked(name) if _has_network(name, script_of(here)) else None
        run_id = asked or st.session_state.get(kept)
        if run_id and _ready(run_id):
            parameters[name] = run_id
    return parameters


def _has_network(name: str, page: str) -> bool:
    """Whether the parameter names a network on this page. On the Train page `?run=` is a run."""
    return page in PARAMETERS[name].pages and page != "train"


def _ready(run_id: str) -> bool:
    try:
        return store.get(run_id).ready
    except RunNotFoundError:
        return False
