"""Drawing with mouse and finger in a real browser."""

from __future__ import annotations

import io
import re
from itertools import pairwise
from string import ascii_uppercase
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import expect

from mnist_core.config.formatting import article
from mnist_core.digits.drawings import user_drawings
from pages.components.shell import classes, frame
from pages.components.widgets.charts import probability_bars
from tests.browser.conftest import DIGIT, canvas_of, draw, expect_answer
from tests.conftest import launch_chromium

MOTION = "reduce"  # but where what moves is tested

MOVING = {"viewport": {"width": 1280, "height": 800}, "reduced_motion": "no-preference"}
BARS = ".st-key-probability-bars [role=listitem]"
# How many pixels of a canvas have ink.
INK = """c => { const d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data
    let n = 0; for (let i = 0; i < d.length; i += 4) n += d[i] > 128; return n }"""


def test_drawn_digits_are_recognized_and_said_to_screen_readers(page, server):
    page.goto(server.url)
    for digit in (0, 1, 2, 3, 7):
        draw(page, digit)
        expect_answer(page, digit)
        expect(page.locator(".st-key-live-bars [role=status]")).to_have_text(
            f"This is {article(digit)}."
        )
        shares = [
            re.search(r"[\d.]+(?=%)", row).group() for row in page.locator(BARS).all_inner_texts()
        ]
        assert len(shares) == 10
        assert sum(map(float, shares)) == pytest.approx(100, abs=0.6)
        assert max(range(10), key=lambda i: float(shares[i])) == digit
        page.get_by_role("button", name="Clear").click()
        expect_answer(page, "")
    expect(page.locator(".digit-bars")).to_have_attribute("aria-label", "Probability of each digit")


def test_a_blank_canvas_says_what_to_do_and_guesses_nothing(page, server):
    page.goto(server.url)
    canvas_of(page)
    expect(page.locator(".digit-said")).to_have_text("The answer appears here.")
    expect(page.locator(DIGIT)).to_have_text("")
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    named = page.get_by_role("img", name="Canvas to draw a digit on")
    expect(named).to_be_visible()
    named.evaluate(  # drawable-canvas makes its surface anew at times
        "old => { window.old = old; window.anew = document.createElement('canvas'); "
        "anew.className = 'upper-canvas'; old.replaceWith(anew) }"
    )
    expect(named).to_be_visible()
    page.evaluate("anew.replaceWith(old)")
    expect(page.get_by_text("Draw here")).to_be_visible()
    canvas_of(page).hover()
    page.mouse.down()
    expect(page.get_by_text("Draw here")).to_be_hidden()


def test_a_digit_is_shown_without_a_pointer(open_page, server):
    page = open_page(**MOVING)
    script, held = "**/streamlit-drawable-canvas.*/*.js", []
    page.route(script, lambda route: held.append(route), times=1)
    with page.expect_request(script):
        page.goto(server.url)
    expect(page.get_by_text("Draw here")).to_be_visible()  # before it can be drawn on
    place = page.locator(".st-key-canvas").bounding_box()
    assert place["width"] == place["height"]
    page.get_by_role("combobox", name="Digit to show").select_option("4")
    button = page.get_by_role("button", name="Show me one")
    expect(button).to_be_enabled()
    button.press("Enter")
    held[0].continue_()
    expect(page.locator(DIGIT)).to_have_text("4")
    expect(page.get_by_role("status")).to_have_text("This is a 4.")
    page.get_by_role("combobox", name="Digit to show").select_option("7")  # in place of the first
    expect(page.get_by_role("status")).to_have_text("This is a 7.")
    expect(page.locator(".st-key-label-choice")).to_have_count(0)  # it is known
    page.keyboard.press("Control+z")  # a stroke like any other
    expect(page.get_by_role("status")).to_have_text("The answer appears here.")
    network = page.locator(".living-network")
    right = network.evaluate("network => network.clientWidth")
    for x in range(0, right, 8):  # until the pointer is on a unit, whose name then shows
        network.hover(position={"x": x, "y": network.bounding_box()["height"] / 2})
        if name := network.get_attribute("title"):
            network.click(position={"x": x, "y": network.bounding_box()["height"] / 2})
            break
    unit, layer = re.fullmatch(r"Unit (\d+) of hidden layer (\d)", name).groups()
    expect(page.get_by_role("radio", name=layer, exact=True)).to_be_checked()
    expect(page.get_by_label("Unit", exact=True)).to_have_value(unit)
    expect(page.get_by_role("heading", name="One unit")).to_be_in_viewport()
    page.go_back()
    canvas_of(page)


