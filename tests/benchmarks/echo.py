"""The app and a page that only echoes what is done to it, side by side in one Chromium."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import Server, serve
from tests.conftest import launch_chromium


@contextmanager
def app_and_echo(script: str) -> Iterator[tuple[Server, Server, Browser]]:
    """Serve the app, and a Streamlit script as the baseline, until the block ends."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        echo = directory / "echo.py"
        echo.write_text(script, "utf-8")
        (directory / "app").mkdir()
        with (
            serve(directory / "app") as app,
            serve(directory, echo) as baseline,
            sync_playwright() as playwright,
        ):
            browser = launch_chromium(playwright.chromium)
            yield app, baseline, browser
            browser.close()
