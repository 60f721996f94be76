"""The browser's Back leaves the open digit in one step, however many were opened one from
another."""

from __future__ import annotations

from pages.components.widgets.javascript import invisible


def keep_short() -> None:
    """Let browser_history.js keep the history short from now on; nothing is drawn."""
    invisible(__file__, "digit-history")
