"""Charts with bars to click that do not trap a finger; finger_scroll.js does it."""

from __future__ import annotations

from pages.components.widgets.javascript import invisible


def let_scroll() -> None:
    """Have a finger on any of the page's charts scroll the page; invisible."""
    invisible(__file__, "finger-scroll")
