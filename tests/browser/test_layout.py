"""What pages share: the menu, the width on a phone, lists of bars, and the notice without MNIST."""

from __future__ import annotations

import io
from itertools import pairwise
from urllib.parse import quote

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import expect

from mnist_core.evaluation.metrics import AccuracyByDigit
from pages.components.analysis.errors.by_digit import accuracy_html
from pages.components.shell import classes, frame
from pages.components.shell.menu import MENU
from pages.components.widgets.charts.probability_bars import bars_html
from tests.browser.conftest import ROOT, canvas_of, draw, wait_until_done
from tests.conftest import PATIENCE

MOTION = "reduce"

ENTRIES = [entry for entries in MENU.values() for entry in entries if (ROOT / entry[0]).exists()]
IN_FULL = (  # each page in a state with content, one with a notice
    "", "data", "train", "train?run=compact", "runs?unknown=1", "experiments",
    "confusion_matrix?run=leaky-relu&row=9",
    "misclassified?run=leaky-relu", "misclassified?run=leaky-relu&index=115",
    "compare?run=compact&versus=leaky-relu", "calibration?run=leaky-relu&bin=15",
    "label_issues?run=compact", "map_of_digits?run=compact", "network?run=compact",
    "stress_test?run=compact",
    "learn", "learn?lesson=1-centring", "learn?lesson=4-overfitting&step=predict",
)  # fmt: skip
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOUR_RULES = ["color-contrast", "link-in-text-block"]
NEED_DATA = ["Confusion matrix", "Misclassified", "Data"]
OF_THE_SAMPLE = {  # what these pages show of the offline sample
    "Data": "digit-images", "Misclassified": "handful", "Confusion matrix": "cell-images",
    "Compare": "fixed", "How sure, how right?": "reliability", "Map of digits": "map",
}  # fmt: skip


def test_every_page_opens_from_the_menu_and_says_where_it_lacks_mnist(page, offline_server):
    """With MNIST they are opened for axe-core."""
    page.goto(offline_server.url)
    draw(page, 7)  # needs no MNIST
    expect(page.get_by_role("status")).to_have_text("This is a 7.")
    for _, label, _ in ENTRIES:
        page.get_by_test_id("stSidebar").get_by_role("link", name=label, exact=True).click()
        expect(page).to_have_title(f"{label} · Digit Lab")
        if label in OF_THE_SAMPLE:
            page.locator(f".st-key-{OF_THE_SAMPLE[label]}").wait_for()
        wait_until_done(page)
        expect(page.get_by_test_id("stException")).to_have_count(0)
        if label in OF_THE_SAMPLE:
            expect(page.get_by_text("These are not MNIST's digits")).to_be_visible()
        if label in NEED_DATA:
            expect(page.get_by_text("small offline sample")).to_be_visible()
            expect(page.get_by_text("MNIST_NPZ").first).to_be_visible()
            page.get_by_role("button", name="Try again").click()
            wait_until_done(page)
            expect(page.get_by_text("small offline sample")).to_be_visible()
    page.get_by_test_id("stSidebar").get_by_role("link", name="Draw", exact=True).press("Tab")
    focused = page.get_by_test_id("stSidebar").locator("a:focus")
    expect(focused).to_have_css("outline-style", "solid")


