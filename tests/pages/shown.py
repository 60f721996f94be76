"""What an opened page shows, for tests of several pages."""

import base64
import json
import re

import numpy as np

from tests.pages.conftest import clickables


def map_of(at) -> dict:
    """What the page gave to the map, with its arrays as lists."""
    (data,) = [
        json.loads(element.proto.json)
        for element in at.get("bidi_component")
        if element.proto.component_name == "digit_lab_digit_map"
    ]
    return data | map_lists(data)


def map_lists(data: dict) -> dict:
    """The arrays of a map."""
    x, y = np.frombuffer(base64.b64decode(data["points"]), "<f4").reshape(-1, 2).T.tolist()
    types = {"labels": "u1", "predicted": "u1", "indices": "<u4"}
    return {"x": x, "y": y} | {
        name: np.frombuffer(base64.b64decode(data[name]), kind).tolist()
        for name, kind in types.items()
    }


def table(app):
    """The cells of the table's rows, by the names of the columns."""
    (html,) = [html for html in clickables(app) if 'class="run-table"' in html]
    rows = html[html.index("<tbody>") :].split("<tr>")[1:]
    return [dict(re.findall(r'<td class="(\w+)">([^<]*)</td>', row)) for row in rows]


def texts(app) -> str:
    """All that it says in elements for text: paragraphs, captions, messages, HTML."""
    said = (*app.markdown, *app.caption, *app.info, *app.warning, *app.error, *app.toast)
    return "\n".join([*(e.value for e in said), *(e.proto.body for e in app.get("html"))])
