"""Fine-tuning on one's own drawings in a real browser, with a real training."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from mnist_core.digits.drawings import user_drawings
from tests.browser.conftest import draw, expect_answer, serve
from tests.core.jobs.signs import twice

MOTION = "reduce"

MINUTES = 120_000  # milliseconds: TensorFlow is loaded first, and the machine may be busy


@pytest.fixture
def own_server(browser, tmp_path):
    with serve(tmp_path, DIGITLAB_OFFLINE="1") as running:
        yield running


def test_a_network_learns_a_handwriting_and_is_used(own_server, page):
    page.goto(f"{own_server.url}/?run=early-stopping")
    draw(page, 7)
    expect_answer(page, 7)
    page.locator(".st-key-label-choice").get_by_text("7", exact=True).click()
    page.get_by_text("My drawings", exact=True).click()
    button = page.get_by_role("button", name="Teach it my handwriting")
    expect(button).to_be_disabled()
    expect(page.get_by_text("At least 10 drawings are needed; you have 1.")).to_be_visible()
    saved = user_drawings.to_json(twice()).encode()
    page.locator(".st-key-add-drawings input[type=file]").set_input_files(
        {"name": "mine.json", "mimeType": "application/json", "buffer": saved}
    )
    button.click()
    progress = page.locator(".st-key-fine-tuning")
    expect(progress.get_by_text("early-stopping, my handwriting")).to_be_visible()
    expect(button).to_be_disabled()
    outcome = progress.locator("table")
    expect(outcome).to_be_visible(timeout=MINUTES)
    rows = outcome.locator("tr").all_inner_texts()
    right = [int(number) for number in re.findall(r"(\d+) of 10 correct", rows[1])]
    assert right[1] > right[0] + 3
    accuracy = [float(share) for share in re.findall(r"([\d.]+)% correct", rows[2])]
    assert accuracy[1] > accuracy[0] - 3
    page.get_by_role("button", name="Use it").click()
    expect(page.get_by_text("This is the network in use")).to_be_visible()
    expect(page.get_by_role("combobox", name="Network in use")).to_have_value(
        re.compile("early-stopping, my handwriting")
    )
    expect_answer(page, 7)  # of the drawing that is still on the canvas
    progress.get_by_role("link", name="Learning curves").click()
    expect(page.get_by_role("heading", name="How it went")).to_be_visible()