def test_on_a_phone_no_page_is_wider_than_the_screen(open_page, server):
    page = open_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    for path, label, _ in ENTRIES:
        stem = path.removeprefix("pages/").removesuffix(".py")
        page.goto(server.url if stem == "app" else f"{server.url}/{stem}")
        expect(page).to_have_title(f"{label} · Digit Lab")
        if stem == "app":
            canvas_of(page)
        wait_until_done(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, label
        assert page.get_by_test_id("stMain").evaluate("main => main.scrollWidth") <= 390, label
        for table in page.locator("[data-testid=stTable] table").all():
            box = table.bounding_box()
            assert box["x"] + box["width"] <= 390, label


def test_on_a_small_screen_the_menu_is_in_no_ones_way_and_a_shade_says_what_slides(
    open_page, server
):
    page = open_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page.goto(f"{server.url}/runs")
    wait_until_done(page)
    table = page.locator(".run-table")
    before = edge(page, table)
    table.evaluate("table => table.scrollTo(40, 0)")
    assert edge(page, table) < before  # a shade: there is more to the left
    menu, more = page.get_by_test_id("stSidebar"), page.get_by_test_id("stExpandSidebarButton")
    for way_out in (
        lambda: menu.get_by_role("link", name="Data", exact=True).dispatch_event("click"),
        lambda: page.touchscreen.tap(370, 700),  # beside it
    ):
        more.dispatch_event("click")  # at once: a busy machine takes long to draw what moves
        expect(menu).to_have_attribute("data-collapsed", "false")
        way_out()
        expect(menu).to_have_attribute("data-collapsed", "true")
    expect(page).to_have_title("Data · Digit Lab")
    page.goto(server.url)
    side = canvas_of(page).bounding_box()
    more.dispatch_event("click")
    expect(menu).to_have_attribute("data-collapsed", "false")
    page.touchscreen.tap(side["x"] + side["width"] - 9, side["y"] + side["height"] / 2)
    expect(menu).to_have_attribute("data-collapsed", "true")
    expect(page.locator(".canvas-invitation")).to_be_visible()  # nothing was drawn
    held_across = open_page(viewport={"width": 844, "height": 390}, has_touch=True, is_mobile=True)
    held_across.goto(f"{server.url}/runs")
    across = held_across.get_by_test_id("stSidebar")
    expect(across).to_have_attribute("data-collapsed", "true")
    expect(across).to_have_css("display", "none")  # from the first, not only once it is closed
    held_across.get_by_test_id("stExpandSidebarButton").click()
    expect(across.get_by_role("link", name="Data", exact=True)).to_be_in_viewport()
    # On a tablet it stays open, and what is left of the page is as narrow as on a phone.
    held_across.set_viewport_size({"width": 820, "height": 1180})
    across.get_by_role("link", name="Train", exact=True).click()
    start = held_across.locator(".st-key-start-training")
    start.wait_for()
    assert start.bounding_box()["width"] > 400


def edge(page, element) -> int:
    """How light a pixel at the left edge is, above the text, 0 to 255."""
    box = element.bounding_box()
    spot = {"x": box["x"] + 1, "y": box["y"] + 2, "width": 1, "height": 1}
    return Image.open(io.BytesIO(page.screenshot(clip=spot))).convert("L").getpixel((0, 0))


def test_axe_finds_no_violation_on_any_page_in_either_theme(page, server):
    """WCAG 2.2 A and AA, and what axe-core holds to be good practice."""
    found = []
    for address in IN_FULL:
        page.goto(f"{server.url}/{address}")
        page.get_by_test_id("stSidebar").get_by_text("Version ").wait_for()
        wait_until_done(page)
        expect(page.get_by_test_id("stException")).to_have_count(0)
        if not address:
            draw(page, 4)
            expect(page.get_by_role("status").first).to_contain_text("4")
            page.get_by_role("radio", name="My drawings").click()
            page.get_by_text("Add drawings from a file").wait_for()
        if address == "data":
            page.get_by_text("Import your own data").click()
            page.get_by_text("IDX files").wait_for()
        found += in_both_themes(page, address)
    page.goto(f"{server.url}/runs")
    page.get_by_role("button", name="Actions for compact").click()
    page.get_by_role("dialog").get_by_text("Download", exact=True).wait_for()
    found += in_both_themes(page, "dialog of a run")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(server.url)
    canvas_of(page)
    page.get_by_test_id("stExpandSidebarButton").click()
    expect(page.get_by_test_id("stSidebar")).to_have_attribute("data-collapsed", "false")
    found += in_both_themes(page, "menu on a phone")
    assert not found, "\n".join(found)


def in_both_themes(page, where: str) -> list[str]:
    """What axe-core finds in the light theme, and in the dark one of colours: the rest is alike."""
    page.emulate_media(color_scheme="light")
    found = violations(page, f"{where} light", {"runOnly": RULES})
    page.emulate_media(color_scheme="dark")
    return found + violations(page, f"{where} dark", {"runOnly": COLOUR_RULES})


def violations(page, where: str, options: dict[str, list[str]]) -> list[str]:
    """What axe-core finds, and where; asked again, as a page may still be drawn."""
    for _ in range(3):
        page.wait_for_timeout(300)
        only = options | {"resultTypes": ["violations"]}  # of the rest, axe-core finds no details
        axe = Axe("") if page.evaluate("'axe' in window") else Axe()
        result = axe.run(page, options=only).response["violations"]
        if not result:
            break
    return [
        f"{where}: {one['id']}, {one['help']}: {node['html'][:200]}"
        for one in result
        for node in one["nodes"]
    ]


def test_focus_and_waiting_are_seen_and_the_dark_theme_prints_dark_texts_on_white_paper(
    page, server
):
    page.emulate_media(color_scheme="dark")
    page.goto(f"{server.url}/runs")
    wait_until_done(page)
    title, app = page.locator("h1"), page.get_by_test_id("stApp")
    page.keyboard.press("Tab")
    for button in ("stSidebarCollapseButton", "stHeader"):  # its focus is seen
        one = page.get_by_test_id(button).get_by_role("button").last
        one.focus()
        expect(one).to_have_css("outline-style", "solid")
    clicked = page.locator(".st-key-runs-csv button")
    clicked.focus()
    name = "getComputedStyle(e, '::after').animationName"
    assert clicked.evaluate(f"e => {name}") == "none"
    # Looked at in the same moment, as the page itself says when its script runs.
    moving = f"""e => {{
        const app = document.querySelector("[data-testid=stApp]").dataset
        const before = app.testScriptState
        app.testScriptState = "running"  // its answer is on its way
        const name = {name}
        app.testScriptState = before
        return name
    }}"""
    assert clicked.evaluate(moving) == "on-its-way"
    page.get_by_role("switch").first.focus()
    assert page.locator("label", has=page.get_by_role("switch")).first.evaluate(moving) != "none"
    clicked.focus()
    expect(title).not_to_have_css("color", "rgb(17, 24, 39)")
    expect(app).not_to_have_css("background-color", "rgba(0, 0, 0, 0)")
    page.emulate_media(forced_colors="active")
    expect(clicked).to_have_css("outline-style", "solid")
    system_colour = """e => {
        e.setAttribute("aria-pressed", "true")
        const text = e.parentElement.appendChild(document.createElement("i"))
        text.style.cssText = "forced-color-adjust: none; color: HighlightText"
        return getComputedStyle(text).color
    }"""
    expect(clicked).to_have_css("color", clicked.evaluate(system_colour))
    # Streamlit's rules for paper make each change slow, and for paper a chart makes hundreds.
    page.locator(".js-plotly-plot").evaluate_all("charts => charts.forEach(one => one.remove())")
    page.emulate_media(color_scheme="dark", media="print", forced_colors="none")
    expect(title).to_have_css("color", "rgb(17, 24, 39)")
    expect(app).to_have_css("background-color", "rgba(0, 0, 0, 0)")
    expect(page.locator(".run-table td.name").first).to_be_visible()
    expect(page.locator(".run-table button.menu").first).to_be_hidden()


def test_of_a_page_that_does_not_exist_the_app_tells_in_its_own_words(browser, server):
    page = browser.new_page()  # `page` would fail: Streamlit tells of it on the console, too
    page.goto(f"{server.url}/trian?row=3")
    dialog = page.get_by_role("dialog", name="There is no such page")
    expect(dialog).to_contain_text("/trian leads to no page", timeout=PATIENCE)
    page.close()


def test_an_address_in_a_visitors_words_is_no_link(page, server):
    for words in ("http://example.com/x", "see www.example.com", "a person@example.com"):
        page.goto(f"{server.url}/?view={quote(words)}")
        warning = page.get_by_test_id("stAlert").filter(has_text="does not exist here")
        expect(warning).to_contain_text("example")
        expect(warning.locator("a")).to_have_count(0)


@pytest.mark.parametrize("width", [1280, 360])
def test_long_class_names_are_cut_off_beside_their_bars_not_over_them(page, monkeypatch, width):
    names = ("T-shirt", "Trousers", "Ankle boots for winter")
    monkeypatch.setattr(classes, "names", lambda: names)
    shares = np.array([0.7, 0.2, 0.1], np.float32)
    accuracy = AccuracyByDigit(shares, shares - 0.1, shares + 0.1, np.full(3, 50))
    lists = [bars_html(shares), bars_html(shares, size="small"), accuracy_html(accuracy)]
    page.set_viewport_size({"width": width, "height": 800})
    page.set_content(f"{frame.styles()}<div style='max-width: 20rem'>{'<hr>'.join(lists)}</div>")
    lines = page.locator(".bar-list > :is([role=listitem], button)").all()
    assert len(lines) == 9
    for line in lines:
        name, track, figure = (box.bounding_box() for box in line.locator("> span").all())
        assert name["x"] + name["width"] <= track["x"]
        assert name["height"] < 30  # one line
        assert track["width"] > 60
        assert track["x"] + track["width"] <= figure["x"] + 0.5
    longest = lines[2].locator("> span").first
    assert longest.get_attribute("title") == names[2]
    upright = f"<div style='width: 7rem'>{bars_html(shares, size='columns')}</div>"
    page.set_content(f"{frame.styles()}{upright}")
    boxes = [each.bounding_box() for each in page.locator(".bar-list > div > :first-child").all()]
    assert all(a["x"] + a["width"] <= b["x"] for a, b in pairwise(boxes))
