"""The canvas in a real browser: strokes by mouse, finger and pen, brush, Undo and Clear."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DIGIT, MOVING, canvas_of, draw, expect_answer

MOTION = "reduce"  # but where what moves is tested

# How many pixels of a canvas have ink.
INK = """c => { const d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data
    let n = 0; for (let i = 0; i < d.length; i += 4) n += d[i] > 128; return n }"""


def test_undo_takes_back_a_stroke_and_keys_do_what_the_buttons_do(page, server):
    page.goto(server.url)
    image = page.locator(".digit-answer img")
    empty = image.get_attribute("src")
    draw(page, 1)
    expect_answer(page, 1)
    one = image.get_attribute("src")
    for undo in (True, True, False):  # the canvas is told to show the same drawing a second time
        draw(page, 7)
        expect(image).not_to_have_attribute("src", one)
        expect(page.locator(".digit-bars[data-live]")).to_have_count(0)
        if undo:
            page.get_by_role("button", name="Undo").click()
            expect(image).to_have_attribute("src", one)
    both = image.get_attribute("src")
    for key, shown in (
        ("Control+z", one), ("Control+y", both), ("Control+z", one), ("Control+z", empty),
        ("Control+Shift+Z", one), ("Delete", empty),
    ):  # fmt: skip
        page.keyboard.press(key)
        expect(image).to_have_attribute("src", shown)
    expect(page.get_by_role("button", name="Redo")).to_be_disabled()
    draw(page, 7)
    expect_answer(page, 7)
    page.keyboard.press("Control+z")
    expect(image).to_have_attribute("src", empty)
    draw(page, 1)  # a new stroke: what was undone is gone for good
    expect_answer(page, 1)
    expect(page.get_by_role("button", name="Redo")).to_be_disabled()


def test_a_clear_is_undone_and_redone_with_buttons_and_keys(page, server):
    page.goto(server.url)
    image = page.locator(".digit-answer img")
    empty = image.get_attribute("src")
    lower = page.locator(".st-key-canvas canvas.dc-canvas.lower-canvas")

    def expect_shown(shown: str) -> None:
        """Python's answer comes first; the canvas follows, and reports what it shows."""
        expect(image).to_have_attribute("src", shown)
        for _ in range(100):
            if (lower.evaluate(INK) == 0) == (shown == empty):
                break
            page.wait_for_timeout(50)
        else:
            pytest.fail("The canvas does not show what Python answered.")
        page.wait_for_timeout(300)

    draw(page, 1)
    expect_answer(page, 1)
    one = image.get_attribute("src")
    button = {name: page.get_by_role("button", name=name) for name in ("Undo", "Redo", "Clear")}
    button["Clear"].click()
    expect_shown(empty)
    expect(button["Redo"]).to_be_disabled()
    button["Undo"].click()
    expect_answer(page, 1)
    expect_shown(one)
    button["Redo"].click()
    expect_shown(empty)
    draw(page, 7)
    expect_answer(page, 7)
    seven = image.get_attribute("src")
    for key, shown in (
        ("Delete", empty), ("Control+z", seven), ("Control+z", empty), ("Control+z", one),
        ("Control+z", empty), ("Control+y", one), ("Control+y", empty), ("Control+y", seven),
        ("Control+y", empty), ("Control+z", seven),
    ):  # fmt: skip
        page.keyboard.press(key)
        expect_shown(shown)
    draw(page, 1)  # a new stroke: what was undone is gone for good, what came before is not
    expect(image).not_to_have_attribute("src", seven)
    expect(page.locator(".digit-bars[data-live]")).to_have_count(0)
    expect(button["Redo"]).to_be_disabled()
    for shown in (seven, empty, one, empty):
        page.keyboard.press("Control+z")
        expect_shown(shown)
    expect(button["Undo"]).to_be_disabled()


