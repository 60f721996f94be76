"""How soon the error pages answer a click at full MNIST, by the clock, in Chromium.

    python -m tests.benchmarks.error_pages [repetitions]

For each page and kind of click this prints the milliseconds from the click until the part of the
page that it changes begins to change, and until its last change; and as a baseline the same for a
page that only echoes the choice. "Work" is the processor time of server and browser together until
all is done; it hardly depends on what else the machine does.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
from playwright.sync_api import Locator, Page

from tests.benchmarks.echo import app_and_echo

RUN = "early-stopping"  # misclassifies enough digits for several pages of images
ECHO = """
import streamlit as st

@st.fragment
def part():
    left, right = st.columns(2)
    with left:
        choice = st.selectbox("Choice", list("abc"), key="choice")
    with right, st.container(key="echo"):
        st.html(f"<div>{choice} {st.session_state.get('place')}</div>")

@st.dialog("Echo")
def dialog():
    with st.container(key="dialog"):
        st.html("<div>open</div>")

whole = st.segmented_control("Whole", list("abc"), default="a", required=True, key="whole")
with st.container(key="whole-echo"):
    st.html(f"<div>{whole}</div>")
if st.button("Open", key="open"):
    dialog()
part()
"""
# Notes, from `arm` on, when the mouse or a key was let go and when the watched part then changed.
WATCH = """() => {
    const watch = window.watch = {}
    watch.arm = (part) => Object.assign(watch, {part, from: null, first: null, last: null})
    const start = () => { if (watch.first === null) watch.from = performance.now() }
    for (const kind of ["mouseup", "keydown"]) addEventListener(kind, start, true)
    const element = (node) => node.nodeType === 1 ? node : node.parentElement
    const inside = (node) => element(node)?.closest(watch.part)
    const concerned = (node) => inside(node) || node.querySelector?.(watch.part)
    new MutationObserver((changes) => {
        if (!watch.part || watch.from === null) return
        if (!changes.some((c) => inside(c.target) || [...c.addedNodes].some(concerned))) return
        watch.last = performance.now()
        watch.first ??= watch.last
    }).observe(document.body, {subtree: true, childList: true, characterData: true})
}"""
IDLE = "[data-test-script-state=notRunning]"

times: dict[str, list[tuple[float, float, float]]] = {}


def work() -> float:
    """Processor milliseconds that server and browser have used, from Linux' /proc."""
    fields = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            name, _, rest = stat.read_text().partition("(")[2].rpartition(")")
            fields[int(stat.parent.name)] = (name, rest.split())
    own, used = {os.getpid()}, 0
    while found := {pid for pid, (_, f) in fields.items() if int(f[1]) in own} - own:
        own |= found
    for pid in own - {os.getpid()}:
        name, f = fields[pid]
        if name != "node":  # Playwright's own
            used += int(f[11]) + int(f[12])
    return 1000 * used / os.sysconf("SC_CLK_TCK")


def clicked(page: Page, name: str, region: str, action: Callable[[], object]) -> None:
    """Click, and note how long the region took to change."""
    page.locator(IDLE).wait_for()
    page.wait_for_timeout(200)
    page.evaluate("selector => watch.arm(selector)", region)
    before = work()
    action()
    page.wait_for_function("watch.first !== null")
    page.wait_for_function(
        f"document.querySelector('{IDLE}') && performance.now() - watch.last > 300"
    )
    first, last = page.evaluate("[watch.first - watch.from, watch.last - watch.from]")
    times.setdefault(name, []).append((first, last, work() - before))


def choose(page: Page, key: str, option: str) -> Callable[[], None]:
    """Open a selectbox and return what chooses an option."""
    page.locator(f".st-key-{key}").get_by_role("combobox").click()
    chosen = page.get_by_role("option", name=option, exact=True)
    chosen.wait_for()
    return chosen.click


def point(page: Page, chart: str, x: float, y: float) -> Callable[[], None]:
    """Go to a place of a chart, in its axes' units, and return what clicks there."""
    page.locator(chart).scroll_into_view_if_needed()
    at = page.evaluate(
        """([chart, x, y]) => {
            const plot = document.querySelector(`${chart} .js-plotly-plot`)
            const box = plot.getBoundingClientRect(), {xaxis, yaxis} = plot._fullLayout
            return [box.x + xaxis._offset + xaxis.d2p(x), box.y + yaxis._offset + yaxis.d2p(y)]
        }""",
        [chart, x, y],
    )
    page.mouse.move(*at)
    return lambda: page.mouse.click(*at)


