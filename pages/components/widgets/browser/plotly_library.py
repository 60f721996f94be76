"""Plotly's JavaScript, which plotly_library.js loads once in the life of a page: `basic()`, or
`complete()` for charts that need WebGL. Both are addresses, which change with the version."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import plotly

from pages.components.shell import served_folder

# Draws lines, bars and pies alone; from npm's package plotly.js-basic-dist-min. A browser
# needs 0.1 s of processor time to take it in, and 0.8 s for the complete one.
BASIC = Path(__file__).parents[4] / "static" / "plotly-basic-4.1.1.min.js"
# A file that Plotly's package for Python does not promise: without it no map is drawn.
COMPLETE = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"


@cache
def basic() -> str:
    """The basic library's address."""
    return f"{served_folder.address('static', BASIC.parent)}/{BASIC.name}"


@cache
def complete() -> str:
    """The complete library's address, in the installed package."""
    folder = served_folder.address("plotly", COMPLETE.parent)
    return f"{folder}/{COMPLETE.name}?v={plotly.__version__}"
