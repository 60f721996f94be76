"""Plotly's file for the browser."""

import re

from pages.components.widgets.browser.plotly_library import BASIC, STATIC, publish


def test_plotly_is_published_once_and_repaired_when_it_is_incomplete(tmp_path):
    path = publish(tmp_path / "static")
    size = path.stat().st_size
    assert size > 1_000_000
    path.write_text("half")
    assert publish(tmp_path / "static").stat().st_size == size
    assert [file.name for file in path.parent.iterdir()] == ["plotly.min.js"]


def test_both_files_are_of_one_version_and_the_basic_one_is_small(tmp_path):
    files = STATIC / BASIC, publish(tmp_path)
    versions = [
        re.search(r"plotly\.js .*v([\d.]+)", file.read_text("utf-8")[:100]) for file in files
    ]
    basic, complete = (version and version[1] for version in versions)
    assert basic == complete, "Bring the basic file up to date: CONTRIBUTING.md"
    assert f"-{basic}." in BASIC  # so that no browser takes an older one out of its cache
    assert 3 * files[0].stat().st_size < files[1].stat().st_size
