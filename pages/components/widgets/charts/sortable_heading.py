"""The heading of a column that sorts a table when it is clicked, for tables that are HTML."""

from __future__ import annotations

from html import escape
from typing import Literal

Order = Literal["ascending", "descending", "none"]
ARROWS: dict[Order, str] = {"ascending": " ↑", "descending": " ↓", "none": ""}


def sortable_heading(title: str, index: int, order: Order, tooltip: str = "") -> str:
    """A heading whose button `clickable.show` reports.

    Args:
        title: Safe in HTML.
        index: What is reported when it is clicked.
        order: How this column sorts the table; "none" where another does.
        tooltip: Shown at the pointer.
    """
    described = f' title="{escape(tooltip)}"' if tooltip else ""
    return (
        f'<th scope="col" aria-sort="{order}"><button type="button" data-index="{index}"'
        f"{described}>{title}{ARROWS[order]}</button></th>"
    )


def order_of(column: str, sorted_by: str, descending: bool) -> Order:
    """How a column sorts a table that is sorted by one of its columns."""
    if column != sorted_by:
        return "none"
    return "descending" if descending else "ascending"
