"""Brings a part of the page into view; into_view.js does it."""

from __future__ import annotations

from pages.components.shell.javascript import component


def bring_into_view(part: str) -> None:
    """Scroll to the part of the page that has this key; itself invisible."""
    component(__file__, "")(key="into-view", data={"part": part}, height=1)
