"""A running app and a real Chromium for the browser tests.

`page` opens a fresh browser context and fails the test afterwards if the browser's console had
an error or an exception was thrown. Without Chromium the tests are left out with the reason, or
fail where DIGITLAB_REQUIRE_BROWSER is set.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.conftest import PATIENCE

ROOT = Path(__file__).parents[2]
START_SECONDS = 60
CURVES = ".st-key-learning-curves .learning-curves"  # not those that load Plotly ahead
DIGIT = ".digit-answer .digit"
MOVING = {"viewport": {"width": 1280, "height": 800}, "reduced_motion": "no-preference"}

# Where two changes come within a millisecond (an undo and a new theme), Streamlit runs the clean-up
# of a component that is still shown. The drawable canvas then throws its surface away and makes
# another; what it was loading onto the first still arrives there. Both are beyond the app's reach.
LATE_LOAD = ("reading 'clearRect'", "/streamlit-drawable-canvas.")

# Opened by a page's own address, Streamlit first asks for its server under that page's path.
STREAMLIT_PROBE = re.compile(r"/[a-z_]+/_stcore/(health|host-config)$")

# Strokes in units of the canvas' side, as people draw these digits with a mouse.
DIGITS: dict[int, list[list[tuple[float, float]]]] = {
    0: [[(0.5, 0.2), (0.36, 0.28), (0.31, 0.5), (0.36, 0.72), (0.5, 0.8), (0.64, 0.72),
         (0.69, 0.5), (0.64, 0.28), (0.5, 0.2)]],
    1: [[(0.52, 0.18), (0.5, 0.5), (0.48, 0.82)]],
    2: [[(0.33, 0.34), (0.4, 0.23), (0.53, 0.2), (0.64, 0.28), (0.63, 0.42), (0.5, 0.6),
         (0.33, 0.78), (0.5, 0.77), (0.7, 0.78)]],
    3: [[(0.33, 0.24), (0.5, 0.18), (0.64, 0.27), (0.6, 0.41), (0.45, 0.48), (0.61, 0.54),
         (0.66, 0.68), (0.53, 0.8), (0.33, 0.76)]],
    4: [[(0.38, 0.2), (0.32, 0.52), (0.5, 0.54), (0.7, 0.5)], [(0.64, 0.22), (0.61, 0.82)]],
    7: [[(0.28, 0.24), (0.5, 0.23), (0.7, 0.22), (0.58, 0.48), (0.46, 0.82)]],
}  # fmt: skip


class Server:
    """A Streamlit process: `url` without a slash at the end, and `log` for a failure's report."""

    def __init__(self, url: str, log: Path, process: subprocess.Popen) -> None:
        self.url, self.log, self.process = url, log, process


@contextmanager
def serve(directory: Path, script: Path = ROOT / "app.py", **environment: str) -> Iterator[Server]:
    """Run the app on a free port of this machine until the block ends.

    Args:
        directory: Empty; takes the log and, unless `environment` says otherwise, the runs.
        script: The main script.
        environment: Variables on top of this process' own.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    below = environment.get("STREAMLIT_SERVER_BASE_URL_PATH", "")
    url = f"http://127.0.0.1:{port}/{below}".rstrip("/")
    log = directory / "server.log"
    command = [
        sys.executable, "-m", "streamlit", "run", str(script), "--server.headless=true",
        "--server.address=127.0.0.1", f"--server.port={port}", "--server.fileWatcherType=none",
    ]  # fmt: skip
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | {"DIGITLAB_RUNS": str(directory / "runs")} | environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_healthy(url, process, log)
        yield Server(url, log, process)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if "Traceback" in (said := log.read_text("utf-8", "replace")):
            print(said[-10_000:])  # the report of a test that fails shows it


def _wait_until_healthy(url: str, process: subprocess.Popen, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    pytest.fail(f"The server did not start:\n{log.read_text('utf-8', 'replace')}")


def without_mnist(directory: Path) -> dict[str, str]:
    """Environment variables of a server that has no MNIST but what it can download."""
    empty = str(directory / "empty")
    return {"MNIST_NPZ": "", "KERAS_HOME": empty, "DIGITLAB_CACHE": empty}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, browser) -> Iterator[Server]:
    """The app with an empty directory for users' runs."""
    with serve(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="session")
