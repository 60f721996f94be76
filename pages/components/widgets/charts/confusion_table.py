"""A confusion matrix as a table of buttons: quicker than a chart, and the keyboard reaches it."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import numpy as np
from numpy.typing import NDArray

from mnist_core.config.formatting import percent
from mnist_core.evaluation.metrics import Normalization, normalized
from pages.components.shell import classes
from pages.components.widgets.browser import clickable

Cell = tuple[int | None, int | None]  # true and predicted digit; None is any


def confusion_table(
    html: str, on_choose: Callable[[int | None, int | None], None] | None, key: str
) -> None:
    """Show a table of `counts_html` or `difference_html`.

    Args:
        html: The table.
        on_choose: Called with the true and the predicted digit of the cell that is clicked; one
            of them is None for the digit of a row or a column.
        key: Name among the page's widgets.
    """
    clickable.show(html, on_choose and (lambda index: on_choose(*_cell(index))), key)


def counts_html(
    counts: NDArray[np.int64],
    normalize: Normalization | None = None,
    errors_only: bool = False,
    chosen: Cell = (None, None),
) -> str:
    """A confusion matrix; correct predictions and errors each have a colour scale.

    Errors are so rare that on one common scale they would all look alike.

    Args:
        counts: (classes, classes) integers, rows true, columns predicted.
        normalize: Show percentages of the row ("true") or of the column ("predicted"), not counts.
        errors_only: Leave the diagonal empty.
        chosen: The cell, row or column to outline.
    """
    values = counts if normalize is None else normalized(counts, normalize)
    texts = [
        str(value) if normalize is None else percent(value, counted=True).removesuffix("%")
        for value in values.ravel().tolist()
    ]
    right = np.eye(len(counts), dtype=bool)
    strength = np.zeros(counts.shape)
    for layer in (right, ~right):
        strength[layer] = values[layer] / max(values[layer].max(), 1e-9)
    names = classes.names()
    by_row, by_column = normalized(counts, "true"), normalized(counts, "predicted")
    words = [
        f"{names[t]} predicted as {names[p]}: {counts[t, p]:,}\n"
        f"{percent(float(by_row[t, p]), counted=True)} of all {classes.several(t)}\n"
        f"{percent(float(by_column[t, p]), counted=True)} of all predicted as {names[p]}"
        for t, p in np.ndindex(counts.shape)
    ]
    diagonal, rows, columns = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
    heads = [
        f"All {classes.several(d)}\n{rows[d] - diagonal[d]:,} of {rows[d]:,} misclassified"
        for d in range(len(counts))
    ] + [
        f"All predicted as {names[d]}\n{columns[d] - diagonal[d]:,} of {columns[d]:,} misclassified"
        for d in range(len(counts))
    ]
    return _table(strength, right, texts, words, heads, errors_only, chosen)


def difference_html(
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    networks: tuple[str, str],
    errors_only: bool = False,
    chosen: Cell = (None, None),
) -> str:
    """The second confusion matrix minus the first: blue is better, orange is worse.

    Args:
        first, second: (classes, classes) integers, rows true, columns predicted.
        networks: The names of the two.
        errors_only, chosen: As in `counts_html`.
    """
    change = second - first
    diagonal, names = np.eye(len(first), dtype=bool), classes.names()
    better = np.where(diagonal, change > 0, change < 0)
    size = np.abs(change)
    strength = size / max(size[~diagonal if errors_only else ...].max(), 1)
    texts = [f"{value:+d}".replace("-", "−") for value in change.ravel().tolist()]
    a, b = networks
    words = [
        f"{names[t]} predicted as {names[p]}: {text}\n{a}: {first[t, p]:,}\n{b}: {second[t, p]:,}"
        for (t, p), text in zip(np.ndindex(first.shape), texts, strict=True)
    ]
    rows = [f"All {classes.several(digit)}" for digit in range(len(names))]
    columns = [f"All predicted as {name}" for name in names]
    return _table(strength, better, texts, words, rows + columns, errors_only, chosen)


def _table(
    strength: NDArray[np.float64],
    good: NDArray[np.bool_],
    texts: list[str],
    words: list[str],
    heads: list[str],
    errors_only: bool,
    chosen: Cell,
) -> str:
    """The table's HTML; a cell of strength 0 is empty.

    Args:
        strength: (classes, classes), 0 to 1, of each cell's colour.
        good: (classes, classes), whether the cell is blue, else orange.
        texts, words: What stands in the cells and what their tooltips say, row by row.
        heads: Tooltips of the rows' classes, then of the columns'.
        errors_only, chosen: As in `counts_html`.
    """
    names, beside, kind_of_class = classes.names(), len(strength), classes.kind()

    def cell(true: int, predicted: int) -> str:
        index = beside * true + predicted
        share = strength[true, predicted]
        empty = not share or (errors_only and true == predicted)
        kind = "" if empty else "right" if good[true, predicted] else "wrong"
        if chosen != (None, None) and chosen[0] in (None, true) and chosen[1] in (None, predicted):
            kind += " chosen"
        text = "" if empty else texts[index]
        inner = _button((true, predicted), text, words[index], kind)
        return f'<td style="--s:{100 * share:.0f}%">{inner}</td>'

    columns = "".join(
        f'<th scope="col">{_button((None, p), escape(name), heads[beside + p])}</th>'
        for p, name in enumerate(names)
    )
    rows = "".join(
        (
            f'<tr><th class="axis" rowspan="{beside}"><span>True {kind_of_class}</span></th>'
            if t == 0
            else "<tr>"
        )
        + f'<th scope="row">{_button((t, None), escape(names[t]), heads[t])}</th>'
        + "".join(cell(t, p) for p in range(beside))
        + "</tr>"
        for t in range(beside)
    )
    return (
        f'<table class="confusion"><tr><td></td><td></td><th class="axis" '
        f'colspan="{beside}">Predicted {kind_of_class}</th></tr>'
        f"<tr><td></td><td></td>{columns}</tr>"
        f"{rows}</table>"
    )


def _button(cell: Cell, text: str, description: str, kind: str = "") -> str:
    """A button of the table as HTML; `_cell` reads its index."""
    beside = len(classes.names())
    true, predicted = (beside if part is None else part for part in cell)
    return (
        f'<button type="button" data-index="{(beside + 1) * true + predicted}" class="{kind}" '
        f'aria-label="{escape(description)}">{text}</button>'
    )


def _cell(index: int) -> Cell:
    beside = len(classes.names())  # in a button's index: beside a row or a column
    true, predicted = divmod(index, beside + 1)
    return None if true == beside else true, None if predicted == beside else predicted
