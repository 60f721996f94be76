"""Looks at what browsers send before Streamlit does. Streamlit parses the values of components as
JSON in the page's script: one that is no JSON, or nested deeply, would make the page an error page,
and one that is very long would keep other visitors waiting. `serve.py` puts this between Streamlit
and the browser.
"""

from __future__ import annotations

import json
import logging
import re
from itertools import accumulate

from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg

logger = logging.getLogger(__name__)

# Characters. A drawing of 10,000 points, more of which are not read, has 800,000; what a browser
# keeps, such as 500 drawings, can have as many as its storage.
MAX_LENGTH, MAX_LENGTH_KEPT = 1_000_000, 6_000_000
MAX_DEPTH = 30
_KEPT = re.compile("-kept-[a-z-]+(__|$)")  # the ids of browser_storage.py's component and trigger
_TEXT = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"')  # simpler, it would take a second for 2 MB
_BRACKETS = re.compile(r"[\[\]{}]")
_FIELDS = ("json_value", "json_trigger_value")


class MessageCheck:
    """ASGI middleware that takes values of components that no page can use out of what a browser
    sends, and logs that. The rest of the message goes on."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self.app(scope, receive, send)
            return
        passed: dict[str, str] = {}  # the last value of each component by its id: most are repeated

        async def checked() -> Message:
            message = await receive()
            if content := message.get("bytes"):
                message["bytes"] = without_unusable(content, passed)
            return message

        await self.app(scope, checked, send)


def without_unusable(content: bytes, passed: dict[str, str]) -> bytes:
    """A message to Streamlit without the values that no page can use; the same if all can be used,
    or if it is no message.

    Args:
        content: A serialized `BackMsg`.
        passed: By the id, the values that were found usable last; brought up to date.
    """
    message = BackMsg()
    try:
        message.ParseFromString(content)
    except DecodeError:
        return content  # Streamlit closes the connection
    widgets = message.rerun_script.widget_states.widgets
    unusable = []
    for number, widget in enumerate(widgets):
        kind = widget.WhichOneof("value")
        if kind not in _FIELDS or passed.get(widget.id) == (value := getattr(widget, kind)):
            continue
        if problem := problem_of(value, MAX_LENGTH_KEPT if _KEPT.search(widget.id) else MAX_LENGTH):
            name = widget.id.rpartition("-")[2][:40]
            logger.warning("A value that a browser sent for %r is ignored: %s", name, problem)
            unusable.append(number)
        else:
            passed[widget.id] = value
    for number in reversed(unusable):
        del widgets[number]
    return message.SerializeToString() if unusable else content


def problem_of(value: str, most: int) -> str:
    """Why a component's value can't be used; empty if it can."""
    if len(value) > most:
        return f"it has {len(value):,} characters; at most {most:,} are read"
    deep = f"it is nested more than {MAX_DEPTH} times"
    try:
        json.loads(value)
    except RecursionError:
        return deep
    except ValueError as error:  # no JSON, or a number with thousands of digits
        return f"{type(error).__name__}: {error!s:.100}"
    # Only now, as a search for the end of a text that has none would take hours.
    steps = (1 if one in "[{" else -1 for one in _BRACKETS.findall(_TEXT.sub("", value)))
    if max(accumulate(steps), default=0) > MAX_DEPTH:
        return deep
    return ""
