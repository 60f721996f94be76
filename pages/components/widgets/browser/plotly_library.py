"""Plotly's JavaScript, which plotly_library.js loads once in the life of a page."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

import plotly

from mnist_core.runs.files import replacing

STATIC = Path(__file__).parents[4] / "static"


@cache
def address() -> str:
    """The library's file in the folder static/, where it is put if need be; what `plotly` of
    plotly_library.js takes. Another version has another address."""
    return f"{publish().name}?v={plotly.__version__}"


def publish(static: Path = STATIC) -> Path:
    """Copy plotly.min.js from the installed package to where Streamlit serves files.

    Returns:
        The path of the copy.
    """
    # A file that Plotly does not promise: without it no learning curve or map is drawn.
    source = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    target = static / source.name
    if not target.exists() or target.stat().st_size != source.stat().st_size:
        static.mkdir(exist_ok=True)
        with replacing(target) as unfinished:
            shutil.copyfile(source, unfinished)
    return target
