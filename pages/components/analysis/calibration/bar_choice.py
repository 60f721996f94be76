"""The bars of a chart as a list, for the keyboard."""

from __future__ import annotations

from collections.abc import Callable

from pages.components.widgets.address_choices import listed_choice


def choose_bar(name: str, bars: dict[str, str], also: Callable[[], None] = lambda: None) -> None:
    """A selectbox that chooses a bar as a click on it does, by the parameter `?name=`.

    Args:
        name: The parameter's name; it is a choice.
        bars: Each value that it may have, and the text for it in the list.
        also: Called after a change.
    """
    listed_choice(
        "Click a bar, or choose one, to see its images",
        name,
        ["", *bars],
        lambda bar: bars.get(bar, "no bar"),
        unwritten="",
        also=also,
    )
