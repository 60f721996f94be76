"""The Draw page in a real browser: canvas, answer, networks, projector."""

from __future__ import annotations

import re
from itertools import pairwise
from string import ascii_uppercase
from types import SimpleNamespace

import pytest
from playwright.sync_api import expect

from mnist_core.config.formatting import article
from pages.components.shell import classes, frame
from pages.components.widgets.charts import probability_bars
from tests.browser.conftest import DIGIT, MOVING, canvas_of, draw, expect_answer

MOTION = "reduce"  # but where what moves is tested

BARS = ".st-key-probability-bars [role=listitem]"


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
