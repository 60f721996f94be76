"""One digit in full, over the page: its prediction, the reasons, its history, similar digits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.config.formatting import percent
from mnist_core.evaluation.cached_predictions import Split
from mnist_core.evaluation.metrics import SMALLEST_PROBABILITY
from pages.components.analysis.digits import browser_history
from pages.components.analysis.digits.digit_address import (
    asked_position,
    asked_training,
    back,
    close_digit,
    note_unknown_digits,
    open_digit,
    open_training,
)
from pages.components.analysis.digits.digit_keys import digit_keys
from pages.components.analysis.digits.epoch_lines import show_epochs
from pages.components.analysis.digits.other_predictions import show_other_networks
from pages.components.analysis.digits.similar_digits import show_neighbours
from pages.components.analysis.label_issue_search import page_of
from pages.components.analysis.split_predictions import SplitPredictions
from pages.components.shell import classes, networks
from pages.components.shell.classes import thing
from pages.components.shell.state import CHOSEN_RUN
from pages.components.shell.steady import steady
from pages.components.shell.text import plain
from pages.components.widgets.charts import probability_bars
from pages.components.widgets.images.pictures import large_picture
from pages.components.widgets.images.saliency_map import saliency_map
from pages.components.widgets.what_if import fool_it, repair_it


@dataclass(frozen=True, eq=False)
class ShownDigit:
    """The digit that is shown.

    Attributes:
        index: Its index in the test or training set.
        test: Whether it is a test digit.
        image: (28, 28) uint8.
        label: Its label.
        probabilities: (classes,) float32, the network's calibrated probabilities.
    """

    index: int
    test: bool
    image: NDArray[np.uint8]
    label: int
    probabilities: NDArray[np.float32]

    @property
    def predicted(self) -> int:
        """The most likely digit."""
        return int(self.probabilities.argmax())

    @property
    def correct(self) -> bool:
        """Whether the most likely digit is the label."""
        return self.predicted == self.label

    @property
    def other(self) -> int:
        """The most likely digit besides the label."""
        return next(int(d) for d in np.argsort(-self.probabilities) if d != self.label)


def show_chosen_digit(predictions: SplitPredictions, order: NDArray[np.int64]) -> None:
    """Open the digit that the address names, if it names one.

    Args:
        predictions: The predictions for the split that the page shows.
        order: (n,) int64, the positions in it that "Next" and "Previous" lead through.
    """
    note_unknown_digits(predictions.split, predictions.data.y_train.size)
    if asked_position(predictions.split) is not None:
        dialog = st.dialog(f"One {thing()}", width="medium", on_dismiss=_dismiss)
        dialog(_dialog)(predictions, order)


def _dismiss() -> None:
    """Close the digit. The whole page runs anew: a run under way may still send the dialog, and a
    fragment's run does not remove it."""
    close_digit()
    st.rerun()


def _dialog(predictions: SplitPredictions, order: NDArray[np.int64]) -> None:
    networks.rerun_if_deleted(predictions.run)
    position = asked_position(predictions.split)
    if position is None:
        return
    trail = asked_training()
    digit = _training(predictions, trail[-1]) if trail else _of_split(predictions, position)
    view = st.container(key="digit-view")
    browser_history.keep_short()  # below the view, but in effect before anybody can click in it
    with view:
        if trail:
            st.button(
                "Back", icon=":material/arrow_back:", key="back", shortcut="Left", on_click=back
            )
        else:
            _show_steps(predictions.split, order, position)
        _show_prediction(digit)
        if digit.test:
            _show_label_issue(predictions, digit.index)
        two = (digit.label, digit.other)
        saliency_map(predictions.classifier, digit.image, *two)
        _show_what_if(predictions, digit)
        show_epochs(predictions.run, digit.image, *two)
        own = None if digit.test else digit.index
        show_neighbours(predictions, digit.image, own, two, open_training)
        show_other_networks(predictions.run, digit.image, digit.label)


def _of_split(predictions: SplitPredictions, position: int) -> ShownDigit:
    """One of the digits that the page is about."""
    split = predictions.split
    return ShownDigit(
        int(split.indices[position]),
        split.name == "test",
        split.images(np.array([position]))[0],
        int(split.labels[position]),
        predictions.evaluation.probabilities[position],
    )


def _training(predictions: SplitPredictions, index: int) -> ShownDigit:
    """A similar training digit that was opened from there."""
    image = predictions.data.x_train[index]
    predictor = networks.predictor(predictions.run, predictions.epoch)
    probabilities = predictor.predict_image(image).probabilities
    return ShownDigit(index, False, image, int(predictions.data.y_train[index]), probabilities)


def _show_steps(split: Split, order: NDArray[np.int64], position: int) -> None:
    matches = np.flatnonzero(order == position)
    if not matches.size:
        return
    index = int(matches[0])
    with st.container(horizontal=True, vertical_alignment="center"):
        for label, key, step in (("← Previous", "previous-digit", -1), ("Next →", "next-digit", 1)):
            target = index + step
            inside = 0 <= target < order.size
            st.button(
                label,
                key=key,
                disabled=not inside,
                on_click=open_digit,
                args=(int(split.indices[order[target]]) if inside else 0,),
            )
        st.markdown(f"{index + 1:,} of {order.size:,}")
    digit_keys(index, order.size, lambda to: open_digit(int(split.indices[order[to]])))


def _show_prediction(digit: ShownDigit) -> None:
    picture, bars = st.columns([2, 3], gap="medium")
    with picture:
        large_picture(digit.image, classes.picture(digit.label))
        st.caption(f"{'Test' if digit.test else 'Training'} {thing()} No. {digit.index:,}")
    with bars:
        how = "correctly classified as" if digit.correct else "misclassified as"
        confidence = percent(float(digit.probabilities[digit.predicted]))
        loss = -np.log(max(float(digit.probabilities[digit.label]), SMALLEST_PROBABILITY))
        st.markdown(
            f"{plain(classes.capital_a(digit.label))}, {how} **{classes.shown(digit.predicted)}** "
            f"({confidence}); loss {loss:.3f}"
        )
        probability_bars.probability_bars(
            digit.probabilities, look="" if digit.correct else "wrong", key="digit-probabilities"
        )


def _show_what_if(predictions: SplitPredictions, digit: ShownDigit) -> None:
    """Change the digit so that the network gets it wrong, or right again."""
    views = [fool_it.TITLE, repair_it.TITLE]
    view = st.pills(f"What if the {thing()} were different?", views, key="what-if")
    run, epoch = predictions.run, predictions.epoch
    predictor = networks.predictor(run, epoch)
    with steady():
        if view == fool_it.TITLE:
            fool_it.fool_it(predictor, networks.weights_key(run, epoch), digit.image)
        elif view == repair_it.TITLE:
            repair_it.repair_it(predictor, digit.image, digit.label)


def _show_label_issue(predictions: SplitPredictions, index: int) -> None:
    page = page_of(index, predictions)
    if page is None:
        return
    st.info(
        f"**The label is doubtful**: the networks together predict another {classes.kind()}.",
        icon=":material/help:",
    )
    st.page_link(
        "pages/label_issues.py",
        label="Judge it",
        icon=":material/gavel:",
        query_params={"run": st.session_state[CHOSEN_RUN], "page": str(page)},
    )
