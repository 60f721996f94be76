"""Empty states: what pages say where there is nothing to show yet, or nothing fits a filter.

What is said of a drawing or photo that can't be read as digits, the command line says too: `BLANK`,
`DOT` and `SEVERAL` in mnist_core/digits/mnist_format.py, `BLANK` in from_photo.py.
"""

from __future__ import annotations

import streamlit as st

from mnist_core.config.formatting import count
from mnist_core.runs.run import Run
from pages.components.shell import classes
from pages.components.shell.classes import things
from pages.components.shell.text import plain

EMPTY_CANVAS = "The answer appears here."
DRAW_FIRST = "Draw something first."
NO_SAVED_DRAWINGS = "Nothing saved yet. Say what you drew, above, or choose “Draw 0 to 9 twice”."
NO_OWN_DIGIT = "Draw on the Draw page to see your own drawing here."

NO_NETWORK = "There is no trained network yet. Train one first."
NO_SECOND_NETWORK = "There is no second network yet. Train another one, and you can choose it here."
NO_OWN_RUN = "You have not trained a network yet. Each one that you train appears here."

NO_RUN_CHOSEN = (
    "Choose a preset and click **Train**: curves of loss and accuracy grow here while the network "
    "learns."
)
NO_FINDINGS = "A summary appears here after the first epoch."
NO_PREDICTIONS = "The network's predictions for these images appear here while it learns."
NO_RESULT_YET = "No training has ended yet. The first result appears here."
NO_SWEEP_YET = "The results of your sweeps appear here."
NO_EFFECTS_YET = "Findings appear here as soon as runs have ended."
NOTHING_IN_TRAINING = "No run is training or waiting."

HIDDEN_PAGE = "Your teacher has hidden this page for now. The menu lists those that you can open."

NO_DRAWING_ON_MAP = "Your own drawing can be on this map, too: draw one and come back."
NO_LOOP = "Draw a loop around some points, or choose a cluster, to see its images."

NO_LABEL_ISSUES = "No doubtful labels found."
NO_HIDDEN_LAYER = "This network has no hidden layer, so there is no unit to look at."

NO_WORKSHEET = "This lesson has no worksheet."
NO_NOTES = "This lesson has no notes."

NO_MATCHING_RUN = "No run matches the filter. Change or clear it."
NO_MATCHING_ERROR = "No error fits these filters."
NONE_OF_THIS_KIND = "None."


def no_digit(digit: int) -> str:
    """Where one of the classes does not occur, in Markdown."""
    return f"There is no {classes.shown(digit)} among these {things()}."


def empty_loop() -> str:
    """Where no point lies inside the loops on the map."""
    return f"The loop encloses none of the {things()} shown. Draw another one, or choose a cluster."


def data_gone(name: str) -> str:
    """Where the data set of a network is not there, in Markdown."""
    return (
        f"The images of the data set **{plain(name)}** are not here: it was deleted, or belongs to "
        "somebody else. You can still draw for the network."
    )


def data_gone_for_training(name: str) -> str:
    """Where a run can't be trained further, as its data set is not there, in Markdown."""
    return (
        f"It can't be trained further: the data set **{plain(name)}** was deleted, or belongs to "
        "somebody else."
    )


def no_errors(run: Run, digits: str) -> str:
    """Where a network classifies all of some digits correctly, in Markdown.

    Args:
        digits: "10,000 test digits".
    """
    return f"{plain(run.name)} classifies all {digits} correctly."


def no_epochs(run: Run) -> str:
    """Where a run's weights are stored for no epoch, in Markdown."""
    why = "ships with its final weights only" if run.pretrained else "has no weights by epoch"
    return f"**{plain(run.name)}** {why}, so there is no earlier epoch to show."


def too_few_epochs(run: Run, needed: int) -> str:
    """Where a run's weights are stored for too few epochs, in Markdown."""
    stored = count(len(run.epochs()), "epoch")
    return (
        f"**{plain(run.name)}** has weights for only {stored}; this view needs {needed} or more. "
        f"Train a network for {needed} epochs and choose it here."
    )


def train_first(text: str) -> None:
    """Say that a network is missing, with the way to train one."""
    st.info(text, icon=":material/info:")
    st.page_link("pages/train.py", label="Train a network", icon=":material/model_training:")
