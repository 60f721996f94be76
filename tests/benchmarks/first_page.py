"""How long the front page takes until its canvas can be drawn on, compared with an empty Streamlit
page with the same canvas.

    python -m tests.benchmarks.first_page [repetitions]

Both servers run side by side, and the two pages are opened in turn, each time in a new browser
context with an empty cache. Prints the medians in seconds, and the median ratio of consecutive
measurements. Use a quiet machine: other load slows the page with more to draw more.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.benchmarks import process
from tests.browser.conftest import serve
from tests.conftest import ARGUMENTS, PATIENCE

EMPTY = """
from streamlit_drawable_canvas import st_canvas
from mnist_core.config import palette
from pages.components.draw.canvas import canvas
st_canvas(
    stroke_width=canvas.RESOLUTION * 20, stroke_color=palette.INK, background_color=palette.PAPER,
    width=canvas.SURFACE_SIDE, height=canvas.SURFACE_SIDE, key="drawing",
)
"""


# Looked for by the page itself at each frame: Playwright's own looks lie up to half a second apart.
DRAWABLE = """() => {
  const stage = document.querySelector(".st-key-stage"); // which stands in its place once styled
  if (stage && getComputedStyle(stage).display !== "grid") return 0;
  for (const { shadowRoot } of document.querySelectorAll(".st-key-drawing *")) {
    const surface = shadowRoot?.querySelector("canvas.upper-canvas");
    if (surface?.getBoundingClientRect().width) return performance.now() / 1000;
  }
  return 0;
}"""


def seconds_to_canvas(browser: Browser, url: str) -> float:
    """Seconds until the canvas takes the pen, in a browser that has fetched nothing yet."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(url, wait_until="commit")
    seconds = page.wait_for_function(DRAWABLE, polling="raf").json_value()
    context.close()
    return seconds


def main(repetitions: int) -> None:
    with tempfile.TemporaryDirectory() as directory, sync_playwright() as playwright:
        ours, empty = Path(directory) / "ours", Path(directory) / "empty"
        ours.mkdir()
        empty.mkdir()
        (empty / "app.py").write_text(EMPTY, "utf-8")
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=list(ARGUMENTS)
        )
        root = str(Path(__file__).parents[2])
        with (
            serve(ours, DIGITLAB_STANDBY="0") as app,
            serve(empty, empty / "app.py", PYTHONPATH=root) as plain,
        ):
            for url in (app.url, plain.url):  # what a server loads once is not counted
                seconds_to_canvas(browser, url)
            pairs = [
                (seconds_to_canvas(browser, app.url), seconds_to_canvas(browser, plain.url))
                for _ in range(repetitions)
            ]
        browser.close()
    mine, theirs = (statistics.median(taken) for taken in zip(*pairs, strict=True))
    ratio = statistics.median(one / other for one, other in pairs)
    print(f"{process.machine()}: the front page {mine:.2f} s, an empty page with the same canvas")
    print(f"{theirs:.2f} s, {ratio:.2f} times as long (median of {repetitions} pairs)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
