"""My drawings in a real browser: labelled, guided, kept, opened again."""

from __future__ import annotations

from playwright.sync_api import expect

from mnist_core.config.formatting import article
from mnist_core.digits.drawings import user_drawings
from tests.browser.conftest import DIGIT, MOVING, canvas_of, draw, expect_answer

MOTION = "reduce"  # but where what moves is tested


# The height at which what stands below the row is drawn, from frame to frame.
WATCH = """() => {
    const heights = window.heights = new Set()
    const look = () => {
        heights.add(document.querySelector(".st-key-look-closer").getBoundingClientRect().y)
        requestAnimationFrame(look)
    }
    look()
}"""

# Whether a pen in the middle of an element would draw on it, and not on what lies below.
TAKES_THE_PEN = """e => { const { x, y, width, height } = e.getBoundingClientRect()
    return e.contains(document.elementFromPoint(x + width / 2, y + height / 2)) }"""


def test_after_a_correction_nothing_moves_that_may_be_clicked_on_next(open_page, server):
    page = open_page(**MOVING)
    page.goto(server.url)
    draw(page, 7)
    expect(page.get_by_role("status")).to_have_text("This is a 7.")
    page.evaluate(WATCH)
    for label in (1, 2):
        page.locator(".st-key-label-choice").get_by_role("radio", name=str(label)).click()
        expect(page.get_by_text(f"Saved as {article(label)}")).to_be_visible()
    notice = page.get_by_test_id("stToast").filter(has_text="Saved as a 2")
    assert not notice.evaluate(TAKES_THE_PEN)
    notice.get_by_role("button").click(trial=True)
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
