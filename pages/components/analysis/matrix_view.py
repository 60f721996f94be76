"""The confusion matrix with the images behind its cells, rows and columns."""

from __future__ import annotations

import numpy as np
import streamlit as st

from mnist_core.evaluation.metrics import Evaluation
from mnist_core.evaluation.predictions import Split
from pages.components.analysis.choices import WORDS
from pages.components.analysis.chosen_cell import choose, chosen_cell, digit_choices
from pages.components.analysis.digit_dialog import show_chosen_digit
from pages.components.analysis.gallery import show_digits, show_pages
from pages.components.analysis.split_predictions import Answers, still_there
from pages.components.shell.text import plain
from pages.components.widgets import confusion_table
from pages.components.widgets.digit_grid import digit_strip

PAGE_SIZE = 24
STRIP = 3  # images beside a pair
SHARES = {"Counts": "none", "By row": "true", "By column": "predicted"}


@st.fragment
def explore(answers: Answers, other: Answers | None) -> None:
    """The matrix, and beside it the images of the chosen cell, row or column.

    Args:
        answers: The digits and what the network said of them.
        other: What another network said of the same digits, to show the difference.
    """
    still_there(*filter(None, (answers, other)))
    true, predicted = chosen_cell()
    matrix, images = st.columns([3, 2], gap="large")
    with images:
        with st.container(horizontal=True):
            digit_choices()
        with st.container(key="cell-images"):
            if true is None and predicted is None:
                _show_pairs(answers.part, answers.result)
                order = np.empty(0, int)
            else:
                order = _show_cell(answers, other, true, predicted)
    with matrix:
        _show_matrix(answers, other, true, predicted)
    show_chosen_digit(answers, order)


def _show_matrix(
    answers: Answers, other: Answers | None, true: int | None, predicted: int | None
) -> None:
    options = st.columns([3, 2], vertical_alignment="bottom")
    share = "Counts"
    if other is None:
        share = options[0].segmented_control(
            "Numbers",
            list(SHARES),
            default="Counts",
            required=True,
            help="By row: per cent of the true digit; its recall is on the diagonal. "
            "By column: per cent of what was called so; its precision is on the diagonal.",
            key="numbers",
            bind="query-params",
        )
    else:
        options[0].markdown(
            f"**{plain(other.run.name)}** less **{plain(answers.run.name)}**: "
            "blue is better, orange worse."
        )
    hide = options[1].toggle("Errors only", key="errors-only", bind="query-params")
    counts, chosen = answers.result.confusion_matrix(), (true, predicted)
    if other is None:
        html = confusion_table.counts_html(counts, SHARES[share], hide, chosen)
    else:
        names = (answers.run.name, other.run.name)
        theirs = other.result.confusion_matrix()
        html = confusion_table.difference_html(counts, theirs, names, hide, chosen)
    confusion_table.confusion_table(html, choose, "confusion-matrix")


def _show_pairs(part: Split, result: Evaluation) -> None:
    pairs = result.confused_pairs()
    if not pairs:
        st.success(f"Not one {WORDS[part.name]}digit was called wrong.")
        return
    st.markdown("**Click a cell, or the digit of a row or column.** Most often confused:")
    for pair in pairs:
        surest = result.misclassified(true=pair.true, predicted=pair.predicted)[:STRIP]
        with st.container(
            horizontal=True,
            horizontal_alignment="distribute",
            vertical_alignment="center",
            gap=None,
            height=46,
            border=False,
        ):
            st.button(
                str(pair),
                type="tertiary",
                icon=":material/image_search:",
                key=f"pair-{pair.true}-{pair.predicted}",
                on_click=choose,
                args=(pair.true, pair.predicted),
            )
            with st.container(width=46 * STRIP):
                name = f"Handwritten {pair.true}, wrongly called {pair.predicted}"
                digit_strip(part.images(surest), [name] * surest.size)


def _show_cell(
    answers: Answers, other: Answers | None, true: int | None, predicted: int | None
) -> np.ndarray:
    """Show the images of a cell, row or column; returns their positions in this order."""
    result = answers.result
    right = true == predicted
    chosen = dict(descending=not right, errors_only=not right)
    positions = result.select(true, predicted, **chosen)
    st.markdown(f"**{heading(result, true, predicted, positions.size)}**")
    st.button(
        "Most confused pairs",
        type="tertiary",
        icon=":material/arrow_back:",
        key="back-to-pairs",
        on_click=choose,
        args=(None, None),
    )
    if other is not None:
        theirs = other.result.select(true, predicted, **chosen)
        return _show_only(answers, other, positions, theirs)
    if positions.size:
        st.caption("The least sure first." if right else "The surest first.")
        of = f"{answers.part.name}-{true}-{predicted}"
        show_pages(answers, positions, "cell", PAGE_SIZE, of)
    return positions


def _show_only(
    answers: Answers, other: Answers, ours: np.ndarray, theirs: np.ndarray
) -> np.ndarray:
    """What only the one and only the other network has in the cell; returns the positions."""
    only = (ours[~np.isin(ours, theirs)], theirs[~np.isin(theirs, ours)])
    for network, positions in zip((answers, other), only, strict=True):
        st.markdown(f"Only **{plain(network.run.name)}**: {positions.size:,}")
        if positions.size:
            show_digits(network, positions[:PAGE_SIZE], f"only-{network.run.id}")
        if positions.size > PAGE_SIZE:
            st.caption(f"The first {PAGE_SIZE}.")
    st.caption(f"Both: {ours.size - only[0].size:,}")
    return np.concatenate(only)


def heading(result: Evaluation, true: int | None, predicted: int | None, number: int) -> str:
    """What the chosen cell, row or column holds, in words."""
    if true is None:
        total = int((result.predicted == predicted).sum())
        return f"Wrongly called {predicted}: {number:,} of {total:,} that were called {predicted}"
    total = int((result.labels == true).sum())
    if predicted is None:
        return f"{true} called something else: {number:,} of {total:,}"
    return f"{true} is called {predicted}: {number:,} of {total:,}"
