"""All lessons, worked through in a browser; their trainings run on the offline sample."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from mnist_core.lessons import reading
from tests.browser.conftest import wait_until_done
from tests.conftest import PATIENCE

MOTION = "reduce"

LESSONS = reading.read_folder(reading.SHIPPED).lessons
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}


def button(page, name: str):
    return page.get_by_role("button", name=name, exact=True)


def predict(page, server, lesson) -> None:
    """Open a lesson, predict by keyboard, and commit."""
    page.goto(f"{server.url}/learn?lesson={lesson.id}&step=outcome")
    expect(page.get_by_text("Predict", exact=True).first).to_have_attribute("aria-current", "step")
    wait_until_done(page)
    if lesson.header.choose:
        page.get_by_role("radio").first.focus()
        page.keyboard.press("Space")
    else:
        chart = page.locator(".sketch svg")
        box = chart.bounding_box()
        place = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in
                 ((0.15, 0.2), (0.4, 0.6), (0.95, 0.5))]  # fmt: skip
        page.mouse.move(*place[0])
        page.mouse.down()
        for corner in place[1:]:
            page.mouse.move(*corner, steps=5)
        page.mouse.up()
        before = chart.get_attribute("aria-valuenow")
        chart.press("ArrowUp")
        expect(chart).not_to_have_attribute("aria-valuenow", before)
    commit = button(page, "That is my prediction")
    expect(commit).to_be_enabled()
    commit.press("Enter")
    button(page, "Run it").press("Enter")
    if lesson.header.training:  # before the page is left: the click takes a moment to arrive
        expect(page.locator(".st-key-lesson-trainings")).to_be_visible()


def finish(page, lesson) -> None:
    """Compare, then answer the question at the end."""
    if lesson.header.training:
        compare = button(page, "Compare with your prediction")
        compare.wait_for(timeout=4 * PATIENCE)
        compare.press("Enter")
    expect(page.get_by_role("heading", name="What happened, and why")).to_be_visible()
    explained = page.locator(".explained").last
    expect(explained).to_contain_text(re.compile(r"\d"))
    expect(explained).not_to_contain_text("{")
    expect(explained).not_to_contain_text("–")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    button(page, "One question to check").press("Enter")
    expect(page.get_by_text("Check", exact=True).first).to_be_in_viewport()
    page.get_by_role("radio").nth(lesson.header.check.right - 1).focus()
    page.keyboard.press("Space")
    expect(page.get_by_text("Right.", exact=False).first).to_be_visible()


def test_all_lessons_are_worked_through_on_a_phone_by_keyboard(open_page, offline_server):
    page = open_page(**PHONE)
    first, *trained = [lesson for lesson in LESSONS if lesson.header.training]
    predict(page, offline_server, first)
    for lesson in LESSONS:  # while the first one's networks are trained
        if not lesson.header.training:
            predict(page, offline_server, lesson)
            finish(page, lesson)
    page.goto(f"{offline_server.url}/learn?lesson={first.id}&step=run")
    finish(page, first)
    for lesson in trained:
        predict(page, offline_server, lesson)
        finish(page, lesson)
    page.reload()  # the browser keeps how far one has come
    expect(page.get_by_text("Right.", exact=False).first).to_be_visible()
    button(page, "All lessons").press("Enter")
    expect(page.get_by_role("button", name=re.compile("· done$"))).to_have_count(len(LESSONS))


def test_a_term_is_explained_in_place_by_keyboard_and_touch(open_page, server):
    page = open_page(**PHONE)
    page.goto(f"{server.url}/learn?lesson=1-centring")
    term = page.get_by_role("button", name="MNIST", exact=True)
    meaning = page.get_by_text("A famous collection of 70,000")
    term.press("Enter")
    expect(meaning).to_be_visible()
    page.keyboard.press("Escape")
    expect(meaning).to_be_hidden()
    term.tap()
    expect(meaning).to_be_visible()
