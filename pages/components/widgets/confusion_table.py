"""A confusion matrix as a table of buttons: quicker than a chart, and the keyboard reaches it."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import numpy as np
from numpy.typing import NDArray

from mnist_core.config.sizes import CLASSES
from mnist_core.config.text import percent
from mnist_core.evaluation.metrics import Normalization, normalized
from pages.components.widgets import clickable

ANY = CLASSES  # in a button's index: beside a row or a column
BASE = CLASSES + 1

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
        counts: (10, 10) integers, rows true, columns predicted.
        normalize: Show percentages of the row ("true") or of the column ("predicted"), not counts.
        errors_only: Leave the diagonal empty.
        chosen: The cell, row or column to outline.
    """
    values = counts if normalize is None else normalized(counts, normalize)
    texts = [
        str(value) if normalize is None else percent(value, counted=True).removesuffix("%")
        for value in values.ravel().tolist()
    ]
    right = np.eye(CLASSES, dtype=bool)
    strength = np.zeros((CLASSES, CLASSES))
    for layer in (right, ~right):
        strength[layer] = values[layer] / max(values[layer].max(), 1e-9)
    by_row, by_column = normalized(counts, "true"), normalized(counts, "predicted")
    words = [
        f"{t} predicted as {p}: {counts[t, p]:,}\n"
        f"{percent(float(by_row[t, p]), counted=True)} of all {t}s\n"
        f"{percent(float(by_column[t, p]), counted=True)} of all predicted as {p}"
        for t, p in np.ndindex(CLASSES, CLASSES)
    ]
    diagonal, rows, columns = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
    heads = [
        f"All {d}s\n{rows[d] - diagonal[d]:,} of {rows[d]:,} misclassified" for d in range(CLASSES)
    ] + [
        f"All predicted as {d}\n{columns[d] - diagonal[d]:,} of {columns[d]:,} misclassified"
        for d in range(CLASSES)
    ]
    return _table(strength, right, texts, words, heads, errors_only, chosen)


def difference_html(
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    names: tuple[str, str],
    errors_only: bool = False,
    chosen: Cell = (None, None),
) -> str:
    """The second confusion matrix minus the first: blue is better, orange is worse.

    Args:
        first, second: (10, 10) integers, rows true, columns predicted.
        names: The two networks' names.
        errors_only, chosen: As in `counts_html`.
    """
    change = second - first
    diagonal = np.eye(CLASSES, dtype=bool)
    better = np.where(diagonal, change > 0, change < 0)
    size = np.abs(change)
    strength = size / max(size[~diagonal if errors_only else ...].max(), 1)
    texts = [f"{value:+d}".replace("-", "−") for value in change.ravel().tolist()]
    a, b = names
    words = [
        f"{t} predicted as {p}: {text}\n{a}: {first[t, p]:,}\n{b}: {second[t, p]:,}"
        for (t, p), text in zip(np.ndindex(CLASSES, CLASSES), texts, strict=True)
    ]
    rows = [f"All {digit}s" for digit in range(CLASSES)]
    columns = [f"All predicted as {digit}" for digit in range(CLASSES)]
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
        strength: (10, 10), 0 to 1, of each cell's colour.
        good: (10, 10), whether the cell is blue, else orange.
        texts, words: What stands in the 100 cells and what their tooltips say, row by row.
        heads: Tooltips of the ten rows' digits, then of the ten columns'.
        errors_only, chosen: As in `counts_html`.
    """

    def button(true: int, predicted: int, text: str, said: str, kind: str = "") -> str:
        return (
            f'<button type="button" data-index="{BASE * true + predicted}" class="{kind}" '
            f'aria-label="{escape(said)}">{text}</button>'
        )

    def cell(true: int, predicted: int) -> str:
        place = CLASSES * true + predicted
        share = strength[true, predicted]
        empty = not share or (errors_only and true == predicted)
        kind = "" if empty else "right" if good[true, predicted] else "wrong"
        if chosen != (None, None) and chosen[0] in (None, true) and chosen[1] in (None, predicted):
            kind += " chosen"
        text = "" if empty else texts[place]
        inner = button(true, predicted, text, words[place], kind)
        return f'<td style="--s:{100 * share:.0f}%">{inner}</td>'

    columns = "".join(
        f'<th scope="col">{button(ANY, p, str(p), heads[CLASSES + p])}</th>' for p in range(CLASSES)
    )
    rows = "".join(
        (
            f'<tr><th class="axis" rowspan="{CLASSES}"><span>True digit</span></th>'
            if t == 0
            else "<tr>"
        )
        + f'<th scope="row">{button(t, ANY, str(t), heads[t])}</th>'
        + "".join(cell(t, p) for p in range(CLASSES))
        + "</tr>"
        for t in range(CLASSES)
    )
    return (
        f'<table class="confusion"><tr><td></td><td></td><th class="axis" '
        f'colspan="{CLASSES}">Predicted digit</th></tr>'
        f"<tr><td></td><td></td>{columns}</tr>"
        f"{rows}</table>"
    )


def _cell(index: int) -> Cell:
    true, predicted = divmod(index, BASE)
    return None if true == ANY else true, None if predicted == ANY else predicted
