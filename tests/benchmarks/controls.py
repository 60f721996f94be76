"""How long after a click on a training's controls Chromium shows it, and the worker acts on it.

    python -m tests.benchmarks.controls [preset] [rounds]

The default preset is `champion`, whose batches take longest. The acknowledgement is what the page
says after the click; the deed is what the worker writes into the run. Uses MNIST if it is there
(MNIST_NPZ), otherwise the offline sample.
"""

from __future__ import annotations

import re
import statistics
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from mnist_core.runs.run import Run
from tests.benchmarks.start import FIRST_POINT
from tests.browser.conftest import serve
from tests.conftest import launch_chromium

POLL = 0.01  # seconds between two looks at the run
PATIENCE = 120  # seconds
TRAINING = re.compile("Training|Going on")

Times = dict[str, list[tuple[float, float]]]


def timed(click: Callable, acknowledged: Callable, done: Callable[[], bool]) -> tuple[float, float]:
    """Seconds from the click to the acknowledgement, and to the deed."""
    begun = time.perf_counter()
    deed: list[float] = []

    def wait_for_deed() -> None:
        while not deed and time.perf_counter() < begun + PATIENCE:
            if done():
                deed.append(time.perf_counter() - begun)
            time.sleep(POLL)

    watch = threading.Thread(target=wait_for_deed)
    watch.start()
    click()
    acknowledged()
    shown = time.perf_counter() - begun
    watch.join()
    return shown, deed[0]


def one_round(page: Page, url: str, directory: Path, preset: str, times: Times) -> None:
    """Train a network, and use each control once."""
    status = page.locator(".st-key-training-status")

    def says(text: str | re.Pattern) -> Callable:
        return lambda: expect(status).to_contain_text(text)

    def button(name: str) -> Callable:
        return page.locator(f".st-key-{name} button").click

    def note(action: str, *arguments: Callable) -> None:
        times[action].append(timed(*arguments))
        page.wait_for_timeout(1500)

    page.goto(f"{url}/train?preset={preset}&early_stopping_patience=0")
    button("start-training")()
    page.locator(".st-key-pause-training").wait_for()
    run = Run(max(directory.glob("*/"), key=lambda path: path.stat().st_ctime))

    def event(kind: str) -> Callable[[], bool]:
        before = sum(getattr(row, "event", None) == kind for row in run.history())
        return lambda: sum(getattr(row, "event", None) == kind for row in run.history()) > before

    page.wait_for_function(FIRST_POINT)
    page.wait_for_timeout(3000)
    pausing = re.compile("Pausing|Paused")
    note("pause", button("pause-training"), says(pausing), event("pause"))
    note("resume", button("resume-training"), says(TRAINING), event("resume"))
    page.get_by_role("button", name="Learning rate").click()
    toast = page.get_by_test_id("stToast")
    changed = event("learning_rate")
    note("learning rate", button("change-rate"), expect(toast).to_be_visible, changed)
    page.keyboard.press("Escape")
    stopping = re.compile("Stopping|Evaluating|Stopped")
    note("stop", button("stop-training"), says(stopping), event("stop"))
    page.locator(".st-key-training-summary").wait_for()

    page.goto(f"{url}/train?run=early-stopping")
    page.get_by_role("button", name="Continue training").click()
    runs_before = set(directory.glob("*/config.json"))

    def taken() -> bool:
        """A worker has taken the new run."""
        new = set(directory.glob("*/config.json")) - runs_before
        return any(Run(path.parent).status().pid is not None for path in new)

    going = re.compile(r"\+5")
    note("continue training", button("continue-training"), says(going), taken)
    button("stop-training")()
    expect(status).to_contain_text("Stopped")


def main(preset: str, rounds: int) -> None:
    times: Times = defaultdict(list)
    expect.set_options(timeout=1000 * PATIENCE)
    with (
        sync_playwright() as playwright,
        tempfile.TemporaryDirectory() as directory,
        serve(Path(directory)) as server,
    ):
        browser = launch_chromium(playwright.chromium)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(1000 * PATIENCE)
        for _ in range(rounds):
            one_round(page, server.url, Path(directory) / "runs", preset, times)
        browser.close()
    for action, pairs in times.items():
        shown, done = (", ".join(f"{s:.2f}" for s in part) for part in zip(*pairs, strict=True))
        medians = [statistics.median(part) for part in zip(*pairs, strict=True)]
        print(
            f"{action:13}: acknowledged after {medians[0]:.2f} s ({shown}), "
            f"done after {medians[1]:.2f} s ({done})"
        )


if __name__ == "__main__":
    main(
        sys.argv[1] if len(sys.argv) > 1 else "champion",
        int(sys.argv[2]) if len(sys.argv) > 2 else 3,
    )
