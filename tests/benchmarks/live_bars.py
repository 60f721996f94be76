"""How soon the bars follow the pen, and how soon Python's answer comes when it is lifted.

    python -m tests.benchmarks.live_bars [strokes]

Prints, in milliseconds, for the default network in Chromium: pointer move → bars changed; the
scripts of a frame, which move the bars and the living network; pen up → Python's answer on the
page; the same for a canvas whose fragment only echoes the number of strokes;
and the canvas' own delay before it reports a stroke. Strokes on the two pages alternate, so that a
busy machine slows both.
"""

from __future__ import annotations

import sys

import numpy as np
from playwright.sync_api import Page

from tests.benchmarks.echo import app_and_echo
from tests.browser.conftest import canvas_of

CANVAS_DELAY = 200
ECHO = """
import streamlit as st
from streamlit_drawable_canvas import st_canvas

@st.fragment
def echo():
    with st.container(key="canvas"):
        drawing = st_canvas(stroke_color="#ffffff", background_color="#000000",
                            width=280, height=280, key=f"drawing-{st.session_state.cleared}")
    with st.container(key="echo"):
        count = len((drawing.json_data or {"objects": []})["objects"])
        st.html(f"<div data-stamp='{count}'>{count}</div>")

def clear():
    st.session_state.cleared += 1

st.session_state.setdefault("cleared", 0)
echo()
st.button("Clear", on_click=clear)
"""
# Notes when the pointer moved or was lifted on the canvas, when a bar then changed, and when
# Python's new stamp was there.
WATCH = """selector => {
    const times = window.times = {move: [], up: []}
    const watched = document.querySelector(selector)
    const stampNow = () => watched.querySelector("[data-stamp]").dataset.stamp
    let moved = null, lifted = null, stamp = stampNow()
    const on = (name, note) => addEventListener(name, (e) => {
        if (e.target.closest?.(".st-key-canvas")) note(e)
    }, true)
    on("pointermove", (e) => { if (e.buttons) moved ??= performance.now() })
    on("pointerup", () => { moved = null; lifted = performance.now() })
    new MutationObserver(() => {
        const now = performance.now()
        if (stampNow() === stamp) {
            if (moved !== null) { times.move.push(now - moved); moved = null }
        } else if (lifted !== null) { times.up.push(now - lifted); lifted = null }
        stamp = stampNow()
    }).observe(watched, {subtree: true, childList: true, characterData: true})
}"""

# Adds up what the scripts of each frame take.
FRAMES = """() => {
    const frames = window.frames = new Map()
    const request = window.requestAnimationFrame.bind(window)
    window.requestAnimationFrame = (draw) => request((time) => {
        const begun = performance.now()
        draw(time)
        frames.set(time, (frames.get(time) ?? 0) + performance.now() - begun)
    })
}"""


def stroke(page: Page, index: int, steps: int) -> None:
    """One line, another for every index, and the wait for its answer."""
    box = canvas_of(page).bounding_box()
    x = box["x"] + 30 + 4 * index % 220
    page.mouse.move(x, box["y"] + 40)
    page.mouse.down()
    for step in range(steps):
        page.mouse.move(x + 2 * step, box["y"] + 40 + 4 * step)
        page.wait_for_timeout(15)
    answers = page.evaluate("times.up.length")
    page.mouse.up()
    page.wait_for_function(f"times.up.length > {answers}")
    page.wait_for_timeout(150)


def report(name: str, times: list[float]) -> None:
    low, high = np.percentile(times, [50, 95])
    print(f"{name:42} median {low:6.1f}   95 % within {high:6.1f}   n = {len(times)}")


def measure(strokes: int) -> None:
    with app_and_echo(ECHO) as (app, echo, browser):
        pages = []
        for url, watched in ((app.url, ".st-key-probability-bars"), (echo.url, ".st-key-echo")):
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.goto(url)
            canvas_of(page)
            page.wait_for_timeout(3000)
            page.evaluate(WATCH, watched)
            page.evaluate(FRAMES)
            pages.append(page)
        for index in range(strokes):
            for page in pages:
                page.bring_to_front()
                stroke(page, index, steps=24)
            if index % 10 == 9:  # a drawing of a digit has few strokes
                for page in pages:
                    page.get_by_role("button", name="Clear").click()
                    page.wait_for_timeout(800)
        ours, echoed = (page.evaluate("times") for page in pages)
        frames = pages[0].evaluate("[...frames.values()]")
    report("pointer move → bars changed", ours["move"])
    report("scripts of a frame", frames)
    report("pen up → Python's answer", ours["up"])
    report("pen up → echo", echoed["up"])
    print(f"{'the delay of the canvas itself':42} {CANVAS_DELAY}")
    for name, share in (("median", 50), ("95th percentile", 95)):
        ratio = np.percentile(ours["up"], share) / np.percentile(echoed["up"], share)
        print(f"answer / echo, {name}: {ratio:.2f}")


if __name__ == "__main__":
    measure(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
