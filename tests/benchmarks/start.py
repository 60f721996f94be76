"""How long after a click on Train Chromium shows the first point of the curves, with and without a
standby.

    python -m tests.benchmarks.start [repetitions]

Uses MNIST if it is there (MNIST_NPZ), otherwise the offline sample.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import serve
from tests.conftest import launch_chromium

READY_SECONDS = 30  # for a standby to import TensorFlow and warm up
FIRST_POINT = "Number(document.querySelector('.learning-curves')?.dataset.points) > 0"


def click_to_first_point(page: Page, url: str, wait: float) -> float:
    """Seconds from the click to the first point of a new run, which is then stopped."""
    page.goto(f"{url}/train")
    page.locator(".st-key-start-training button").wait_for()
    page.wait_for_timeout(1000 * wait)
    before = page.url
    begun = time.perf_counter()
    page.locator(".st-key-start-training button").click()
    page.wait_for_function(
        f"before => location.href !== before && {FIRST_POINT}", arg=before, polling=10
    )
    seconds = time.perf_counter() - begun
    page.locator(".st-key-stop-training button").click()
    page.get_by_text("Test accuracy", exact=True).wait_for()
    return seconds


def main(repetitions: int) -> None:
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright.chromium)
        for standby in ("1", "0"):
            with (
                tempfile.TemporaryDirectory() as directory,
                serve(Path(directory), DIGITLAB_STANDBY=standby) as server,
            ):
                page = browser.new_page(viewport={"width": 1280, "height": 800})
                page.set_default_timeout(90_000)
                wait = READY_SECONDS if standby == "1" else 2
                taken = [click_to_first_point(page, server.url, wait) for _ in range(repetitions)]
                page.close()
            print(
                f"{'with' if standby == '1' else 'without'} a standby: median "
                f"{statistics.median(taken):.2f} s of {', '.join(f'{s:.2f}' for s in taken)}"
            )
        browser.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
