"""Watch a network learn: chosen digits after every epoch, and a replay of the whole training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.config.formatting import accuracy_text
from mnist_core.config.sizes import IMAGE_SIDE
from mnist_core.digits.datasets.dataset import Dataset
from mnist_core.evaluation.cached_predictions import Split, split_of
from mnist_core.evaluation.metrics import Evaluation, EvaluationError
from mnist_core.network.inference import WeightsError
from mnist_core.runs.run import Run
from pages.components.shell import classes, empty_states, networks, visitor_drawings
from pages.components.shell.address import whole_number
from pages.components.shell.classes import thing, things
from pages.components.shell.state import DIGITS_TO_WATCH
from pages.components.shell.text import plain
from pages.components.widgets.charts.confusion_table import confusion_table, counts_html
from pages.components.widgets.images.digit_grid import digit_grid
from pages.components.widgets.images.weight_tiles import tiles

MAX_WATCHED = 4
SUGGESTED = (8, 33, 115, 247)  # test digits of MNIST that networks are slow to learn
DRAWING = "drawing "
UNITS_SHOWN = 64


@dataclass(frozen=True)
class WatchedDigits:
    """Digits to watch: images (n, 28, 28) uint8, labels (n,) 0 to 9, and n names."""

    images: NDArray[np.uint8]
    labels: NDArray[np.integer]
    names: tuple[str, ...]

    @classmethod
    def none(cls) -> WatchedDigits:
        """No digit."""
        return cls(np.empty((0, IMAGE_SIDE, IMAGE_SIDE), np.uint8), np.empty(0, np.intp), ())


def choose_watched_digits(data: Dataset) -> WatchedDigits:
    """A choice of digits to watch: test digits by their number, or the visitor's own drawings.
    What is neither is said, and taken out of the choice."""
    saved = [] if classes.data() else visitor_drawings.saved()
    own = [f"{DRAWING}{i + 1}" for i in range(len(saved))]
    suggested = [str(i) for i in SUGGESTED if i < len(data.y_test)]
    wanted = st.session_state.get(
        "digits-to-watch", st.session_state.get(DIGITS_TO_WATCH, suggested)
    )
    digits: dict[str, tuple[NDArray[np.uint8], int]] = {}
    for name in wanted:
        number = name.removeprefix("test digit ").removeprefix("No. ").strip()
        if name in own:
            drawing = saved[own.index(name)]
            digits[name] = (drawing.image, drawing.label)
        elif (index := whole_number(number, len(data.y_test))) is not None:
            digits[number] = (data.x_test[index], int(data.y_test[index]))
        elif not name.startswith(DRAWING):  # a drawing was deleted meanwhile
            last = len(data.y_test) - 1
            st.warning(f"{plain(name)}: expected a test {thing()}'s number, 0 to {last:,}.")
    st.session_state["digits-to-watch"] = st.session_state[DIGITS_TO_WATCH] = names = list(digits)[
        :MAX_WATCHED
    ]
    st.multiselect(
        f"{things().capitalize()} to watch, at most four",
        [*suggested, *own, *(name for name in names if name not in suggested + own)],
        key="digits-to-watch",
        max_selections=MAX_WATCHED,
        accept_new_options=True,
        format_func=lambda name: name if name.startswith(DRAWING) else f"test {thing()} No. {name}",
        placeholder=f"The number of a test {thing()}, or a drawing",
        help=f"Type the number of any test {thing()}. Drawings that you save on the Draw page can "
        "be chosen too.",
    )
    images, labels = [digits[name][0] for name in names], [digits[name][1] for name in names]
    return WatchedDigits(
        np.array(images, np.uint8).reshape(-1, IMAGE_SIDE, IMAGE_SIDE),
        np.array(labels, np.intp),
        tuple(names),
    )


def show_watched_digits(run: Run, watched: WatchedDigits, epoch: int | None = None) -> None:
    """The watched digits, each with its ten probabilities after an epoch; None for the newest."""
    key = "watched-digits" if epoch is None else "replayed-digits"
    epochs = run.epochs()
    if not watched.names:
        return
    epoch = epoch or (epochs[-1] if epochs else None)
    with st.container(key=key):
        if epoch is None and not run.usable:
            st.caption(empty_states.NO_PREDICTIONS)
            digit_grid(watched.images, watched.labels)
            return
        st.caption(f"After epoch {epoch}" if epoch else "After the training")
        try:
            predictor = networks.predictor(run, epoch)
        except (WeightsError, OSError) as error:
            networks.show_damaged(run, error, epoch)
            return
        predictions = [predictor.predict_image(image) for image in watched.images]
        probabilities = np.array([prediction.probabilities for prediction in predictions])
        digit_grid(watched.images, watched.labels, probabilities, bars=True)
        st.caption(_temperature_in_words(run, predictor.temperature))


def _temperature_in_words(run: Run, temperature: float) -> str:
    if problem := networks.not_calibrated(run):
        return problem
    if networks.calibration(run) is None:
        if run.ready:
            return "The probabilities are being calibrated."
        return "The probabilities are not calibrated yet: that happens when the training has ended."
    if temperature == 1:
        return (
            "The probabilities are as the network gives them: too few validation images, or none "
            "that is misclassified, to calibrate them."
        )
    return (
        "The probabilities are calibrated as on the Draw page: after every epoch, the network's "
        f"outputs are divided by {temperature:.2f}, which fits its final weights."
    )


def _evaluation(run: Run, split: Split, data: Dataset, epoch: int) -> Evaluation | None:
    """What the network predicts after an epoch; None while that is computed, and if its weights
    are damaged. Either is said."""
    try:
        networks.classifier(run, epoch)  # the predictions may be stored
        return networks.evaluation_when_done(run, split, data.name, epoch)
    except (WeightsError, EvaluationError, OSError) as error:
        networks.show_damaged(run, error, epoch)
        return None


@st.fragment
def show_replay(run: Run, watched: WatchedDigits, data: Dataset) -> None:
    """A slider over the epochs: test accuracy, watched digits, confusion matrix and weights."""
    epochs = run.epochs()
    if len(epochs) < 2:
        return
    st.header("Replay")
    epoch = st.select_slider("Epoch", epochs, epochs[-1], key=f"replay-{run.id}")
    before = epochs[max(0, epochs.index(epoch) - 1)]
    with st.container(key="replay"):
        _show_epoch(run, watched, data, epoch, before)


def _show_epoch(run: Run, watched: WatchedDigits, data: Dataset, epoch: int, before: int) -> None:
    """What the network predicts after an epoch, and what it gained since the one before."""
    split = split_of(data, "test", run.config)
    evaluation = _evaluation(run, split, data, epoch)
    if evaluation is None:
        return
    previous = None if epoch == before else _evaluation(run, split, data, before)
    gain = None
    if previous is not None:
        gain = f"{100 * (evaluation.accuracy - previous.accuracy):+.2f} percentage points"
    matrix, seen = st.columns(2)
    with seen:
        with st.container(key="replayed-accuracy"):
            st.metric(
                f"Test accuracy after epoch {epoch}",
                accuracy_text(evaluation.accuracy),
                gain,
            )
            st.caption(
                "The weights after each epoch are stored in half precision, so the accuracy can "
                "differ a little from that of the final network."
            )
        show_watched_digits(run, watched, epoch)
    with matrix:
        html = counts_html(evaluation.confusion_matrix())
        confusion_table(html, None, "replayed-matrix")
    kernel = networks.classifier(run, epoch).kernels[0].T[:UNITS_SHOWN]
    kernel = kernel.reshape(-1, IMAGE_SIDE, IMAGE_SIDE)
    st.caption(
        f"Weights of {len(kernel)} units of the first layer: ink on blue excites the unit, ink "
        "on orange inhibits it."
    )
    tiles(kernel, 16, f"First-layer weights after epoch {epoch}", "replayed-weights")
