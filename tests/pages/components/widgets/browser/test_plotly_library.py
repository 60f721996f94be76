"""Plotly's file for the browser."""

import re
from pathlib import Path

import plotly

from pages.components.widgets.browser.plotly_library import FILE

COMPLETE = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"


def test_the_file_is_small_and_of_the_version_that_the_figures_are_made_for():
    files = FILE, COMPLETE
    versions = [
        re.search(r"plotly\.js .*v([\d.]+)", file.read_text("utf-8")[:100]) for file in files
    ]
    ours, complete = (version and version[1] for version in versions)
    assert ours == complete, "Bring the file up to date: CONTRIBUTING.md"
    assert f"-{ours}." in FILE.name  # so that no browser takes an older one out of its cache
    assert 3 * FILE.stat().st_size < COMPLETE.stat().st_size