def test_a_projector_shows_canvas_and_network_large_until_escape_is_pressed(open_page, server):
    page = open_page(**MOVING)
    page.goto(server.url)
    canvas = canvas_of(page)
    page.locator(".st-key-projector-enter button").click()  # below the screen
    page.locator(".st-key-projector-leave").wait_for()
    page.wait_for_function("document.querySelector('[data-testid=stMain]').scrollTop === 0")
    page.set_viewport_size({"width": 1920, "height": 1080})
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()
    page.wait_for_function("document.querySelector('.st-key-canvas').clientHeight > 700")
    draw(page, 7)
    expect_answer(page, 7)
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("stSidebar")).to_be_visible()
    expect(page).not_to_have_url(re.compile("view="))
    assert canvas.bounding_box()["height"] <= 420
    expect_answer(page, 7)  # the drawing is still there


def test_the_network_is_shown_what_it_sees(page, server):
    page.goto(server.url)
    image = page.locator(".digit-answer img")
    blank = image.get_attribute("src")
    draw(page, 7)
    expect(image).not_to_have_attribute("src", blank)
    assert image.evaluate("i => [i.naturalWidth, i.naturalHeight]") == [28, 28]

    # On paper the network is drawn anew, before there is another frame.
    page.evaluate("""() => {
        const canvas = document.querySelector('.living-network');
        canvas.width = 1;
        matchMedia('print').onchange = () => { window.printed = canvas.width; };
    }""")
    page.emulate_media(media="print")
    page.wait_for_function("window.printed > 1")
    expect(page.locator(".living-network")).to_be_visible()


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


def test_a_scribble_is_called_no_digit_and_the_next_stroke_hides_that(page, server):
    page.goto(server.url)
    box = canvas_of(page).bounding_box()

    def line(*points: tuple[float, float], lift: bool = True) -> None:
        page.mouse.move(box["x"] + points[0][0], box["y"] + points[0][1])
        page.mouse.down()
        for x, y in points[1:]:
            page.mouse.move(box["x"] + x, box["y"] + y, steps=5)
        if lift:
            page.mouse.up()

    page.wait_for_timeout(1500)
    line(*((40 + 180 * (i % 2), 30 + 18 * i) for i in range(13)))
    expect(page.locator(".digit-said")).to_contain_text("Not a digit I know")
    expect(page.locator(DIGIT)).to_have_text("")
    expect(page.locator(".digit-doubt")).to_have_text("no digit?")
    line((60, 200), (120, 250), (200, 240), lift=False)
    expect(page.locator(".digit-said")).to_be_hidden()
    page.mouse.up()
    expect(page.locator(".digit-said")).to_be_visible()


# The height at which what stands below the row is drawn, from frame to frame.
WATCH = """() => {
    const heights = window.heights = new Set()
    const look = () => {
        heights.add(document.querySelector(".st-key-look-closer").getBoundingClientRect().y)
        requestAnimationFrame(look)
    }
    look()
}"""


def test_after_a_correction_nothing_moves_that_may_be_clicked_on_next(open_page, server):
    page = open_page(**MOVING)
    page.goto(server.url)
    draw(page, 7)
    expect(page.get_by_role("status")).to_have_text("This is a 7.")
    page.evaluate(WATCH)
    for label in (1, 2):
        page.locator(".st-key-label-choice").get_by_role("radio", name=str(label)).click()
        expect(page.get_by_text(f"Saved as {article(label)}")).to_be_visible()
    expect(page.get_by_role("radio", name="2", checked=True)).to_have_count(0)
    assert page.evaluate("heights.size") == 1
    page.get_by_text("My drawings", exact=True).click()
    expect(page.get_by_text("1 drawing,")).to_be_visible()  # it got another label


