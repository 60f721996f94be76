"""Digits that a network answered to, by the page; a click on one opens it."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.components.analysis.choices import PART_LABELS
from pages.components.analysis.digit_address import open_digit
from pages.components.analysis.split_predictions import Answers
from pages.components.shell.address import page_choice
from pages.components.widgets.digit_grid import digit_grid

FIRST = 24  # images, where more can be asked for


def show_digits(
    answers: Answers,
    positions: NDArray[np.int64],
    key: str,
    bars: bool = False,
    doubtful: Collection[int] = (),
) -> None:
    """Show the digits at these positions with what the network said of them.

    Args:
        answers: Where from.
        positions: In the order in which to show them.
        key: Name of the grid among the page's widgets.
        bars, doubtful: As for `digit_grid`.
    """
    digit_grid(
        answers.part.images(positions),
        answers.result.labels[positions],
        answers.result.probabilities[positions],
        answers.part.indices[positions],
        bars=bars,
        on_click=open_digit,
        key=key,
        doubtful=doubtful,
    )


def show_pages(
    answers: Answers,
    positions: NDArray[np.int64],
    key: str,
    size: int,
    of: str,
    doubtful: Collection[int] = (),
) -> None:
    """As `show_digits`, `size` of them at a time; `of` names what is shown (see `page_choice`)."""
    if positions.size:
        start = size * page_choice(-(-positions.size // size), of)
        show_digits(answers, positions[start : start + size], key, doubtful=doubtful)


def show_first(
    answers: Answers, positions: NDArray[np.int64], key: str, of: str, more: str = "Show more"
) -> None:
    """As `show_digits`, the first few of them, with a button for more; for where the address
    already has the pages of another gallery."""
    number = st.session_state.get(f"shown-{of}", FIRST)
    show_digits(answers, positions[:number], key)
    if number < positions.size:
        st.button(
            more,
            key=f"more-{key}",
            on_click=st.session_state.__setitem__,
            args=(f"shown-{of}", number + 4 * FIRST),
        )


def link_to_errors(answers: Answers, label: str) -> None:
    """A link to the page with all digits of the part that this network calls wrong."""
    part = next(text for text, name in PART_LABELS.items() if name == answers.part.name)
    st.page_link(
        "pages/misclassified.py",
        label=label,
        icon=":material/image_search:",
        query_params={"run": answers.run.id, "part": part, "all": "errors"},
    )


def show_errors_first(
    answers: Answers, positions: NDArray[np.int64], what: str, key: str, size: int, of: str
) -> NDArray[np.int64]:
    """Show digits, wrong answers before right ones and the surer before the others.

    Args:
        what: Begins the line above: how many they are, and of what.
        answers, positions, key, size, of: As for `show_pages`.

    Returns:
        The positions in this order.
    """
    result = answers.result
    order = positions[np.lexsort((-result.confidence[positions], result.correct[positions]))]
    wrong = int(np.count_nonzero(~result.correct[order]))
    st.markdown(f"**{what}, {wrong:,} of them called wrong**")
    show_pages(answers, order, key, size, of)
    return order