def look(page: Page, name: str, opener: str, again: str = "") -> None:
    """Open a digit, go on to the next, and close it."""
    view = ".st-key-digit-view"
    clicked(page, f"{name}: a digit{again}", view, page.locator(opener).first.click)
    if page.locator(".st-key-next-digit button").is_enabled():
        step = lambda: page.keyboard.press("ArrowRight")  # noqa: E731
        clicked(page, f"{name}: the next digit", view, step)
    page.keyboard.press("Escape")
    page.locator(view).wait_for(state="detached")


def show(page: Page, url: str, path: str) -> None:
    page.goto(f"{url}/{path}")
    page.get_by_test_id("stSidebar").get_by_role("combobox").wait_for()
    page.locator(IDLE).wait_for()
    page.wait_for_timeout(1500)
    page.evaluate(WATCH)


def splits(page: Page, name: str, region: str) -> None:
    """Choose the validation digits, then the test digits again."""
    for split in ("Validation", "Test"):
        button = page.locator(".st-key-part").get_by_role("radio", name=split)
        clicked(page, f"{name}: test or validation digits", region, button.click)


def confusion_matrix(page: Page, url: str) -> None:
    name, images, matrix = "Confusion matrix", ".st-key-cell-images", ".st-key-confusion-matrix"
    show(page, url, f"confusion_matrix?run={RUN}")

    def cell(said: str) -> Locator:
        return page.locator(f".confusion button[aria-label^='{said}']")

    clicked(page, f"{name}: a cell", images, cell("9 predicted as 4").click)
    clicked(page, f"{name}: a row", images, cell("All 9s").click)
    look(page, name, f"{images} button[data-index]")
    back = page.locator(".st-key-back-to-pairs button")
    clicked(page, f"{name}: back to the pairs", images, back.click)
    bar = page.locator(".by-digit [data-index='9']")
    clicked(page, f"{name}: a bar by digit", images, bar.click)
    precision = page.locator(".report").get_by_title("Show errors among digits predicted as 4")
    clicked(page, f"{name}: a number of the report", images, precision.click)
    recall = page.locator(".report").get_by_title("Sort by recall")
    clicked(page, f"{name}: the report sorted", ".st-key-report", recall.click)
    by_row = page.locator(".st-key-numbers").get_by_role("radio", name="By row")
    clicked(page, f"{name}: by row", matrix, by_row.click)
    hide = page.locator(".st-key-errors-only label")
    clicked(page, f"{name}: errors only", matrix, hide.click)
    splits(page, name, matrix)
    if page.locator(".st-key-epoch").count():
        page.locator(".st-key-epoch input[type=range]").focus()
        step = lambda: page.keyboard.press("ArrowLeft")  # noqa: E731
        clicked(page, f"{name}: an epoch earlier", matrix, step)
        page.keyboard.press("ArrowRight")
    for other in ("champion", "no other network"):
        clicked(page, f"{name}: difference", matrix, choose(page, "versus-list", other))


def misclassified(page: Page, url: str) -> None:
    name, gallery = "Misclassified", ".st-key-gallery"
    show(page, url, f"misclassified?run={RUN}")
    second = page.locator(f"{gallery} [data-testid=stPaginationPage]", has_text="2").first
    clicked(page, f"{name}: page 2", gallery, second.click)
    for digit in ("9", "any"):
        clicked(page, f"{name}: true digit", gallery, choose(page, "true", digit))
    for order in ("Highest loss first", "Most confident first"):
        clicked(page, f"{name}: order", gallery, choose(page, "order", order))
    page.locator(".st-key-confidence input[type=range]").first.focus()
    for key in ("PageUp", "Home"):
        clicked(page, f"{name}: confidence", gallery, lambda key=key: page.keyboard.press(key))
    look(page, name, f"{gallery} button[data-index]")
    handful = page.locator(".st-key-another-handful button")
    clicked(page, f"{name}: another handful", ".st-key-handful", handful.click)
    splits(page, name, gallery)