def test_no_key_and_no_click_is_lost_however_fast_they_come(open_page, server):
    page = open_page(**MOVING)
    page.goto(server.url)
    draw(page, 4)  # two strokes
    expect_answer(page, 4)
    expect(page.get_by_role("status")).to_have_text("This is a 4.")
    for _ in range(2):
        page.keyboard.press("Control+z")
    expect(page.get_by_role("status")).to_have_text("The answer appears here.")
    for _ in range(2):
        page.keyboard.press("Control+y")
    expect(page.get_by_role("status")).to_have_text("This is a 4.")
    page.get_by_role("button", name="Undo").dblclick()
    expect(page.get_by_role("status")).to_have_text("The answer appears here.")
    page.get_by_role("button", name="Redo").dblclick()
    expect(page.get_by_role("status")).to_have_text("This is a 4.")
    for _ in range(3):
        for key in ("Delete", "Control+z"):
            page.keyboard.press(key)
        expect(page.get_by_role("button", name="Redo")).to_be_enabled()
        expect(page.get_by_role("status")).to_have_text("This is a 4.")
        page.wait_for_timeout(500)  # a late report would come now
        expect(page.get_by_role("status")).to_have_text("This is a 4.")
        assert page.locator(".st-key-canvas canvas.dc-canvas.lower-canvas").evaluate(INK) > 0
    # What is drawn while the page is too busy to clear the canvas stays when it does.
    page.get_by_test_id("stApp").evaluate("app => app.dataset.testScriptState = 'running'")
    page.get_by_role("button", name="Clear").click()
    draw(page, 7)
    expect(page.get_by_role("status")).to_have_text("This is a 7.")
    expect_answer(page, 7)


def test_a_stroke_begun_right_after_undo_redo_or_another_brush_is_whole(page, server):
    page.goto(server.url)
    draw(page, 4)  # two strokes
    expect_answer(page, 4)
    box = canvas_of(page).bounding_box()
    x, y, side = box["x"], box["y"], box["width"]
    kept = "JSON.parse(localStorage.getItem('digit-lab-canvas'))"
    undo, redo = (page.get_by_role("button", name=name) for name in ("Undo", "Redo"))
    broad = page.locator(".st-key-brush [role=radio]", has_text="Broad")

    def line_begun(*clicked, till: str, strokes: int) -> None:
        """Its second half is drawn when the page shows the effect of the clicks."""
        for button in clicked:
            button.evaluate("b => b.click()")  # the mouse would take its time
        page.mouse.move(x + 0.2 * side, y + 0.3 * side)
        page.mouse.down()
        page.mouse.move(x + 0.2 * side, y + 0.5 * side, steps=4)
        page.locator(till).wait_for()
        page.wait_for_timeout(500)  # the canvas follows
        page.mouse.move(x + 0.2 * side, y + 0.8 * side, steps=4)
        page.mouse.up()
        page.wait_for_function(f"{kept}.objects.length === {strokes}")
        first, *_, last = page.evaluate(f"{kept}.objects.at(-1).path")
        assert first[1:] == pytest.approx([0.2 * 840, 0.3 * 840], abs=5)
        assert last[-2:] == pytest.approx([0.2 * 840, 0.8 * 840], abs=5)

    line_begun(undo, till=".st-key-redo button:enabled", strokes=2)
    line_begun(broad, till=".st-key-brush [aria-checked=true]:has-text('Broad')", strokes=3)
    undo.click()
    page.wait_for_function(f"{kept}.objects.length === 2")
    line_begun(redo, till=".st-key-redo button:disabled", strokes=4)


def test_the_brush_changes_the_line_and_neither_the_drawing_nor_the_answer(page, server):
    page.goto(server.url)
    image = page.locator(".digit-answer img")
    lower = page.locator(".st-key-canvas canvas.dc-canvas.lower-canvas")
    pixels = """i => { const c = document.createElement("canvas"); c.width = c.height = 28
        const x = c.getContext("2d"); x.drawImage(i, 0, 0)
        return [...x.getImageData(0, 0, 28, 28).data] }"""
    drawn = []
    for brush in ("Medium", "Broad", "Fine"):
        page.get_by_role("radio", name=brush).or_(page.get_by_role("button", name=brush)).click()
        page.wait_for_timeout(500)
        draw(page, 7)
        expect_answer(page, 7)
        drawn.append((lower.evaluate(INK), image.evaluate(pixels)))
        page.keyboard.press("Delete")
        expect(page.locator(DIGIT)).to_have_text("")
    (medium, first), (broad, second), (fine, third) = drawn
    assert fine < 0.6 * medium
    assert broad > 1.5 * medium
    assert second == pytest.approx(first, abs=6)  # the brush lengthens a line by 1/1000 of itself
    assert third == pytest.approx(first, abs=6)


