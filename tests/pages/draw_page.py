"""The Draw page for tests: drawings as the canvas reports them, and what the page then shows."""

from __future__ import annotations

import io
import re
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageDraw
from streamlit.testing.v1 import AppTest

from pages.components.draw.canvas import canvas
from tests.pages.conftest import clickables

ROOT = Path(__file__).parents[2]
SEVEN = [["M", 80, 70], ["L", 200, 70], ["L", 130, 230]]


def fabric(*paths: list) -> dict:
    """What the canvas reports for strokes that were not edited."""
    objects = []
    for path in paths:
        x, y = np.array([command[1:] for command in path], float).T
        centre = {"left": (x.min() + x.max()) / 2, "top": (y.min() + y.max()) / 2}
        objects.append(
            {"type": "Path", "originX": "center", "originY": "center", "path": path, **centre}
        )
    return {"objects": objects}


def opened(monkeypatch, drawing: dict, **query: str) -> AppTest:
    monkeypatch.setattr(canvas, "drawing", lambda: drawing)
    monkeypatch.setattr(canvas, "canvas", lambda: None)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=20)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def html_of(app: AppTest) -> str:
    return " ".join(element.proto.body for element in app.get("html"))


def components(app: AppTest) -> dict[str, Any]:
    """What is sent of each component with JavaScript, by its name."""
    return {element.proto.component_name: element.proto for element in app.get("bidi_component")}


def said(app: AppTest) -> str:
    """What the page says below the bars."""
    found = re.search(r'<div class="digit-said [a-z-]+">(.*?)</div>', html_of(app))
    return unescape(found[1]) if found else ""


def look_closer(app: AppTest, at: str) -> AppTest:
    return app.pills(key="look-closer").set_value(at).run()


SCRIBBLE = [["M", 20, 20], *(["L", 60 + 140 * (i % 2), 20 + 20 * i] for i in range(1, 13))]


def boxes(app: AppTest) -> list[str]:
    """What the boxes on the digits of a number say."""
    return re.findall(r'<button [^>]*aria-label="([^"]*)"', " ".join(clickables(app)))


TWO = [[[name, x / 3 + left, y / 2] for name, x, y in SEVEN] for left in (0, 90)]


def image_file(orientation: int = 1) -> bytes:
    """A 7 as on a photo, dark on light, with an orientation in its EXIF data."""
    picture = Image.new("L", (300, 300), 220)
    ImageDraw.Draw(picture).line([(80, 70), (210, 70), (130, 240)], fill=20, width=16)
    exif, file = Image.Exif(), io.BytesIO()
    exif[ExifTags.Base.Orientation] = orientation
    picture.save(file, "PNG", exif=exif)
    return file.getvalue()


def path_of_html(app: AppTest, body: str) -> tuple[int, ...]:
    """The places, from the page down, of the blocks around an HTML element and its own."""

    def ways(block, way):
        if getattr(getattr(block, "proto", None), "body", None) == body:
            yield way
        for place, child in getattr(block, "children", {}).items():
            yield from ways(child, (*way, place))

    (found,) = ways(app.main, ())
    return found
