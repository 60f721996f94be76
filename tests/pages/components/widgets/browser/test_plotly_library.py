"""Plotly's file for the browser."""

from pages.components.widgets.browser.plotly_library import publish


def test_plotly_is_published_once_and_repaired_when_it_is_incomplete(tmp_path):
    path = publish(tmp_path / "static")
    size = path.stat().st_size
    assert size > 1_000_000
    path.write_text("half")
    assert publish(tmp_path / "static").stat().st_size == size
    assert [file.name for file in path.parent.iterdir()] == ["plotly.min.js"]
