"""Charts with clickable bars on which a finger can still scroll the page; see finger_scroll.js."""

from __future__ import annotations

from pages.components.shell.javascript import invisible


def let_scroll() -> None:
    """Have a finger on any of the page's charts scroll the page; invisible."""
    invisible(__file__, "finger-scroll")
