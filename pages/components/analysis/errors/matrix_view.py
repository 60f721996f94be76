"""The confusion matrix, with the images behind its cells, rows and columns."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.evaluation.cached_predictions import SPLIT_WORDS
from mnist_core.evaluation.metrics import Evaluation, Normalization
from pages.components.analysis.digits.digit_dialog import show_chosen_digit
from pages.components.analysis.digits.gallery import show_digits, show_pages
from pages.components.analysis.errors.by_digit import IMAGES
from pages.components.analysis.errors.chosen_cell import choose, chosen_cell, digit_choices
from pages.components.analysis.split_predictions import SplitPredictions
from pages.components.shell import classes, empty_states, networks
from pages.components.shell.address_parameters import values_of
from pages.components.shell.classes import things
from pages.components.shell.text import plain
from pages.components.widgets.address_choices import segmented_choice
from pages.components.widgets.charts import confusion_table
from pages.components.widgets.charts.confusion_table import Cell
from pages.components.widgets.images.digit_grid import digit_strip

PAGE_SIZE = 24
IMAGES_OF_A_PAIR = 3  # images beside a pair
COUNTS, BY_ROW, BY_COLUMN = values_of("numbers")
NUMBERS: dict[str, Normalization | None] = {COUNTS: None, BY_ROW: "true", BY_COLUMN: "predicted"}


@st.fragment
def explore(
    predictions: SplitPredictions,
    other: SplitPredictions | None,
    show_figures: Callable[[SplitPredictions, SplitPredictions | None], None],
    explain: Callable[[SplitPredictions, SplitPredictions | None], None],
) -> None:
    """The matrix, and beside it figures and the images of the chosen cell, row or column.

    Args:
        predictions: Of the network in use.
        other: Of another network for the same digits, to show the difference.
        show_figures: Shows what stands first beside the matrix.
        explain: Shows what comes last: the answer to a click should be in sight.
    """
    networks.rerun_if_deleted(*(each.run for each in (predictions, other) if each))
    cell = chosen_cell()
    matrix, images = st.columns([3, 2], gap="large")
    with images:
        show_figures(predictions, other)
        with st.container(horizontal=True):
            digit_choices()
        with st.container(key="cell-images"):
            if cell == (None, None):
                _show_pairs(predictions)
                order = np.empty(0, np.int64)
            else:
                order = _show_cell(predictions, other, cell)
        explain(predictions, other)
    with matrix:
        _show_matrix(predictions, other, cell)
    show_chosen_digit(predictions, order)


def _show_matrix(predictions: SplitPredictions, other: SplitPredictions | None, cell: Cell) -> None:
    table = st.container()
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="medium")
    numbers, hiding = row.container(width="content"), row.container(width="content")
    errors_only = hiding.toggle("Errors only", key="errors-only", bind="query-params")
    counts = predictions.evaluation.confusion_matrix()
    if other is None:
        with numbers:
            chosen = segmented_choice(
                "Numbers",
                "numbers",
                help=f"By row: % of the true {classes.kind()}; its recall is on the diagonal. By "
                f"column: % of the predicted {classes.kind()}; its precision is on the diagonal.",
            )
        html = confusion_table.counts_html(counts, NUMBERS[chosen], errors_only, cell)
    else:
        numbers.markdown(
            f"**{plain(other.run.name)}** minus **{plain(predictions.run.name)}**: "
            "blue is better, orange worse."
        )
        html = confusion_table.difference_html(
            counts,
            other.evaluation.confusion_matrix(),
            (predictions.run.name, other.run.name),
            errors_only,
            cell,
        )
    with table:
        shows = f'<div data-shows="{IMAGES}">{html}</div>'
        confusion_table.confusion_table(shows, choose, "confusion-matrix")


def _show_pairs(predictions: SplitPredictions) -> None:
    evaluation, split = predictions.evaluation, predictions.split
    pairs = evaluation.confused_pairs()
    if not pairs:
        digits = f"{split.labels.size:,} {SPLIT_WORDS[split.name]} {things()}"
        st.success(empty_states.no_errors(predictions.run, digits))
        return
    st.markdown("**Click a cell, or the name of a row or column.** Most often confused:")
    for pair in pairs:
        confident = evaluation.misclassified(true=pair.true, predicted=pair.predicted)
        confident = confident[:IMAGES_OF_A_PAIR]
        with st.container(
            horizontal=True,
            horizontal_alignment="distribute",
            vertical_alignment="center",
            gap=None,
        ):
            st.button(
                pair.in_words([plain(name) for name in classes.names()]),
                type="tertiary",
                icon=":material/image_search:",
                key=f"pair-{pair.true}-{pair.predicted}",
                on_click=choose,
                args=(pair.true, pair.predicted),
            )
            with st.container(width=46 * IMAGES_OF_A_PAIR):
                name = (
                    f"{classes.picture(pair.true)}, misclassified as {classes.name(pair.predicted)}"
                )
                digit_strip(split.images(confident), [name] * confident.size)


def _show_cell(
    predictions: SplitPredictions, other: SplitPredictions | None, cell: Cell
) -> NDArray[np.int64]:
    """Show the images of a cell, row or column; returns their positions in this order."""
    correct = cell[0] == cell[1]

    def positions_in(evaluation: Evaluation) -> NDArray[np.int64]:
        return evaluation.select(*cell, descending=not correct, errors_only=not correct)

    positions = positions_in(predictions.evaluation)
    st.markdown(f"**{heading(predictions.evaluation, cell, positions.size)}**")
    st.button(
        "Most confused pairs",
        type="tertiary",
        icon=":material/arrow_back:",
        key="back-to-pairs",
        on_click=choose,
        args=(None, None),
    )
    if other is not None:
        return _show_only(predictions, other, positions, positions_in(other.evaluation))
    if positions.size:
        st.caption("Least confident first." if correct else "Most confident first.")
        shown = f"{predictions.split.name}-{cell[0]}-{cell[1]}"
        show_pages(predictions, positions, "cell", PAGE_SIZE, shown)
    return positions


def _show_only(
    predictions: SplitPredictions,
    other: SplitPredictions,
    ours: NDArray[np.int64],
    theirs: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Show the digits of the cell that only one of the networks has there.

    Args:
        predictions, other: Of the two networks.
        ours, theirs: Positions of the digits that each has in the cell.

    Returns:
        The positions of those that only one has.
    """
    only = (ours[~np.isin(ours, theirs)], theirs[~np.isin(theirs, ours)])
    for network, positions in zip((predictions, other), only, strict=True):
        st.markdown(f"Only **{plain(network.run.name)}**: {positions.size:,}")
        if positions.size:
            show_digits(network, positions[:PAGE_SIZE], f"only-{network.run.id}")
        if positions.size > PAGE_SIZE:
            st.caption(f"The first {PAGE_SIZE}.")
    st.caption(f"Both: {ours.size - only[0].size:,}")
    return np.concatenate(only)


def heading(evaluation: Evaluation, cell: Cell, number: int) -> str:
    """What the chosen cell, row or column holds, in words.

    Args:
        evaluation: Of all digits.
        cell: The true and the predicted digit, not both None.
        number: How many digits are shown of it.
    """
    true, predicted = cell
    if true is None and predicted is not None:
        total = int(np.count_nonzero(evaluation.predicted == predicted))
        name = classes.shown(predicted)
        return f"Wrongly predicted as {name}: {number:,} of {total:,} predicted as {name}"
    assert true is not None
    total = int(np.count_nonzero(evaluation.labels == true))
    if predicted is None:
        return f"{classes.shown(true)} misclassified: {number:,} of {total:,}"
    which = f"{classes.shown(true)} predicted as {classes.shown(predicted)}"
    return f"{which}: {number:,} of {total:,}"
