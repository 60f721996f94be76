"""One digit in full, over the page: what the network said, why, when it learned it, and what
resembles it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.evaluation.metrics import SMALLEST_PROBABILITY
from mnist_core.evaluation.predictions import Split
from mnist_core.runs import store
from pages.components.analysis.digit_address import (
    asked_position,
    asked_training,
    back,
    close_digit,
    note_unknown_digits,
    open_digit,
    open_training,
)
from pages.components.analysis.digit_explanation import (
    large_picture,
    show_neighbours,
    show_other_networks,
    show_pixels,
)
from pages.components.analysis.epoch_lines import show_epochs
from pages.components.analysis.label_issue_search import page_of
from pages.components.analysis.split_predictions import Answers, still_there
from pages.components.shell.state import CHOSEN_RUN
from pages.components.shell.text import percent
from pages.components.widgets import probability_bars


@dataclass(frozen=True)
class Digit:
    """The digit that is shown.

    Attributes:
        index: Its place among the test or the training digits.
        test: Whether it is one of the test digits.
        image: (28, 28) uint8.
        label: What it is.
        probabilities: (10,) float32, what the network said of it.
    """

    index: int
    test: bool
    image: NDArray[np.uint8]
    label: int
    probabilities: NDArray[np.float32]

    @property
    def answer(self) -> int:
        return int(self.probabilities.argmax())

    @property
    def other(self) -> int:
        """The answer where it is wrong, else the second choice."""
        return next(int(d) for d in np.argsort(-self.probabilities) if d != self.label)


def show_chosen_digit(answers: Answers, order: NDArray[np.int64]) -> None:
    """Open the digit that the address names, if it names one.

    Args:
        answers: The digits and what the network said of them.
        order: Positions among which "next" and "previous" lead.
    """
    note_unknown_digits(answers.part, answers.data.y_train.size)
    if asked_position(answers.part) is not None:
        _dialog(answers, order)


@st.dialog("One digit", width="medium", on_dismiss=close_digit)
def _dialog(answers: Answers, order: NDArray[np.int64]) -> None:
    still_there(answers)
    position = asked_position(answers.part)
    if position is None:
        return
    trail = asked_training()
    digit = _training(answers, trail[-1]) if trail else _digit(answers, position)
    with st.container(key="digit-view"):
        if trail:
            st.button(
                "Back", icon=":material/arrow_back:", key="back", shortcut="Left", on_click=back
            )
        else:
            _show_steps(answers.part, order, position)
        _show_answer(digit)
        in_use = store.get(st.session_state[CHOSEN_RUN])
        if digit.test and (page := page_of(in_use, digit.index, answers)):
            st.info(
                "**The label is doubtful**: asked together, the networks say another digit.",
                icon=":material/help:",
            )
            st.page_link(
                "pages/label_issues.py",
                label="Judge it",
                icon=":material/gavel:",
                query_params={"run": in_use.id, "page": str(page)},
            )
        two = (digit.label, digit.other)
        show_pixels(answers.classifier, digit.image, *two)
        show_epochs(answers.run, digit.image, *two)
        own = None if digit.test else digit.index
        show_neighbours(answers, digit.image, own, two, open_training)
        show_other_networks(answers.run, digit.image, digit.label)


def _digit(answers: Answers, position: int) -> Digit:
    """One of the digits that the page is about."""
    part = answers.part
    return Digit(
        int(part.indices[position]),
        part.name == "test",
        part.images(np.array([position]))[0],
        int(part.labels[position]),
        answers.result.probabilities[position],
    )


def _training(answers: Answers, index: int) -> Digit:
    """A training digit that resembles it."""
    image = answers.data.x_train[index]
    said = answers.classifier.probabilities(image[None])[0]
    return Digit(index, False, image, int(answers.data.y_train[index]), said)


def _show_steps(part: Split, order: NDArray[np.int64], position: int) -> None:
    found = np.flatnonzero(order == position)
    if not found.size:
        return
    place = int(found[0])
    with st.container(horizontal=True, vertical_alignment="center"):
        for label, key, step in (("Previous", "Left", -1), ("Next", "Right", 1)):
            target = place + step
            inside = 0 <= target < order.size
            st.button(
                label,
                key=f"{label.lower()}-digit",
                shortcut=key,
                disabled=not inside,
                on_click=open_digit,
                args=(int(part.indices[order[target]]) if inside else 0,),
            )
        st.markdown(f"{place + 1:,} of {order.size:,}")


def _show_answer(digit: Digit) -> None:
    picture, bars = st.columns([2, 3], gap="medium")
    with picture:
        large_picture(digit.image, f"Handwritten {digit.label}")
        st.caption(f"{'Test' if digit.test else 'Training'} image No. {digit.index:,}")
    with bars:
        said = "rightly" if digit.label == digit.answer else "wrongly"
        loss = -np.log(max(float(digit.probabilities[digit.label]), SMALLEST_PROBABILITY))
        st.markdown(
            f"A **{digit.label}**, {said} called **{digit.answer}** with "
            f"**{percent(float(digit.probabilities[digit.answer]))}**; loss {loss:.3f}"
        )
        look = "" if digit.label == digit.answer else "wrong"
        probability_bars.probability_bars(digit.probabilities, look=look, key="digit-probabilities")
