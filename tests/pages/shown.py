"""What an opened page shows, for tests of several pages."""

import json
import re

from tests.pages.conftest import clickables


def map_of(at) -> dict:
    """What the page gave to the map."""
    (data,) = [
        json.loads(element.proto.json)
        for element in at.get("bidi_component")
        if element.proto.component_name == "digit_lab_digit_map"
    ]
    return data


def table(app):
    """The cells of the table's rows, by the names of the columns."""
    (html,) = [html for html in clickables(app) if 'class="run-table"' in html]
    rows = html[html.index("<tbody>") :].split("<tr>")[1:]
    return [dict(re.findall(r'<td class="(\w+)">([^<]*)</td>', row)) for row in rows]


def texts(app) -> str:
    """Its captions, messages and paragraphs."""
    return "\n".join(e.value for e in (*app.caption, *app.toast, *app.error, *app.markdown))
