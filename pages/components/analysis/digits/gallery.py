"""Digits with their predictions, page by page; a click on one opens it."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.components.analysis.choices import SPLITS
from pages.components.analysis.digits.digit_address import open_digit
from pages.components.analysis.split_predictions import SplitPredictions
from pages.components.shell import address
from pages.components.shell.address_parameters import PARAMETERS
from pages.components.widgets.address_choices import page_choice
from pages.components.widgets.images.digit_grid import digit_grid

SHOWN_AT_FIRST, SHOWN_MORE = 24, 96  # images of `show_first`, and of each "Show more"


def show_digits(
    predictions: SplitPredictions,
    positions: NDArray[np.int64],
    key: str,
    bars: bool = False,
    doubtful: Collection[int] = (),
) -> None:
    """Show the digits at these positions of the split with their predictions.

    Args:
        predictions: Where from.
        positions: (n,), in the order in which to show them.
        key: Name of the grid among the page's widgets.
        bars, doubtful: As for `digit_grid`.
    """
    digit_grid(
        predictions.split.images(positions),
        predictions.evaluation.labels[positions],
        predictions.evaluation.probabilities[positions],
        predictions.split.indices[positions],
        bars=bars,
        on_click=open_digit,
        key=key,
        doubtful=doubtful,
    )


def show_pages(
    predictions: SplitPredictions,
    positions: NDArray[np.int64],
    key: str,
    size: int,
    of: str,
    doubtful: Collection[int] = (),
) -> None:
    """As `show_digits`, `size` of them at a time; `of` names what is shown (see `page_choice`)."""
    if positions.size:
        start = size * page_choice(-(-positions.size // size), of)
        show_digits(predictions, positions[start : start + size], key, doubtful=doubtful)


def show_first(
    predictions: SplitPredictions, positions: NDArray[np.int64], key: str, of: str
) -> None:
    """Like `show_digits`, but the first few with a button for more. For a page whose address
    already has the page number of another gallery. `of` names what is shown."""
    more = _times_more(key, of)
    number = SHOWN_AT_FIRST + more * SHOWN_MORE
    show_digits(predictions, positions[:number], key)
    if number < positions.size:
        st.button("Show more", key=f"more-{key}", on_click=_show_more, args=(key, more + 1))


def _times_more(key: str, of: str) -> int:
    """How often “Show more” was clicked in a gallery, from `?more=<key>.<number>`."""
    if st.session_state.setdefault(f"more-of-{key}", of) != of:  # other digits since
        st.session_state[f"more-of-{key}"] = of
        _show_more(key, 0)
    for text in filter(PARAMETERS["more"].kind.allows, address.all_asked("more")):
        name, _, times = text.rpartition(".")
        if name == key:
            return int(times)
    return 0


def _show_more(key: str, times: int) -> None:
    others = [text for text in address.all_asked("more") if text.rpartition(".")[0] != key]
    address.put(more=[*others, f"{key}.{times}"] if times else others)


def show_errors_first(
    predictions: SplitPredictions,
    positions: NDArray[np.int64],
    what: str,
    key: str,
    size: int,
    of: str,
) -> NDArray[np.int64]:
    """Show digits page by page: errors before correct ones, each the most confident first.

    Args:
        what: Begins the line above: how many digits they are, and which.
        predictions, positions, key, size, of: As for `show_pages`.

    Returns:
        The positions in this order.
    """
    evaluation = predictions.evaluation
    confidence, correct = evaluation.confidence[positions], evaluation.correct[positions]
    order = positions[np.lexsort((-confidence, correct))]
    wrong = int(np.count_nonzero(~correct))
    st.markdown(f"**{what}, {wrong:,} of them misclassified**")
    show_pages(predictions, order, key, size, of)
    return order


def link_to_errors(predictions: SplitPredictions, label: str) -> None:
    """A link to the page of all digits of the split that this network misclassifies."""
    split = next(text for text, name in SPLITS.items() if name == predictions.split.name)
    st.page_link(
        "pages/misclassified.py",
        label=label,
        icon=":material/image_search:",
        query_params={"run": predictions.run.id, "part": split, "all": "errors"},
    )
