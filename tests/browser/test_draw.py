"""Drawing with mouse and finger in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import canvas_of, draw

DIGIT = ".st-key-predicted-digit"
BARS = ".st-key-probability-bars [role=listitem]"


def expect_answer(page, digit: int | str) -> None:
    """Wait for Python's answer; until then the page shows the browser's own."""
    expect(page.locator(DIGIT)).to_have_text(str(digit))
    expect(page.locator(".digit-bars[data-live]")).to_have_count(0)


@pytest.mark.parametrize("digit", [0, 1, 2, 3, 7])
def test_a_drawn_digit_is_recognised(page, server, digit):
    page.goto(server.url)
    draw(page, digit)
    expect_answer(page, digit)
    shares = [
        re.search(r"[\d.]+(?= %)", row).group() for row in page.locator(BARS).all_inner_texts()
    ]
    assert len(shares) == 10
    assert sum(map(float, shares)) == pytest.approx(100, abs=0.6)
    assert max(range(10), key=lambda i: float(shares[i])) == digit


def test_a_blank_canvas_says_what_to_do_and_guesses_nothing(page, server):
    page.goto(server.url)
    canvas_of(page)
    expect(page.get_by_text("The answer appears here.")).to_be_visible()
    expect(page.locator(DIGIT)).to_have_text("")
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()


def test_the_network_is_shown_what_it_sees(page, server):
    page.goto(server.url)
    image = page.locator(".st-key-network-input img")
    blank = image.get_attribute("src")
    draw(page, 7)
    expect(image).not_to_have_attribute("src", blank)
    assert image.evaluate("i => [i.naturalWidth, i.naturalHeight]") == [28, 28]


def test_undo_takes_back_a_stroke_and_clear_all_of_them(page, server):
    page.goto(server.url)
    image = page.locator(".st-key-network-input img")
    empty = image.get_attribute("src")
    draw(page, 1)
    expect_answer(page, 1)
    one = image.get_attribute("src")
    for _ in range(2):  # the canvas is told to show the same drawing a second time
        draw(page, 7)
        expect(image).not_to_have_attribute("src", one)
        expect(page.locator(".digit-bars[data-live]")).to_have_count(0)
        page.get_by_role("button", name="Undo").click()
        expect(image).to_have_attribute("src", one)
    draw(page, 7)
    expect(image).not_to_have_attribute("src", one)
    expect(page.locator(".digit-bars[data-live]")).to_have_count(0)
    page.get_by_role("button", name="Clear").click()
    expect(image).to_have_attribute("src", empty)
    draw(page, 1)
    expect_answer(page, 1)


def test_the_drawing_is_kept_while_another_page_is_visited(page, server):
    page.goto(server.url)
    draw(page, 7)
    expect_answer(page, 7)
    image = page.locator(".st-key-network-input img")
    seven = image.get_attribute("src")
    page.get_by_role("link", name="Confusion matrix").click()
    expect(page.get_by_role("heading", name="Confusion matrix")).to_be_visible()
    page.get_by_role("link", name="Draw").click()
    expect_answer(page, 7)
    expect(image).to_have_attribute("src", seven)
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
    expect(page.get_by_text("asks for a network that is not here")).to_be_visible()
    draw(page, 7)
    expect_answer(page, 7)


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


def test_drawing_needs_no_mnist(page, offline_server):
    page.goto(offline_server.url)
    draw(page, 7)
    expect_answer(page, 7)


def test_nothing_is_fetched_from_other_servers(page, server):
    addresses = []
    page.on("request", lambda request: addresses.append(request.url))
    page.goto(server.url)
    draw(page, 7)
    expect_answer(page, 7)
    assert [a for a in addresses if not a.startswith((server.url, "data:", "blob:"))] == []
