"""For whoever runs a server: whether it is healthy, figures for Prometheus, and the log.

None of them says who a visitor is, or what they draw. `serve.py` adds it to the app.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mnist_core.config import settings
from mnist_core.jobs.launcher import nameless
from mnist_core.runs import environment, store
from mnist_core.runs.records import STATES, Status
from mnist_core.runs.run import Run

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_LOOKS = 5.0  # seconds between looks at which trainings have ended
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
_PROCESS = Path("/proc/self/statm")  # Linux: sizes in memory pages; the second is the resident one


class Traffic:
    """ASGI middleware that counts the open pages, each of which is a WebSocket, and the reruns that
    they ask for."""

    visitors, requests = 0, 0

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self.app(scope, receive, send)
            return

        async def counted() -> Message:
            message = await receive()
            Traffic.requests += message["type"] == "websocket.receive"
            return message

        Traffic.visitors += 1
        try:
            await self.app(scope, counted, send)
        finally:
            Traffic.visitors -= 1


async def health(request: Request) -> PlainTextResponse:
    """200 if runs can be written, else 503 with the reason."""
    problem = await run_in_threadpool(_problem)
    return PlainTextResponse(problem or "ok", 503 if problem else 200)


def _problem() -> str:
    """What keeps visitors from training; empty if nothing does."""
    directory = environment.runs_directory()
    existing = next(parent for parent in (directory, *directory.parents) if parent.exists())
    return "" if os.access(existing, os.W_OK) else "The directory of the runs can't be written."


async def metrics(request: Request) -> PlainTextResponse:
    """Figures in Prometheus' text format."""
    return PlainTextResponse(await run_in_threadpool(_metrics), media_type=PROMETHEUS)


def _metrics() -> str:
    """https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format"""
    states = Counter(run.status().state for run in store.list_runs())
    figures: list[tuple[str, str, str, dict[str, int]]] = [
        ("visitors", "gauge", "Open pages.", {"": Traffic.visitors}),
        ("requests_total", "counter", "Reruns that pages asked for.", {"": Traffic.requests}),
        (
            "runs",
            "gauge",
            "Runs of all visitors by state: queued, training, failed …",
            {f'{{state="{state}"}}': states[state] for state in STATES},
        ),
        (
            "unreadable_runs",
            "gauge",
            "Runs whose configuration can't be read.",
            {"": len(store.list_damaged())},
        ),
    ]
    if _PROCESS.exists():
        pages = int(_PROCESS.read_text("ascii").split()[1])
        size = pages * os.sysconf("SC_PAGE_SIZE")
        figures.append(("memory_bytes", "gauge", "Of this process, without trainings.", {"": size}))
    lines = []
    for name, kind, meaning, values in figures:
        lines += [f"# HELP digitlab_{name} {meaning}", f"# TYPE digitlab_{name} {kind}"]
        lines += [f"digitlab_{name}{labels} {value}" for labels, value in values.items()]
    return "\n".join(lines) + "\n"


ROUTES = [Route("/healthz", health), Route("/metrics", metrics)]


def one_line(*args: Any, **kwargs: Any) -> logging.LogRecord:
    """A record of the log whose message is one line, with the traceback where there is one. As
    `logging.setLogRecordFactory` takes it: Streamlit's loggers have handlers of their own."""
    record = logging.LogRecord(*args, **kwargs)
    message = record.getMessage()
    if record.exc_info:
        message += f"\n{''.join(traceback.format_exception(*record.exc_info))}"
    record.msg, record.args, record.exc_info = " | ".join(message.splitlines()), (), None
    return record


class Ended:
    """Which trainings have ended. Each is a process of its own, which may outlive this server or
    belong to another one, so its end is seen in its files."""

    def __init__(self) -> None:
        self._known = set(_ended())

    def log_new(self) -> None:
        """Log the trainings that have ended since the last look."""
        ended = _ended()
        for run_id in ended.keys() - self._known:
            run, status = ended[run_id]
            level = logging.WARNING if status.state in ("failed", "interrupted") else logging.INFO
            logger.log(level, "The training of run %s has ended: %s", nameless(run), status.state)
        self._known = set(ended)

    def log_for_ever(self) -> None:
        """Look every few seconds. If a look fails, for example as the disk is briefly unavailable,
        that is logged."""
        while True:
            time.sleep(SECONDS_BETWEEN_LOOKS)
            try:
                self.log_new()
            except OSError:
                logger.exception("The runs can't be read")


def _ended() -> dict[str, tuple[Run, Status]]:
    """The runs that have ended, by id."""
    runs = ((run, run.status()) for run in store.list_runs())
    return {run.id: (run, status) for run, status in runs if not status.active}


def start_log() -> None:
    """Log to standard error, a line for each event, from the level `DIGITLAB_LOG` upwards: first
    the names that are no setting, then, among the rest, the end of each training."""
    logging.setLogRecordFactory(one_line)
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    for room in ("mnist_core", "pages"):
        of_room = logging.getLogger(room)
        of_room.handlers, of_room.propagate = [handler], False
        of_room.setLevel(settings.text("DIGITLAB_LOG").upper())
    for message in settings.unknown():
        logger.warning("%s", message)
    threading.Thread(target=Ended().log_for_ever, daemon=True).start()
