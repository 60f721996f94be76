"""Photos and pasted images in a real browser."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import expect

from tests.browser.conftest import canvas_of, draw
from tests.conftest import launch_chromium

MOTION = "reduce"


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
