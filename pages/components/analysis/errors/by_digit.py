"""Accuracy and classification report digit by digit; a click on a figure shows its images."""

from __future__ import annotations

import math
from collections.abc import Callable
from html import escape

import numpy as np

from mnist_core.config.formatting import accuracy_text, percent, ratio
from mnist_core.evaluation.metrics import AccuracyByDigit, ReportRow
from pages.components.shell import address, classes
from pages.components.shell.address_parameters import REPORT_COLUMNS
from pages.components.shell.classes import things
from pages.components.widgets.browser import clickable
from pages.components.widgets.charts import bar_list
from pages.components.widgets.charts.sortable_heading import order_of, sortable_heading

IMAGES = ".st-key-cell-images"  # where the images appear; the page scrolls there
COLUMNS = {name: name.capitalize() for name in REPORT_COLUMNS} | {"name": ""}  # the classes

Choose = Callable[[int | None, int | None], None]  # a true and a predicted digit; None is any


def show_accuracy(accuracy: AccuracyByDigit, on_choose: Choose) -> None:
    """Bars of each digit's accuracy; a click on one chooses its row of the confusion matrix."""
    clickable.show(
        accuracy_html(accuracy), lambda digit: on_choose(digit, None), "accuracy-by-digit"
    )


def show_report(rows: tuple[ReportRow, ...], on_choose: Choose) -> None:
    """The classification report, sorted as the address says with `?report=`.

    A click on a heading sorts, one on a precision chooses the digit's column of the confusion
    matrix, and one on another number its row.
    """
    order = address.chosen("report")

    def clicked(index: int) -> None:
        digit, column = divmod(index, len(COLUMNS))
        name = list(COLUMNS)[column]
        if digit == len(classes.names()):
            address.put(report=f"-{name}" if order == name else name)
        elif name == "precision":
            on_choose(None, digit)
        else:
            on_choose(digit, None)

    clickable.show(report_html(rows, order), clicked, "report")


def accuracy_html(accuracy: AccuracyByDigit) -> str:
    """Bars with their 95 % intervals.

    The axis does not start at 0, so that differences are seen; its start is written below it.
    """
    known = np.flatnonzero(accuracy.support > 0).tolist()
    lowest = min((float(accuracy.low[digit]) for digit in known), default=0.0)
    start = max(math.floor(lowest * 50 - 0.25) / 50, 0.0)

    def place(share: float) -> str:
        return f"{100 * (share - start) / (1 - start):.2f}%"

    def row(digit: int) -> str:
        value, low, high, support = (float(array[digit]) for array in accuracy)
        shown = accuracy_text(value)
        interval = " to ".join(accuracy_text(end) for end in (low, high))
        name = classes.name(digit)
        description = f"{name}: {shown} of {support:,.0f} correct\n95% interval {interval}"
        bar = (
            f'<i style="width:{place(value)}"></i><span class="interval" '
            f'style="left:{place(low)};width:calc({place(high)} - {place(low)})"></span>'
        )
        return (
            f'<button type="button" data-index="{digit}" aria-label="{escape(description)}" '
            f'title="{escape(description)}">{bar_list.cells(name, bar, shown)}</button>'
        )

    rows = "".join(map(row, known))
    return (
        f'<div class="bar-list by-digit" data-shows="{IMAGES}">{rows}'
        f'<div class="axis"><span>{percent(start, 0)}</span><span>100%</span></div></div>'
    )


def report_html(rows: tuple[ReportRow, ...], order: str) -> str:
    """The report as a table of buttons, with the means below.

    Args:
        rows: The classes, then the means.
        order: The column to sort by, with a minus in front for the highest first.
    """
    by, descending = order.removeprefix("-"), order.startswith("-")
    count = len(classes.names())
    digits = [(digit, row._asdict()) for digit, row in enumerate(rows[:count])]
    unknown = [pair for pair in digits if pair[1][by] != pair[1][by]]  # NaN comes last in any order
    known = [pair for pair in digits if pair[1][by] == pair[1][by]]
    known.sort(key=lambda pair: pair[1][by], reverse=descending)

    def button(digit: int, column: int, text: str, tooltip: str) -> str:
        index = len(COLUMNS) * digit + column
        tooltip = escape(tooltip)
        return f'<button type="button" data-index="{index}" title="{tooltip}">{text}</button>'

    def head(column: int, name: str, title: str) -> str:
        index, order = len(COLUMNS) * count + column, order_of(name, by, descending)
        title = title or classes.kind().capitalize()
        return sortable_heading(title, index, order, f"Sort by {title.lower()}")

    def cells(digit: int, row: dict[str, str | float]) -> str:
        columns = []
        for column, name in enumerate(COLUMNS):
            which = (
                f"{things()} predicted as {classes.name(digit)}"
                if name == "precision"
                else f"all {classes.several(digit)}"
            )
            tooltip = f"Show errors among {which}"
            columns.append(f"<td>{button(digit, column, _text(row[name]), tooltip)}</td>")
        return f"<tr>{''.join(columns)}</tr>"

    heads = "".join(head(i, *names) for i, names in enumerate(COLUMNS.items()))
    body = "".join(cells(digit, row) for digit, row in known + unknown)
    means = "".join(
        "<tr>" + "".join(f"<td>{_text(value)}</td>" for value in row) + "</tr>"
        for row in rows[count:]
    )
    return (
        f'<table class="report"><thead><tr>{heads}</tr></thead>'
        f'<tbody data-shows="{IMAGES}">{body}</tbody><tbody>{means}</tbody></table>'
    )


def _text(value: str | float) -> str:
    if isinstance(value, str):
        return escape(value[:1].upper() + value[1:] if value.endswith(" mean") else value)
    if isinstance(value, int):
        return f"{value:,}"
    return ratio(value)
