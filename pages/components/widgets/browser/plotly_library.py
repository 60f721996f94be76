"""Plotly's JavaScript, which plotly_library.js loads once in the life of a page."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pages.components.shell import served_folder

# Draws lines, bars and pies alone; from npm's package plotly.js-basic-dist-min. A browser
# needs 0.1 s of processor time to take it in, and 0.8 s for a complete one.
FILE = Path(__file__).parents[4] / "static" / "plotly-basic-4.1.1.min.js"


@cache
def address() -> str:
    """Its address, which changes with the version."""
    return f"{served_folder.address('static', FILE.parent)}/{FILE.name}"