def calibration(page: Page, url: str) -> None:
    name, images = "How sure, how right?", ".st-key-bin-images"
    show(page, url, f"calibration?run={RUN}")
    for bin_ in (14.5, 11.5):
        bar = point(page, ".st-key-reliability", bin_ / 15, 0.2)
        clicked(page, f"{name}: a bar", images, bar)
    look(page, name, f"{images} button[data-index]")
    page.locator(".st-key-rejection-rate input[type=range]").focus()
    more = lambda: page.keyboard.press("ArrowRight")  # noqa: E731
    clicked(page, f"{name}: reject more", ".st-key-rejection-figures", more)
    splits(page, name, ".st-key-reliability")


def label_issues(page: Page, url: str) -> None:
    name, digits = "Model or label?", ".st-key-doubtful-digits"
    show(page, url, f"label_issues?run={RUN}")
    for judged in ("Label is wrong", "Label is wrong"):  # and taken back
        button = page.locator(digits).get_by_role("radio", name=judged).first
        clicked(page, f"{name}: an opinion", ".st-key-accuracies", button.click)
    look(page, name, f"{digits} button[data-index]")
    second = page.locator("[data-testid=stPaginationPage]", has_text="2").first
    if second.count():
        clicked(page, f"{name}: page 2", digits, second.click)


def map_of_digits(page: Page, url: str) -> None:
    name, images = "Map of digits", ".st-key-map-images"
    show(page, url, f"map_of_digits?run={RUN}")
    page.locator(".digit-map .plot[data-points]").wait_for()
    page.locator(".digit-map").scroll_into_view_if_needed()
    box = page.locator(".digit-map .plot").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def loop() -> None:
        for corner in ((x + 60, y - 60), (x + 60, y + 60), (x - 60, y + 60)):
            page.mouse.move(*corner, steps=3)
        page.mouse.up()

    page.mouse.move(x - 60, y - 60)
    page.mouse.down()
    clicked(page, f"{name}: a loop", images, loop)
    look(page, name, f"{images} button[data-index]")
    splits(page, name, ".digit-map")


def compare(page: Page, url: str) -> None:
    name, fixed = "Compare", ".st-key-fixed"
    show(page, url, f"compare?run={RUN}&versus=leaky-relu")
    look(page, name, f"{fixed} button[data-index]")
    for other in ("champion", "leaky-relu"):
        clicked(page, f"{name}: other network", fixed, choose(page, "versus-list", other))
    splits(page, name, fixed)
    more = page.get_by_role("button", name="Show more").first
    if more.count():
        clicked(page, f"{name}: show more", fixed, more.click)


def echo(page: Page, url: str) -> None:
    page.goto(url)
    page.locator(".st-key-choice").wait_for()
    page.wait_for_timeout(1000)
    page.evaluate(WATCH)
    for option in "ba":
        clicked(
            page, "echo: a choice in a fragment", ".st-key-echo", choose(page, "choice", option)
        )
        button = page.locator(".st-key-whole").get_by_role("radio", name=option)
        clicked(page, "echo: a choice of the whole page", ".st-key-whole-echo", button.click)
    opener = page.locator(".st-key-open button")
    clicked(page, "echo: a dialog", ".st-key-dialog", opener.click)


PAGES = (confusion_matrix, misclassified, calibration, label_issues, map_of_digits, compare)


def measure(repetitions: int, only: str = "") -> None:
    with app_and_echo(ECHO) as (app, baseline, browser):
        page = browser.new_page(viewport={"width": 1280, "height": 1600})
        chosen = [visit for visit in PAGES if only in visit.__name__]
        for repetition in range(repetitions + 1):
            for visit in chosen:
                visit(page, app.url)
            echo(page, baseline.url)
            if repetition == 0:  # imports, and what is computed once
                times.clear()
    print(f"{'milliseconds, median (lowest)':48} {'begins':>14} {'ends':>14} {'work':>14}   n")
    for name, measured in times.items():
        columns = zip(*measured, strict=True)
        shown = (f"{np.median(c):5.0f} ({min(c):5.0f})" for c in columns)
        print(f"{name:48} {' '.join(f'{text:>14}' for text in shown)} {len(measured):3}")


if __name__ == "__main__":
    measure(int(sys.argv[1]) if len(sys.argv) > 1 else 5, *sys.argv[2:])
