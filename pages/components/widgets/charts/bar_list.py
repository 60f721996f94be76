"""Lists of horizontal bars as HTML: in each line a name, a track with the bar, and a figure.

bar_list.css aligns the lines: the names' column is as wide as the longest name, up to a limit at
which names are cut off.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape


def bar_list(lines: Iterable[str], label: str, kinds: str, attributes: str = "") -> str:
    """A list of bars, each made by `line`.

    Args:
        label: What the bars show, for screen readers.
        kinds: CSS classes.
        attributes: Further HTML attributes.
    """
    return (
        f'<div class="bar-list {kinds}" role="list" aria-label="{escape(label)}" {attributes}>'
        f"{''.join(lines)}</div>"
    )


def line(name: str, bar: str, figure: str, kinds: str = "") -> str:
    """A line of a `bar_list`; see `cells`.

    Args:
        kinds: CSS classes.
    """
    return f'<div role="listitem" class="{kinds}">{cells(name, bar, figure)}</div>'


def cells(name: str, bar: str, figure: str) -> str:
    """What is in a line: for lines that are not list items, such as buttons.

    Args:
        name: Any text.
        bar: The HTML of what is drawn on the track, for the eye alone.
        figure: Safe in HTML.
    """
    text = escape(name)
    whole = f' title="{text}"' if len(name) > 1 else ""  # it may be cut off
    return (
        f"<span{whole}>{text}</span>"
        f'<span class="track" aria-hidden="true">{bar}</span><span>{figure}</span>'
    )


def share_bar(share: float) -> str:
    """A bar that begins at the left.

    Args:
        share: Of the track, 0 to 1.
    """
    return f'<i style="--share:{share:.2%}"></i>'
