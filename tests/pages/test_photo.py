"""Photos and image files on the Draw page."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageDraw

from mnist_core.evaluation.non_digit_detector import OODDetector
from pages.components.draw import photo
from tests.pages.conftest import clickables
from tests.pages.draw_page import boxes, fabric, html_of, image_file, opened


@pytest.mark.usefixtures("networks")
def test_a_rejected_photo_can_be_accepted_too(monkeypatch):
    monkeypatch.setattr(
        OODDetector, "is_out_of_distribution", lambda self, images: images.any((1, 2))
    )
    app = opened(monkeypatch, fabric())
    app.file_uploader(key="upload").upload("seven.png", image_file(), "image/png").run()
    assert "Not a digit I know" in app.warning[0].value
    app.button(key="accept-as-digit-photo").click().run()
    assert not app.exception
    assert "Not a digit I know" not in " ".join(box.value for box in [*app.info, *app.warning])
    assert "You say that it is a digit." in " ".join(text.value for text in app.caption)


def png_of_30_000_pixels_a_side(png: bytes) -> bytes:
    """The same file with another size in its header."""
    header = b"IHDR" + struct.pack(">II", 30_000, 30_000) + png[24:29]
    return png[:12] + header + struct.pack(">I", zlib.crc32(header)) + png[33:]


@pytest.mark.usefixtures("networks")
def test_an_image_is_read_and_bad_ones_are_explained_while_the_page_keeps_working(monkeypatch):
    app = opened(monkeypatch, fabric())
    whole = image_file()
    app.file_uploader(key="upload").upload("seven.png", whole, "image/png").run()
    assert not app.exception
    assert len([*app.info, *app.warning]) == 1
    assert "Shift to the centre of mass" in html_of(app)
    for content, expected in (
        (whole[: len(whole) // 2], "damaged or incomplete"),
        (b"only text", "not an image that can be read"),
        (png_of_30_000_pixels_a_side(whole), "million pixels"),
    ):
        app.file_uploader(key="upload").upload("bad.png", content, "image/png").run()
        assert not app.exception
        assert expected in app.error[0].value


@pytest.mark.usefixtures("networks")
def test_what_was_assumed_of_a_photo_is_shown_and_the_ink_can_be_turned_round(monkeypatch):
    app = opened(monkeypatch, fabric())
    upload = app.file_uploader(key="upload").upload
    upload("seven.png", image_file(orientation=6), "image/png").run()
    assert not app.exception
    shown = [text.value for text in app.caption]
    assert "The photo was turned by 90°, as the camera's data says." in shown
    (ink,) = [each for each in app.segmented_control if each.label == "Read as"]
    assert ink.value == "dark"
    steps = html_of(app)
    ink.set_value("light").run()
    assert not app.exception
    assert html_of(app) != steps
    app.file_uploader(key="upload").upload("seven.png", image_file(), "image/png").run()
    (ink,) = [each for each in app.segmented_control if each.label == "Read as"]
    assert ink.value == "dark"  # the choice was for the other photo
    assert not [text.value for text in app.caption if "was turned" in text.value]


def test_a_photo_that_was_turned_for_its_digit_can_be_turned_back(monkeypatch):
    shades, file = np.full((480, 420), 210, np.uint8), io.BytesIO()
    shades[:, :200] = 150  # a shadow
    picture = Image.fromarray(shades)
    way = [(130, 180), (150, 110), (220, 90), (280, 130), (270, 200), (125, 350), (300, 350)]
    ImageDraw.Draw(picture).line(way, fill=30, width=24, joint="curve")
    picture.transpose(Image.Transpose.ROTATE_90).save(file, "PNG")
    app = opened(monkeypatch, fabric(), run="champion")
    app.file_uploader(key="upload").upload("two.png", file.getvalue(), "image/png").run()
    assert not app.exception
    assert "This is a 2." in [info.value for info in app.info]
    (turned,) = [each for each in app.toggle if each.label.startswith("Turned by 90°")]
    turned.set_value(False).run()
    assert not app.exception
    assert "This is a 2." not in [info.value for info in app.info]
    (turned,) = [each for each in app.toggle if each.label.startswith("Turned by 90°")]
    turned.set_value(True).run()
    assert "This is a 2." in [info.value for info in app.info]


def test_several_digits_on_a_photo_are_a_number(monkeypatch, few_digits):
    monkeypatch.setattr("pages.components.shell.dataset.when_loaded", lambda: few_digits)
    picture, file = Image.new("L", (500, 300), 220), io.BytesIO()
    for left in (0, 230):
        way = [(80 + left, 70), (190 + left, 70), (120 + left, 240)]
        ImageDraw.Draw(picture).line(way, fill=20, width=16)
    picture.save(file, "PNG")
    app = opened(monkeypatch, fabric(), run="champion")
    app.file_uploader(key="upload").upload("77.png", file.getvalue(), "image/png").run()
    assert not app.exception
    assert '<div class="number-text">77</div>' in " ".join(clickables(app))
    assert [box[:15] for box in boxes(app)] == ["Digit 1 of 2: 7", "Digit 2 of 2: 7"]
    assert "This is a 7." in [info.value for info in app.info]
    app.segmented_control(key="photo-closer").set_value("why").run()
    assert not app.exception
    shown = " ".join(text.value for text in app.markdown)
    assert "Which ink speaks for 7" in shown
    assert "most similar training digits" in shown
    (ink,) = [each for each in app.segmented_control if each.label == "Read as"]
    assert ink.value == "dark"


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("https://digits.example/", True), ("http://digits.example/", False),
        ("http://192.168.1.7:8501/", False), ("http://localhost.example:8501", False),
        ("http://localhost:8501/?run=a", True), ("http://app.localhost", True),
        ("http://127.0.0.1:8501", True), ("http://[::1]:8501", True), (None, True),
    ],
)  # fmt: skip
def test_browsers_lend_the_camera_over_https_and_on_ones_own_computer(address, allowed):
    assert photo.camera_allowed(address) == allowed


@pytest.mark.usefixtures("networks")
@pytest.mark.parametrize("allowed", [True, False])
def test_where_the_camera_is_not_allowed_the_page_says_why_and_what_to_do(monkeypatch, allowed):
    monkeypatch.setattr(photo, "camera_allowed", lambda address: allowed)
    app = opened(monkeypatch, fabric())
    app.toggle(key="use-camera").set_value(True).run()
    assert not app.exception
    assert len(app.get("camera_input")) == allowed
    assert (photo.NO_CAMERA in [info.value for info in app.info]) != allowed
    app.file_uploader(key="upload").upload("seven.png", image_file(), "image/png").run()
    assert "Shift to the centre of mass" in html_of(app)
