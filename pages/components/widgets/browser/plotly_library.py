"""Plotly's JavaScript, which plotly_library.js loads once in the life of a page: `BASIC`, or
`complete()` for charts that need WebGL. Both are places in the folder static/."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

import plotly

from mnist_core.runs.files import replacing

STATIC = Path(__file__).parents[4] / "static"
# Draws lines, bars and pies alone; from npm's package plotly.js-basic-dist-min. A browser
# needs 0.1 s of processor time to take it in, and 0.8 s for the complete one.
BASIC = "plotly-basic-4.1.1.min.js"


@cache
def complete() -> str:
    """The complete library's file, which is put into the folder static/ if need be. Another version
    has another address."""
    return f"{publish().name}?v={plotly.__version__}"


def publish(static: Path = STATIC) -> Path:
    """Copy plotly.min.js from the installed package to where Streamlit serves files.

    Returns:
        The path of the copy.
    """
    # A file that Plotly does not promise: without it no map is drawn.
    source = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    target = static / source.name
    if not target.exists() or target.stat().st_size != source.stat().st_size:
        static.mkdir(exist_ok=True)
        with replacing(target) as unfinished:
            shutil.copyfile(source, unfinished)
    return target