def test_a_stroke_after_a_saved_or_cleared_drawing_begins_a_new_one_however_soon_it_comes(
    page, server
):
    page.goto(server.url)
    draw(page, 7)
    before = 7
    for digit in (4, 1, 4, 0, 4):
        expect_answer(page, before)
        label = page.locator(".st-key-label-choice").get_by_role("radio", name=str(before))
        if digit:
            label.click()
        else:
            page.get_by_role("button", name="Clear").click()
        draw(page, digit, steps=1)
        expect_answer(page, digit)  # so it has both strokes of a 4, and none of what was there
        before = digit
    page.get_by_text("My drawings", exact=True).click()
    expect(page.get_by_text("4 drawings,")).to_be_visible()
    page.get_by_role("button", name="Undo").click()  # a stroke of the last 4
    page.get_by_role("button", name="Undo").dblclick()  # the other one, and the new drawing
    expect_answer(page, 0)


@pytest.mark.parametrize(("width", "lines"), [(390, 1), (320, 2)])
def test_on_a_phone_the_ten_digits_stand_in_even_lines(open_page, server, width, lines):
    page = open_page(viewport={"width": width, "height": 844}, has_touch=True, is_mobile=True)
    page.goto(server.url)
    draw(page, 7)
    digits = page.locator(".st-key-label-choice [role=radio]")
    expect(digits).to_have_count(10)
    boxes = [digit.bounding_box() for digit in digits.all()]
    heights = [box["y"] for box in boxes]
    assert heights == sorted(heights)
    assert {heights.count(y) for y in heights} == {10 // lines}
    assert min(min(box["width"], box["height"]) for box in boxes) >= 32
    assert max(box["x"] + box["width"] for box in boxes) <= width


def test_the_guided_set_brings_a_phone_back_to_the_canvas(open_page, server):
    size = {"viewport": {"width": 390, "height": 640}, "has_touch": True, "is_mobile": True}
    page = open_page(**MOVING | size)
    page.goto(server.url)
    canvas = canvas_of(page)
    page.get_by_text("My drawings", exact=True).click()
    start = page.get_by_role("button", name="Draw 0 to 9 twice")
    start.wait_for()
    page.locator("[data-test-script-state=notRunning]").wait_for()  # nothing moves any more
    start.evaluate("b => b.scrollIntoView({block: 'start'})")
    expect(canvas).not_to_be_in_viewport()
    start.click()
    expect(page.get_by_text("Draw a 0")).to_be_in_viewport()
    expect(canvas).to_be_in_viewport(ratio=1)


def test_drawings_are_corrected_saved_and_opened_again(page, server):
    page.goto(server.url)
    draw(page, 7)
    expect_answer(page, 7)
    really = page.locator(".st-key-label-choice")
    really.get_by_text("1", exact=True).click()
    page.get_by_text("My drawings", exact=True).click()
    expect(page.get_by_text("1 drawing,")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download my drawings").click()
    saved = download.value.path().read_bytes()
    (drawing,) = user_drawings.from_json(saved)
    assert (drawing.label, drawing.predicted) == (1, 7)
    page.get_by_role("button", name="Delete all").click()
    expect(page.get_by_text("Nothing saved yet")).to_be_visible()
    files = page.locator(".st-key-add-drawings input[type=file]")
    files.set_input_files({"name": "m.json", "mimeType": "application/json", "buffer": saved})
    expect(page.get_by_text("1 drawing,")).to_be_visible()
    files.set_input_files({"name": "x.json", "mimeType": "application/json", "buffer": b"[1, 2]"})
    expect(page.get_by_text("This is not a Digit Lab drawings file")).to_be_visible()


KEPT = "localStorage.getItem('digit-lab-drawings')"


def save_as(page, label: int) -> None:
    page.locator(".st-key-label-choice").get_by_role("radio", name=str(label)).click()
    expect(page.get_by_text(f"Saved as {article(label)}")).to_be_visible()


def test_drawings_canvas_and_brush_outlive_a_reload_until_they_are_deleted(page, server):
    page.goto(server.url)
    draw(page, 7)
    expect_answer(page, 7)
    save_as(page, 7)
    page.get_by_text("My drawings", exact=True).click()
    expect(page.get_by_text("Your drawings are kept in this browser")).to_be_visible()
    page.wait_for_function(f"{KEPT} !== null")
    (kept,) = user_drawings.from_json(page.evaluate(KEPT).encode())
    assert (kept.label, kept.predicted) == (7, 7)
    brush = page.locator(".st-key-brush").get_by_role("radio", name="Broad")
    brush.click()
    page.wait_for_function("localStorage.getItem('digit-lab-canvas')?.includes('Broad')")
    page.reload()  # a new session, to which the server's memory is gone
    page.get_by_text("My drawings", exact=True).click()
    expect(page.get_by_text("1 drawing,")).to_be_visible()
    expect_answer(page, 7)  # what was on the canvas is there again
    expect(brush).to_be_checked()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(DIGIT)).to_have_text("")
    draw(page, 1)
    expect_answer(page, 1)
    save_as(page, 1)
    expect(page.get_by_text("2 drawings,")).to_be_visible()
    page.wait_for_function(f"JSON.parse({KEPT}).drawings.length === 2")
    page.keyboard.press("Delete")
    page.wait_for_function("localStorage.getItem('digit-lab-canvas').includes('\"objects\":[]')")
    page.reload()
    page.get_by_text("My drawings", exact=True).click()
    expect(page.get_by_text("2 drawings,")).to_be_visible()
    page.get_by_role("button", name="Undo").click()  # what was cleared comes back, too
    expect_answer(page, 1)
    page.get_by_role("button", name="Delete all").click()
    expect(page.get_by_text("Nothing saved yet")).to_be_visible()
    page.wait_for_function(f"{KEPT} === null")
    page.reload()
    page.get_by_text("My drawings", exact=True).click()
    expect(page.get_by_text("Nothing saved yet")).to_be_visible()


def test_two_tabs_lose_none_of_each_others_drawings(page, server):
    page.goto(server.url)
    canvas_of(page)
    other = page.context.new_page()
    other.goto(server.url)
    for tab, digit in ((page, 7), (other, 1)):
        tab.bring_to_front()
        draw(tab, digit)
        expect_answer(tab, digit)
        save_as(tab, digit)
        tab.wait_for_function(f"{KEPT}?.includes('\"label\": {digit}')")
    kept = user_drawings.from_json(page.evaluate(KEPT).encode())
    assert sorted(drawing.label for drawing in kept) == [1, 7]


def test_what_a_browser_can_not_keep_or_read_is_said(open_page, server):
    page = open_page()
    page.add_init_script("Storage.prototype.setItem = () => { throw new DOMException('', 'x') }")
    page.goto(server.url)
    draw(page, 7)
    expect_answer(page, 7)
    save_as(page, 7)
    page.get_by_text("My drawings", exact=True).click()
    expect(page.get_by_text("This browser does not keep your drawings")).to_be_visible()
    damaged = open_page()
    damaged.add_init_script(
        "localStorage.getItem('digit-lab-drawings') ?? "
        "localStorage.setItem('digit-lab-drawings', '[1]');"
        "localStorage.setItem('digit-lab-canvas', '{\"objects\": [1]}')"
    )
    damaged.goto(server.url)
    canvas_of(damaged)
    expect(damaged.get_by_text("The drawing that this browser kept can't be read")).to_be_visible()
    damaged.get_by_text("My drawings", exact=True).click()
    expect(damaged.get_by_text("The drawings that this browser kept can't be read")).to_be_visible()


def test_canvas_and_answer_are_seen_without_scrolling(open_page, server):
    page = open_page(viewport={"width": 360, "height": 640})
    page.goto(server.url)
    draw(page, 7)
    expect_answer(page, 7)
    for width, height in ((360, 640), (390, 844), (1366, 768), (1920, 1080), (844, 390)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(500)  # until the sidebar has come or gone
        page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 0)")
        for part in (".st-key-canvas", DIGIT, ".digit-pixels img", ".digit-answer .digit-bars"):
            expect(page.locator(part)).to_be_in_viewport(ratio=1)
        show_one = page.locator(".show-one")
        assert show_one.evaluate("box => box.scrollHeight <= box.clientHeight")  # none is cut off
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_drawing_brush_and_view_are_kept_while_another_page_is_visited(page, server):
    page.goto(server.url)
    draw(page, 7)
    expect_answer(page, 7)
    image = page.locator(".digit-answer img")
    seven = image.get_attribute("src")
    brush = page.locator(".st-key-brush").get_by_role("radio", name="Broad")
    brush.click()
    page.get_by_text("My drawings", exact=True).click()
    nothing = page.get_by_text("Nothing saved yet")
    expect(nothing).to_be_visible()
    page.get_by_role("link", name="Confusion matrix").click()
    expect(page.get_by_role("heading", name="Confusion matrix")).to_be_visible()
    page.get_by_role("link", name="Draw").click()
    expect_answer(page, 7)
    expect(image).to_have_attribute("src", seven)
    expect(brush).to_be_checked()
    expect(nothing).to_be_visible()
    draw(page, 1)
    expect(image).not_to_have_attribute("src", seven)
    expect(page.locator(".digit-bars[data-live]")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(image).to_have_attribute("src", seven)


def test_a_stroke_may_begin_in_the_upper_right_corner(page, server):
    """The canvas' own toolbar lay there, invisible, and took the pen."""
    page.goto(server.url)
    box = canvas_of(page).bounding_box()
    page.mouse.move(box["x"] + box["width"] - 6, box["y"] + 4)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 12, box["y"] + box["height"] - 20, steps=20)
    page.mouse.up()
    expect_answer(page, 1)


def test_another_network_reads_the_same_drawing_and_stays_chosen_on_other_pages(page, server):
    page.goto(server.url)
    draw(page, 7)
    expect_answer(page, 7)
    choice = page.get_by_role("combobox", name="Network in use")
    first = choice.input_value()
    choice.click()
    other = page.get_by_role("option").filter(has_not_text=first).first
    name = other.inner_text()
    other.click()
    expect(choice).to_have_value(name)
    expect(page).to_have_url(re.compile(r"\?run="))
    expect_answer(page, 7)
    page.get_by_role("link", name="Misclassified").click()
    expect(page.get_by_role("heading", name="Misclassified digits")).to_be_visible()
    expect(page.get_by_role("combobox", name="Network in use")).to_have_value(name)


def test_an_address_with_an_unknown_network_is_answered_with_another(page, server):
    page.goto(f"{server.url}/?run=no-such-network")
    expect(page.get_by_text("This network no longer exists; showing champion.")).to_be_visible()
    draw(page, 7)
    expect_answer(page, 7)


@pytest.fixture
def camera(browser, tmp_path):
    """A browser whose camera shows a 7: dark ink on paper that is lit from one side."""
    paper = Image.new("L", (640, 480), 255)
    ImageDraw.Draw(paper).line([(230, 120), (390, 115), (290, 370)], 60, 16, joint="curve")
    light = np.linspace(0.9, 0.5, 640)
    grey = (np.asarray(paper) * light).astype(np.uint8)
    colours = bytes([128]) * (640 * 480 // 2)
    film = tmp_path / "seven.y4m"
    film.write_bytes(
        b"YUV4MPEG2 W640 H480 F10:1 C420jpeg\n" + b"FRAME\n" + grey.tobytes() + colours
    )
    chromium = launch_chromium(
        browser.browser_type,
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    )
    yield chromium
    chromium.close()


def test_a_photograph_is_taken_and_read(camera, server):
    page = camera.new_page(permissions=["camera"], viewport={"width": 390, "height": 844})
    page.goto(server.url)
    canvas_of(page)
    page.get_by_text("Upload or photograph digits").click()
    page.get_by_text("Use the camera").click()
    page.wait_for_function("""() => {
        const video = document.querySelector("video")
        if (video?.paused) video.play().catch(() => {})  // Chromium halts it where it is not seen
        return video?.currentTime > 1  // it starts anew when its width has settled
    }""")
    page.get_by_role("button", name="Take Photo").click()
    expect(page.locator(".st-key-photo-answer")).to_contain_text("This is a 7.")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_of_two_digits_the_number_is_said_and_a_click_opens_one(page, server):
    page.goto(server.url)
    draw(page, 4, size=0.6)
    draw(page, 2, left=0.4, size=0.6, lifted=False)
    expect(page.locator(".digit-bars[data-live]")).to_have_count(1)
    expect(page.locator(".digit-answer .digit")).to_have_text("2")  # not both in one
    page.mouse.up()
    status = page.locator(".st-key-live-bars [role=status]")
    expect(status).to_have_text("The number 42.")
    expect(page.locator(".number-text")).to_have_text("42")
    expect(page.locator(".digit-answer .digit")).to_have_text("42")
    expect(page.locator(".digit-doubt")).to_have_text("open: 2")  # what was drawn last
    box = page.get_by_role("button", name="Digit 1 of 2: 4")
    box.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".digit-doubt")).to_have_text("open: 4")
    expect(box).to_have_attribute("aria-pressed", "true")
    expect(box).to_be_focused()
    page.get_by_role("button", name="Undo").click()
    expect(status).to_have_text("This is a 4.")
    expect(page.locator(".number-text")).to_have_count(0)


