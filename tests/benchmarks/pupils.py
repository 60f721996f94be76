"""Simulated pupils, who speak Streamlit's protocol without a browser: each draws, works through the
first lesson, trains a network and looks at its errors. What one real browser sends is recorded, and
each pupil sends it again in a session of its own (see protocol.py).
"""

from __future__ import annotations

import asyncio
import random
import re
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import text_format
from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection

from mnist_core.runs import store
from tests.benchmarks.protocol import (
    PATIENCE,
    canvas_state,
    connection,
    draw_and_send,
    frames_of,
    varied,
)
from tests.browser.conftest import canvas_of

DIGIT = 4  # is drawn
ANSWER = 300.0  # seconds until a server that does not answer has failed
LOOK = 0.5  # seconds between looks at whether a training has ended
RUN = re.compile("run=([a-z0-9-]+)")
IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"
STEPS = ("draw", "lesson", "train", "look")


@dataclass
class Recording:
    """What a browser sent in each of the `STEPS`, and the id of the run that it trained."""

    steps: dict[str, list[BackMsg]] = field(default_factory=dict)
    run_id: str = ""


def record_work(browser: Any, url: str) -> Recording:
    """Work as a pupil does, in a browser.

    Args:
        browser: Playwright's.
        url: Of the Draw page, of a server in a class.
    """
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.set_default_timeout(1000 * PATIENCE)
    sent, recording, taken = frames_of(page), Recording(), 0
    page.goto(url)
    for step in STEPS:
        {"draw": _draw, "lesson": _lesson, "train": _train, "look": _look}[step](page, sent)
        page.wait_for_selector(IDLE)
        messages = [BackMsg.FromString(frame) for frame in sent[taken:]]
        taken += len(messages)
        recording.steps[step] = [
            message
            for message in messages
            if message.HasField("rerun_script") and not message.rerun_script.is_auto_rerun
        ]
    recording.run_id = RUN.search(page.url)[1]  # type: ignore[index]
    context.close()
    return recording


def _draw(page: Any, sent: list[bytes]) -> None:
    canvas_of(page)
    page.wait_for_selector(IDLE)
    draw_and_send(page, sent, DIGIT)


def _lesson(page: Any, sent: list[bytes]) -> None:
    page.get_by_role("link", name="Learn", exact=True).click()
    page.locator(".st-key-open-1-centring button").click()
    page.locator(".st-key-to-predict button").click()
    page.get_by_text("Another digit, and it is sure of it").click()
    for button in ("commit", "to-outcome", "to-check"):
        page.locator(f".st-key-{button} button:enabled").click()
    page.get_by_text("The app moves it to the centre").click()
    page.get_by_text("Right.").wait_for()


def _train(page: Any, sent: list[bytes]) -> None:
    page.get_by_role("link", name="Train", exact=True).click()
    page.locator(".st-key-start-training button").click()
    page.get_by_role("heading", name="How it went").wait_for(timeout=4000 * PATIENCE)


def _look(page: Any, sent: list[bytes]) -> None:
    page.locator(".stMain").get_by_role("link", name="Confusion matrix").click()
    page.locator("table.confusion").wait_for()


