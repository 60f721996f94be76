"""The menu in the sidebar, whose links take the networks in use along."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from mnist_core import __version__
from mnist_core.runs import store
from mnist_core.runs.run import RunNotFoundError
from pages.components.shell import address
from pages.components.shell.state import CHOSEN_OTHER, CHOSEN_RUN

APP = Path(__file__).parents[3]
MENU = {
    "Draw": (("app.py", "Draw", ":material/draw:"),),
    "Train": (
        ("pages/train.py", "Train", ":material/model_training:"),
        ("pages/runs.py", "Runs", ":material/history:"),
    ),
    "Understand": (
        ("pages/confusion_matrix.py", "Confusion matrix", ":material/grid_on:"),
        ("pages/misclassified.py", "Misclassified", ":material/error_outline:"),
        ("pages/compare.py", "Compare", ":material/compare_arrows:"),
        ("pages/calibration.py", "How sure, how right?", ":material/verified:"),
        ("pages/label_issues.py", "Model or label?", ":material/fact_check:"),
        ("pages/map_of_digits.py", "Map of digits", ":material/scatter_plot:"),
        ("pages/network.py", "Network", ":material/hub:"),
        ("pages/data.py", "Data", ":material/dataset:"),
    ),
}
OWN_NETWORK = ("Train", "Runs", "Data")  # pages that have no use for the network in use
TWO_NETWORKS = ("Confusion matrix", "Compare")
PAGES = [label for entries in MENU.values() for _, label, _ in entries]
CARRIED = {"run": {*PAGES} - {*OWN_NETWORK}, "versus": {*TWO_NETWORKS}}


def script_of(title: str) -> str:
    """The name of the script of the page with this title, as `address.PARAMETERS` has it."""
    (path,) = (path for entries in MENU.values() for path, label, _ in entries if label == title)
    return Path(path).stem


def show(here: str) -> None:
    """Draw the menu of the page with this title, and at its foot the version."""
    carried = _carried(here)
    with st.sidebar:
        st.markdown("### Digit Lab")
        for section, entries in MENU.items():
            if len(entries) > 1:
                st.caption(section)
            for path, label, icon in entries:
                if (APP / path).exists():
                    query = {key: carried[key] for key in carried if label in CARRIED[key]}
                    st.page_link(path, label=label, icon=icon, query_params=query or None)
        st.caption(f"Version {__version__}")


def _carried(here: str) -> dict[str, str]:
    """What the links take along, so that the address there tells all: the network in use, and
    another one beside it; those that still exist. On some pages `?run=` means something else."""
    asked = {} if here in OWN_NETWORK else {"run": address.asked("run")}
    asked["versus"] = address.asked("versus")
    chosen = {"run": CHOSEN_RUN, "versus": CHOSEN_OTHER}
    found = {key: asked.get(key) or st.session_state.get(name) for key, name in chosen.items()}
    return {key: run_id for key, run_id in found.items() if run_id and _ready(run_id)}


def _ready(run_id: str) -> bool:
    try:
        return store.get(run_id).ready
    except RunNotFoundError:
        return False