PASTE = """(file) => {
    const data = new DataTransfer()
    data.items.add(new File([Uint8Array.from(file)], "seven.png", {type: "image/png"}))
    const options = {clipboardData: data, bubbles: true, cancelable: true}
    return !document.body.dispatchEvent(new ClipboardEvent("paste", options))
}"""  # whether the page took it, which it does once its script is there


def test_a_pasted_image_is_read_and_a_refused_file_leaves_no_answer_standing(page, server):
    picture, png = Image.new("L", (200, 200), 220), io.BytesIO()
    ImageDraw.Draw(picture).line([(50, 40), (140, 40), (80, 160)], 20, 12)
    picture.save(png, "PNG")
    page.goto(server.url)
    canvas_of(page)
    answer = page.locator(".st-key-photo-answer")
    chosen = page.locator(".st-key-upload input[type=file]")
    chosen.wait_for(state="attached")
    for refused in (
        {"name": "a.txt", "mimeType": "text/plain", "buffer": b"a"},  # by Streamlit's uploader
        {"name": "a.png", "mimeType": "image/png", "buffer": b"a"},
    ):
        page.wait_for_function(PASTE, arg=list(png.getvalue()))
        expect(answer).to_contain_text("This is a 7.")
        chosen.set_input_files(refused)
        expect(answer).to_have_count(0)
    expect(page.get_by_text("This is not an image that can be read")).to_be_visible()


