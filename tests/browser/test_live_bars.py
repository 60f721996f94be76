"""The answer while the pen is down, against Python's own."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from mnist_core.digits.drawings import from_strokes
from mnist_core.digits.mnist_format import Digit
from tests.browser.conftest import DIGITS, canvas_of, draw
from tests.javascript.shaky_drawings import drawings

DIGIT = ".digit-answer .digit"
# Two frames and a little later everything the pen did has been drawn, even on a busy machine.
DRAWN = """() => new Promise((done) => requestAnimationFrame(() =>
    requestAnimationFrame(() => setTimeout(done, 100))))"""
LIVE = ".digit-bars[data-live]"
# Counts the frames in which an answer to fewer strokes is seen, from now until the pen is lifted.
WATCH = """() => {
    window.stale = 0
    let drawing = true
    addEventListener("pointerup", () => { drawing = false }, { once: true, capture: true })
    const look = () => {
        if (!drawing) return
        if (!document.querySelector(".digit-bars[data-live]")) window.stale += 1
        requestAnimationFrame(look)
    }
    look()
}"""
SHARES = """() => [...document.querySelectorAll(".st-key-probability-bars i")]
    .map((bar) => parseFloat(bar.style.getPropertyValue("--share")) / 100)"""
# How many pixels of the living network are blue.
LIT = """() => { const c = document.querySelector(".living-network")
    const d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data
    let n = 0; for (let i = 0; i < d.length; i += 4)
        n += d[i + 3] > 100 && d[i + 2] > d[i] + 60; return n }"""
# Python's answer to all strokes is shown, and it is close to what the live bars showed.
ANSWERED = f"""(live) => !document.querySelector("{LIVE}") &&
    ({SHARES})().every((share, digit) => Math.abs(share - live[digit]) <= 0.05)"""


def pen(page, strokes: list[np.ndarray], lift: bool = True) -> None:
    """Draw (n, 2) points in canvas pixels with the mouse."""
    box = canvas_of(page).bounding_box()
    for i, line in enumerate(strokes):
        page.mouse.move(box["x"] + line[0, 0], box["y"] + line[0, 1])
        page.mouse.down()
        for x, y in line[1:]:
            page.mouse.move(box["x"] + x, box["y"] + y)
        if lift or i + 1 < len(strokes):
            page.mouse.up()


def pixels(image) -> np.ndarray:
    """(28, 28) grey levels of an image on the page, whose address holds a PNG."""
    png = base64.b64decode(image.get_attribute("src").partition("base64,")[2])
    return np.asarray(Image.open(io.BytesIO(png)).convert("L"), int)


def ready(page, server) -> None:
    """Open the page and wait until the weights are there."""
    with page.expect_response(lambda answer: answer.url.endswith(".bin.gz")):
        page.goto(server.url)
    canvas_of(page)
    page.wait_for_timeout(200)


def test_bars_digit_and_preview_move_while_the_pen_is_down_and_python_agrees(page, server):
    ready(page, server)
    image = page.locator(".digit-answer img")
    expect(page.get_by_role("img", name="3 hidden layers (1,024, 1,024, 1,024")).to_be_visible()
    for strokes in drawings(10, seed=4):
        assert isinstance(from_strokes.digit_from_strokes(strokes), Digit)
        blank = image.get_attribute("src")
        pen(page, strokes, lift=False)
        page.evaluate(DRAWN)
        live = page.evaluate(SHARES)
        assert sum(live) == pytest.approx(1, abs=0.01)
        assert image.get_attribute("src") != blank
        assert page.evaluate(LIT) > 100
        page.wait_for_timeout(400)  # meanwhile the answer to the strokes before may come
        assert page.evaluate(SHARES) == pytest.approx(live, abs=0.01)
        drawn = pixels(image)
        page.mouse.up()
        page.wait_for_function(ANSWERED, arg=live, polling=100)
        # Python makes it from the path that the canvas reports: 3 to 95 of 784 × 255 measured.
        assert abs(pixels(image) - drawn).sum() <= 300
        page.get_by_role("button", name="Clear").click()
        expect(page.locator(".digit-bars .best")).to_have_count(0)
        page.wait_for_function(f"({LIT})() === 0", polling=100)  # reading pixels takes long


def test_while_the_pen_rests_no_answer_to_fewer_strokes_is_seen(page, server):
    ready(page, server)
    bars = page.locator(".digit-bars")
    four = [np.array(line) * 280 for line in DIGITS[4]]
    before = bars.get_attribute("data-stamp")
    pen(page, four, lift=False)
    expect(page.locator(LIVE)).to_have_count(1)
    page.evaluate(WATCH)
    expect(bars).not_to_have_attribute("data-stamp", before)  # the answer has come
    page.evaluate(DRAWN)
    assert page.evaluate("window.stale") == 0
    expect(page.locator(DIGIT)).to_have_text("4")
    expect(page.locator(".digit-said")).to_be_hidden()
    page.mouse.up()
    expect(page.locator(LIVE)).to_have_count(0)
    expect(page.locator(DIGIT)).to_have_text("4")


def test_the_theme_changes_and_the_live_bars_stay_in_step(page, server):
    ready(page, server)
    first, second = (np.array(line) * 280 for line in DIGITS[4])
    pen(page, [first])
    page.wait_for_timeout(600)
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_timeout(1000)
    pen(page, [second], lift=False)  # had the first been lost, this would be a 1
    expect(page.locator(DIGIT)).to_have_text("4")
    expect(page.locator(".digit-bars[data-live]")).to_have_count(1)
    page.mouse.up()
    expect(page.locator(".digit-bars[data-live]")).to_have_count(0)
    expect(page.locator(DIGIT)).to_have_text("4")


def test_undo_clear_and_another_network_keep_the_live_bars_in_step(page, server):
    ready(page, server)
    one, seven = (np.array(DIGITS[digit][0]) * 280 for digit in (1, 7))
    draw(page, 7)
    expect(page.locator(DIGIT)).to_have_text("7")
    draw(page, 1)  # both together
    page.wait_for_timeout(600)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(DIGIT)).to_have_text("7")
    page.get_by_role("button", name="Clear").click()
    expect(page.locator(DIGIT)).to_have_text("")
    pen(page, [one], lift=False)  # had it kept the seven, this would be no 1
    expect(page.locator(DIGIT)).to_have_text("1")
    page.mouse.up()
    page.wait_for_timeout(600)
    page.get_by_role("button", name="Clear").click()
    expect(page.locator(DIGIT)).to_have_text("")
    choice = page.get_by_role("combobox", name="Network in use")
    first = choice.input_value()
    choice.click()
    with page.expect_response(lambda answer: answer.url.endswith(".bin.gz")):
        page.get_by_role("option").filter(has_not_text=first).first.click()
    page.wait_for_timeout(300)
    pen(page, [seven], lift=False)
    expect(page.locator(DIGIT)).to_have_text("7")


def test_weights_that_come_late_are_used_while_the_pen_rests(page, server):
    held = []
    page.route("**/component/*weights/**/*.bin.gz", lambda route: held.append(route))
    with page.expect_request("**/component/*weights/**/*.bin.gz"):
        page.goto(server.url)
    pen(page, [np.array(DIGITS[7][0]) * 280], lift=False)
    page.evaluate(DRAWN)
    expect(page.locator(LIVE)).to_have_count(0)
    for route in held:
        route.continue_()
    expect(page.locator(LIVE)).to_have_count(1)
    expect(page.locator(DIGIT)).to_have_text("7")


def test_without_the_weights_bars_and_network_still_come_at_pen_up(open_page, server):
    page = open_page(viewport={"width": 1280, "height": 800})
    page.route(
        "**/component/*weights/**/*.bin.gz", lambda route: route.fulfill(status=200, body="none")
    )
    page.goto(server.url)
    pen(page, [np.array(DIGITS[7][0]) * 280], lift=False)
    page.wait_for_timeout(100)
    expect(page.locator(DIGIT)).to_have_text("")
    page.mouse.up()
    expect(page.locator(DIGIT)).to_have_text("7")
    page.wait_for_function(f"({LIT})() > 100")  # the network, too


def test_a_frame_that_comes_late_does_not_write_over_pythons_answer(page, server):
    # Frames asked for since the pen went down come when the answer is on the page, and live_bars.js
    # has not been told of it.
    page.add_init_script("""
        const frame = window.requestAnimationFrame.bind(window)
        const held = []
        const stamp = () => document.querySelector(".digit-answer")?.dataset.stamp
        let before
        addEventListener("pointerdown", () => { before = stamp() }, true)
        window.requestAnimationFrame = (f) => before ? held.push(f) : frame(f)
        new MutationObserver(() => {
            if (!before || stamp() === before) return
            before = undefined
            window.late = held.length
            for (const f of held.splice(0)) f(performance.now())
        }).observe(document, { childList: true, subtree: true })
    """)
    page.goto(server.url)
    draw(page, 1)
    expect(page.get_by_role("status")).to_have_text("This is a 1.")
    page.evaluate(DRAWN)
    assert page.evaluate("window.late") > 0
    expect(page.locator(LIVE)).to_have_count(0)
