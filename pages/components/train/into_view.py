"""Brings the run on the Train page into view; into_view.js does it."""

from __future__ import annotations

from pages.components.widgets.javascript import invisible


def bring_into_view() -> None:
    """Scroll to the state of the run that the page shows; invisible."""
    invisible(__file__, "into-view")
