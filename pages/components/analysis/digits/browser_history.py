"""The browser's Back button closes the open digit in one step, however many digits were opened from
one another."""

from __future__ import annotations

from pages.components.shell.javascript import invisible


def keep_short() -> None:
    """Let browser_history.js keep the history short from now on; nothing is drawn."""
    invisible(__file__, "digit-history")