# A stroke of so many points whose end is not reported, as if the pen stayed down.
ENDLESS = """(canvas, points) => { const box = canvas.getBoundingClientRect()
    const place = (start, side, turn) => start + side * (0.5 + 0.4 * Math.sin(turn))
    for (let i = 0; i <= points; i++) {
        const event = { bubbles: true, composed: true, buttons: 1, isPrimary: true,
            pointerType: "mouse", clientX: place(box.left, box.width, i / 9),
            clientY: place(box.top, box.height, i / 50) }
        const what = i ? "move" : "down"
        canvas.dispatchEvent(new PointerEvent(`pointer${what}`, event))
        canvas.dispatchEvent(new MouseEvent(`mouse${what}`, event)) } }"""


def test_a_stroke_may_begin_in_the_upper_right_corner_and_ends_where_the_drawing_is_too_large(
    page, server
):
    """The canvas' own toolbar lay in that corner, invisible, and took the pen. A server does not
    read a drawing that is too large, and so could say nothing of it."""
    page.goto(server.url)
    box = canvas_of(page).bounding_box()
    page.mouse.move(box["x"] + box["width"] - 6, box["y"] + 4)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 12, box["y"] + box["height"] - 20, steps=20)
    page.mouse.up()
    expect_answer(page, 1)
    canvas_of(page).evaluate(ENDLESS, 10_000)
    full = page.get_by_text("This drawing is as large as it may be: undo a stroke, or clear it.")
    expect(full).to_be_visible()
    lower = page.locator(".st-key-canvas canvas.dc-canvas.lower-canvas")
    ink = lower.evaluate(INK)
    draw(page, 7)
    page.get_by_role("button", name="Undo").click()
    expect_answer(page, 1)  # the 7 is not what was undone: it was not drawn
    expect(full).to_have_count(0)
    assert lower.evaluate(INK) < ink


def test_on_a_phone_the_canvas_fits_and_drawing_does_not_scroll(open_page, server):
    page = open_page(viewport={"width": 320, "height": 640}, has_touch=True, is_mobile=True)
    page.goto(server.url)
    canvas = canvas_of(page)
    canvas.evaluate("c => c.getRootNode().host.scrollIntoView({block: 'center'})")
    box = canvas.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 320
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    finger = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        places = [
            {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]} for x, y in points
        ]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    touch("touchStart", (0.5, 0.2))
    for step in range(1, 16):
        touch("touchMove", (0.5, 0.2 + 0.04 * step))
    touch("touchEnd")
    expect_answer(page, 1)
    assert canvas.bounding_box()["y"] == box["y"]


def test_a_cancelled_touch_ends_the_stroke(open_page, server):
    """As by a call or a gesture of the system."""
    page = open_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page.goto(server.url)
    box = canvas_of(page).bounding_box()
    finger = page.context.new_cdp_session(page)
    lower = page.locator(".st-key-canvas canvas.dc-canvas.lower-canvas")

    def touch(kind: str, *points: tuple[float, float]) -> None:
        places = [
            {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]} for x, y in points
        ]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    def line(x: float, end: str) -> None:
        touch("touchStart", (x, 0.2))
        for step in range(1, 16):
            touch("touchMove", (x, 0.2 + 0.04 * step))
        touch(end)

    line(0.4, "touchCancel")
    expect_answer(page, 1)
    for name in ("Undo", "Clear"):
        expect(page.get_by_role("button", name=name)).to_be_enabled()
    one = lower.evaluate(INK)
    line(0.6, "touchEnd")
    expect(page.get_by_role("status")).not_to_have_text("This is a 1.")
    assert lower.evaluate(INK) == pytest.approx(2 * one, rel=0.05)
    page.get_by_role("button", name="Undo").tap()
    expect(page.get_by_role("status")).to_have_text("This is a 1.")
    page.get_by_role("button", name="Undo").tap()
    expect(page.get_by_role("status")).to_have_text("The answer appears here.")


def test_a_cancelled_pen_ends_the_stroke(page, server):
    page.goto(server.url)
    box = canvas_of(page).bounding_box()
    page.mouse.move(box["x"] + 140, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + 138, box["y"] + 230, steps=10)
    page.evaluate("""() => document.querySelector(".st-key-canvas").dispatchEvent(
        new PointerEvent("pointercancel", {pointerType: "pen", isPrimary: true, bubbles: true}))""")
    expect_answer(page, 1)
    expect(page.get_by_role("button", name="Clear")).to_be_enabled()
    page.mouse.move(box["x"] + 220, box["y"] + 60, steps=5)  # the pen is up
    page.mouse.up()
    expect_answer(page, 1)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_have_text("The answer appears here.")