class Pupil:
    """One session.

    Attributes:
        took: For each step, the seconds from each message until the app had answered it.
        trained: Seconds from the click on Train to the trained network; None before.
        errors: What went wrong.
    """

    def __init__(self, url: str, recording: Recording, number: int) -> None:
        self.chance = random.Random(number)
        self.url = url.replace("http", "ws", 1) + "/_stcore/stream"
        self.recording = recording
        self.took: dict[str, list[float]] = {step: [] for step in STEPS}
        self.trained: float | None = None
        self.errors: list[str] = []
        self.said: list[str] = []  # by alerts since the last message
        self._query = ""
        self._finished = asyncio.Event()
        self._last = BackMsg()  # without what was clicked, for the fragments that rerun
        self._ticking: dict[str, asyncio.Task] = {}

    async def work(self, pause: float) -> None:
        """Do all that was recorded, once, and wait for the network that is trained.

        Args:
            pause: Seconds between two actions, on average.
        """
        async with AsyncExitStack() as stack:
            socket = await stack.enter_async_context(connection(self.url))
            reader = asyncio.create_task(self._read(socket))
            stack.callback(reader.cancel)
            stack.callback(self._stop_ticking)
            for step, messages in self.recording.steps.items():
                for message in messages:
                    await asyncio.sleep(self.chance.uniform(0, 2 * pause))
                    await self._send(socket, step, message)
                if step == "lesson" and not any(text.startswith("Right.") for text in self.said):
                    self.errors.append(f"The lesson ended with {self.said}")
                if step == "train":
                    await self._wait_for_the_network()

    async def _send(self, socket: ClientConnection, step: str, recorded: BackMsg) -> None:
        """Send a message and wait until the app has answered it."""
        message = self._as_mine(recorded)
        self.said.clear()
        asked = message.rerun_script
        if asked.page_script_hash != self._last.rerun_script.page_script_hash:
            self._stop_ticking()
        self._last.CopyFrom(message)
        kept = [w for w in asked.widget_states.widgets if "trigger" not in _kind(w)]
        del self._last.rerun_script.widget_states.widgets[:]
        self._last.rerun_script.widget_states.widgets.extend(kept)
        frame = message.SerializeToString()
        if canvas_state(message):
            frame = varied(message, self.chance)
        self._finished.clear()
        begun = time.perf_counter()
        await socket.send(frame)
        await asyncio.wait_for(self._finished.wait(), ANSWER)
        self.took[step].append(time.perf_counter() - begun)

    def _as_mine(self, recorded: BackMsg) -> BackMsg:
        """The message with this pupil's run in place of the recorded one."""
        text = text_format.MessageToString(recorded)
        if found := RUN.search(self._query):
            text = text.replace(self.recording.run_id, found[1])
        return text_format.Parse(text, BackMsg())

    async def _wait_for_the_network(self) -> None:
        begun = time.perf_counter()
        found = RUN.search(self._query)
        if not found:
            self.errors.append(f"No training was started: {self.said}")
            return
        run = store.get(found[1])
        while run.status().active:
            await asyncio.sleep(LOOK)
        self.trained = time.perf_counter() - begun
        if run.status().state != "done":
            self.errors.append(f"The training is {run.status().state}: {run.status().message}")

    async def _read(self, socket: ClientConnection) -> None:
        async for frame in socket:
            message = ForwardMsg.FromString(frame)
            kind = message.WhichOneof("type")
            if kind == "page_info_changed":
                self._query = message.page_info_changed.query_string
            elif kind == "script_finished":
                if message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    self._finished.set()
            elif kind == "auto_rerun":
                self._stop_ticking(message.auto_rerun.fragment_id)
                self._ticking[message.auto_rerun.fragment_id] = asyncio.create_task(
                    self._tick(socket, message.auto_rerun)
                )
            elif kind == "stop_auto_rerun":
                self._stop_ticking(*message.stop_auto_rerun.fragment_ids)
            elif kind == "delta":
                self._note(message.delta.new_element)

    async def _tick(self, socket: ClientConnection, asked: Any) -> None:
        """Have a fragment rerun by itself, as a browser does."""
        while True:
            await asyncio.sleep(asked.interval)
            message = BackMsg()
            message.CopyFrom(self._last)
            message.rerun_script.fragment_id = asked.fragment_id
            message.rerun_script.is_auto_rerun = True
            message.rerun_script.query_string = self._query
            await socket.send(message.SerializeToString())

    def _stop_ticking(self, *fragments: str) -> None:
        """Stop the reruns of these fragments, or of all if none is named."""
        for fragment in fragments or [*self._ticking]:
            if task := self._ticking.pop(fragment, None):
                task.cancel()

    def _note(self, element: Any) -> None:
        kind = element.WhichOneof("type")
        if kind == "exception":
            self.errors.append(element.exception.message)
        elif kind == "alert":
            self.said.append(element.alert.body)
            if element.alert.format == Alert.ERROR:
                self.errors.append(element.alert.body)


def _kind(widget: Any) -> str:
    return widget.WhichOneof("value") or ""
