"""A button that copies a link to this page; copy_link.js makes the address and copies it."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from pages.components.shell.javascript import component

HTML = '<button type="button" class="copy-link"></button>'


def copy_link(label: str, query: Mapping[str, str], key: str) -> None:
    """Show the button.

    Args:
        label: The button's label.
        query: The parameters of the link's address, in place of the page's present ones.
        key: The widget's key.
    """
    component(__file__, HTML)(key=key, data={"label": label, "query": urlencode(query)})
