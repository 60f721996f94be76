"""Simulated visitors who draw, and speak Streamlit's WebSocket protocol without a browser: what one
real browser sends is recorded, and each visitor sends it again in a session of its own, with
slightly different strokes.

Each drawing replaces the one before without a click on Clear. Scripts, styles and weights, which a
browser would fetch, are not fetched.
"""

from __future__ import annotations

import asyncio
import json
import random
import secrets
import time
from collections.abc import Iterable
from contextlib import AsyncExitStack
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from pages.components.shell.visitor_key import COOKIE
from tests.browser.conftest import DIGITS, canvas_of, draw

OPENING = 2  # messages until the page is whole
CANVAS = "-drawing"  # how the id of the canvas among the widgets ends
ANSWER = b"data-stamp"  # what of all messages those with an answer alone have
SHIFT, WOBBLE = 40.0, 2.0  # pixels of the surface: of a drawing, and of each of its points
PATIENCE = 60.0  # seconds


def connection(url: str) -> connect:
    """A connection to Streamlit, as the page of a browser without a key makes it.

    Args:
        url: Of the WebSocket.
    """
    return connect(
        url,
        subprotocols=["streamlit"],
        additional_headers={"Cookie": f"{COOKIE}={secrets.token_hex(16)}"},
        max_size=None,
        open_timeout=PATIENCE,
    )


def draw_and_send(page: Any, sent: list[bytes], digit: int) -> None:
    """Draw a digit of `DIGITS` with the mouse, and wait until the browser has sent its strokes.

    Args:
        page: Playwright's, with the Draw page.
        sent: What the page sends, from `frames_of`.
        digit: Which.

    Raises:
        TimeoutError: It does not send them all.
    """
    draw(page, digit)
    end = time.monotonic() + PATIENCE
    while strokes_in(sent) < len(DIGITS[digit]):
        if time.monotonic() > end:
            raise TimeoutError(f"The browser has not sent all strokes of a {digit}.")
        page.wait_for_timeout(50)


def record(browser: Any, url: str, digits: Iterable[int] = DIGITS) -> list[list[BackMsg]]:
    """What a browser sends.

    Args:
        browser: Playwright's.
        url: Of the Draw page.
        digits: What is drawn, of those in `DIGITS`.

    Returns:
        A list for each digit: the message that opens the page, the one that asks for the rest of it
        once the canvas is there, then one after each stroke.
    """
    recorded = []
    for digit in digits:
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        page = context.new_page()
        sent = frames_of(page)
        page.goto(url)
        canvas_of(page)
        page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
        draw_and_send(page, sent, digit)
        context.close()
        messages = [BackMsg.FromString(frame) for frame in sent]
        recorded.append([*messages[:OPENING], *filter(canvas_state, messages[OPENING:])])
    return recorded


def frames_of(page: Any) -> list[bytes]:
    """A list that grows with what the page will send."""
    sent: list[bytes] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    return sent


def strokes_in(frames: list[bytes]) -> int:
    """The number of strokes of the newest drawing among what a browser has sent."""
    drawings = [canvas_state(BackMsg.FromString(frame)) for frame in frames]
    newest = [json.loads(state.json_value) for state in drawings if state]
    return len(newest[-1]["drawing"]["raw"]["objects"]) if newest else 0


def canvas_state(message: BackMsg) -> Any:
    """The state of the canvas in a message; None if it has none."""
    widgets = message.rerun_script.widget_states.widgets
    return next((widget for widget in widgets if widget.id.endswith(CANVAS)), None)


def varied(message: BackMsg, chance: random.Random) -> bytes:
    """A copy of the message with its drawing shifted, and each point moved a little."""
    copy = BackMsg()
    copy.CopyFrom(message)
    state = canvas_state(copy)
    value = json.loads(state.json_value)
    across, down = chance.uniform(-SHIFT, SHIFT), chance.uniform(-SHIFT, SHIFT)
    for path in value["drawing"]["raw"]["objects"]:
        path["left"] += across
        path["top"] += down
        for command in path["path"]:
            command[1:] = [
                number + shift + chance.gauss(0, WOBBLE)
                for number, shift in zip(command[1:], [across, down] * 2, strict=False)
            ]
    state.json_value = json.dumps(value)
    return copy.SerializeToString()


class Visitor:
    """One session.

    Attributes:
        answered: Seconds from each stroke to its answer.
        unanswered: When each stroke was sent that has no answer yet.
        received: How many bytes have arrived.
        errors: What went wrong.
    """

    def __init__(self, url: str, recorded: list[list[BackMsg]], number: int) -> None:
        self.chance = random.Random(number)
        self.url, self.recorded = url.replace("http", "ws", 1) + "/_stcore/stream", recorded
        self.answered: list[float] = []
        self.unanswered: list[float] = []
        self.errors: list[str] = []
        self.received = 0
        self._taken = 0  # of the unanswered, those that the run which goes on has seen
        self._opened = asyncio.Event()

    async def visit(self, opened: asyncio.Event, drawing: asyncio.Event, every: float) -> None:
        """Open the page, set `opened`, and draw a stroke every `every` seconds until cancelled.

        Args:
            opened: Set once the page is there.
            drawing: Waited for before the first stroke.
            every: Seconds between strokes, whether or not an answer has come.
        """
        async with AsyncExitStack() as stack:
            socket = await stack.enter_async_context(connection(self.url))
            reader = asyncio.create_task(self._read(socket))
            stack.callback(reader.cancel)
            for message in self.recorded[0][:OPENING]:
                self._opened.clear()
                await socket.send(message.SerializeToString())
                await asyncio.wait_for(self._opened.wait(), PATIENCE)
            opened.set()
            await drawing.wait()
            await self._draw(socket, every)

    async def _draw(self, socket: ClientConnection, every: float) -> None:
        due = time.perf_counter() + self.chance.uniform(0, every)
        while True:
            for message in self.chance.choice(self.recorded)[OPENING:]:
                frame = varied(message, self.chance)
                await asyncio.sleep(due - time.perf_counter())
                self.unanswered.append(time.perf_counter())
                await socket.send(frame)
                due += every

    async def _read(self, socket: ClientConnection) -> None:
        async for frame in socket:
            self.received += len(frame)
            if ANSWER in frame:
                now = time.perf_counter()
                self.answered += [now - sent for sent in self.unanswered[: self._taken]]
                del self.unanswered[: self._taken]
                self._taken = 0
                continue
            message = ForwardMsg.FromString(frame)
            kind = message.WhichOneof("type")
            if kind == "new_session":
                self._taken = len(self.unanswered)
            elif kind == "script_finished":
                self._opened.set()
            elif kind == "delta" and message.delta.new_element.WhichOneof("type") == "exception":
                self.errors.append(message.delta.new_element.exception.message)