def test_at_a_plain_http_address_the_page_says_why_there_is_no_camera(browser, server):
    chromium = launch_chromium(
        browser.browser_type, "--host-resolver-rules=MAP digits.example 127.0.0.1"
    )
    try:
        page = chromium.new_page()
        page.goto(server.url.replace("127.0.0.1", "digits.example"))
        assert not page.evaluate("isSecureContext")
        page.get_by_text("Upload or photograph digits").click()
        page.get_by_text("Use the camera").click()
        expect(page.get_by_text("The camera can't be used here")).to_be_visible()
        expect(page.get_by_test_id("stCameraInput")).to_have_count(0)
        expect(page.locator(".st-key-upload")).to_be_visible()
    finally:
        chromium.close()


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


def test_nothing_is_fetched_from_other_servers(page, server):
    addresses = []
    page.on("request", lambda request: addresses.append(request.url))
    page.goto(server.url)
    draw(page, 7)
    expect_answer(page, 7)
    assert [a for a in addresses if not a.startswith((server.url, "data:", "blob:"))] == []


@pytest.mark.parametrize("size", [(1366, 768), (844, 390), (360, 640)])
def test_the_bars_of_26_classes_stay_in_their_place(page, monkeypatch, size):
    monkeypatch.setattr(classes, "names", lambda: tuple(ascii_uppercase))
    written = []
    monkeypatch.setattr(probability_bars.st, "html", written.append)
    probability_bars.answer(SimpleNamespace(in_short=""), 1)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.set_content(
        f"{frame.styles()}<div data-testid=stLayoutWrapper><div class=st-key-stage><div>"
        f"<div class=st-key-probability-bars>{written[0]}</div></div></div></div>"
    )
    around = page.locator(".digit-answer").bounding_box()
    lines = [line.bounding_box() for line in page.get_by_role("listitem").all()]
    assert len(lines) == 26
    for line in lines:
        assert around["y"] <= line["y"]
        assert line["y"] + line["height"] <= around["y"] + around["height"] + 0.5
        assert line["x"] + line["width"] <= around["x"] + around["width"] + 0.5
    for one, next_one in pairwise(lines):  # none over another
        below = one["y"] + one["height"] <= next_one["y"] + 0.5
        assert below or one["x"] + one["width"] <= next_one["x"] + 0.5
    name = page.locator("[role=listitem] > span").first.bounding_box()
    assert name["height"] <= lines[0]["height"] + 0.5
