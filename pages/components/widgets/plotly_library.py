"""Plotly's JavaScript for components that draw with it: loaded once in the life of a page."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import plotly

from mnist_core.runs.files import replacing

LOADER = Path(__file__).with_suffix(".js")
STATIC = Path(__file__).parents[3] / "static"


def with_plotly(script: Path) -> str:
    """A component's JavaScript and before it a function `plotly()`: a promise of the library."""
    publish()
    file = json.dumps(f"plotly.min.js?v={plotly.__version__}")
    return f"const FILE = {file};\n{LOADER.read_text('utf-8')}\n{script.read_text('utf-8')}"


def publish(static: Path = STATIC) -> Path:
    """Copy plotly.min.js from the installed package to where Streamlit serves files; its path."""
    source = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    target = static / source.name
    if not target.exists() or target.stat().st_size != source.stat().st_size:
        static.mkdir(exist_ok=True)
        with replacing(target) as unfinished:
            shutil.copyfile(source, unfinished)
    return target