def offline_server(tmp_path_factory: pytest.TempPathFactory, browser) -> Iterator[Server]:
    """The app where MNIST cannot be had: no file, empty caches, and a proxy that refuses."""
    directory = tmp_path_factory.mktemp("offline")
    refusing = "http://127.0.0.1:9"
    environment = {
        **without_mnist(directory),
        "HTTP_PROXY": refusing,
        "HTTPS_PROXY": refusing,
        "http_proxy": refusing,
        "https_proxy": refusing,
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }
    with serve(directory, **environment) as running:
        yield running


@pytest.fixture
def motion(request: pytest.FixtureRequest) -> str:
    """The preference for motion with which pages are opened. A file that tests nothing that moves
    says `MOTION = "reduce"`: the animations of a page that waits take 0.4 of a core."""
    return getattr(request.module, "MOTION", "no-preference")


@pytest.fixture
def open_page(browser, motion):
    """A function that opens further pages, watched as `page` is; takes new_context's arguments."""
    contexts, complaints = [], []

    def note(message) -> None:
        address = message.location["url"]
        if message.type == "error" and not STREAMLIT_PROBE.search(address):
            complaints.append(f"console: {message.text} {address}")

    def note_exception(error) -> None:
        if not all(part in f"{error} {error.stack}" for part in LATE_LOAD):
            complaints.append(f"exception: {error}")

    def opened(**context_arguments):
        context = browser.new_context(**{"reduced_motion": motion} | context_arguments)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", note_exception)
        page.on("console", note)
        return page

    yield opened
    boxes = [
        box.inner_text()
        for context in contexts
        for page in context.pages
        for box in page.get_by_test_id("stException").all()
    ]
    for context in contexts:
        context.close()
    assert not boxes, f"error boxes on the page: {boxes}"
    assert not complaints, f"the browser complained: {complaints}"


@pytest.fixture
def page(open_page):
    """A page of a fresh 1280 × 800 browser; console errors and error boxes fail the test."""
    return open_page(viewport={"width": 1280, "height": 800})


def canvas_of(page):
    """The drawing surface, once it can be drawn on and the page around it is there."""
    canvas = page.locator(".st-key-canvas canvas.upper-canvas")
    canvas.wait_for()
    page.locator(".st-key-canvas-tools").wait_for()
    return canvas


def draw(
    page, digit: int, left: float = 0.0, size: float = 1.0, *, lifted: bool = True, steps: int = 6
) -> None:
    """Draw a digit of `DIGITS` on the canvas with the mouse.

    Args:
        left, size: Where, and how large, in units of the canvas' side; its middle line stays.
        lifted: False to leave the button down after the last stroke.
        steps: Of the mouse from corner to corner; 1 for a quick stroke.
    """
    canvas = canvas_of(page)
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    strokes = DIGITS[digit]
    for stroke in strokes:
        corners = [
            (
                box["x"] + (left + size * x) * box["width"],
                box["y"] + (0.5 + size * (y - 0.5)) * box["height"],
            )
            for x, y in stroke
        ]
        page.mouse.move(*corners[0])
        page.mouse.down()
        for corner in corners[1:]:
            page.mouse.move(*corner, steps=steps)
        if lifted or stroke is not strokes[-1]:
            page.mouse.up()


def wait_until_done(page) -> None:
    """Wait until the page's script has ended, as an attribute of the app's element tells."""
    done = page.locator("[data-testid=stApp][data-test-script-state=notRunning]")
    done.wait_for()


def expect_answer(page, digit: int | str) -> None:
    """Wait for Python's answer; until then the page shows the browser's own."""
    expect(page.locator(DIGIT)).to_have_text(str(digit))
    expect(page.locator(".digit-bars[data-live]")).to_have_count(0)
