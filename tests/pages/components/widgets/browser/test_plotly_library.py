"""Plotly's files for the browser."""

import re

from pages.components.widgets.browser.plotly_library import BASIC, COMPLETE


def test_both_files_are_of_one_version_and_the_basic_one_is_small():
    files = BASIC, COMPLETE
    versions = [
        re.search(r"plotly\.js .*v([\d.]+)", file.read_text("utf-8")[:100]) for file in files
    ]
    basic, complete = (version and version[1] for version in versions)
    assert basic == complete, "Bring the basic file up to date: CONTRIBUTING.md"
    assert f"-{basic}." in BASIC.name  # so that no browser takes an older one out of its cache
    assert 3 * files[0].stat().st_size < files[1].stat().st_size
