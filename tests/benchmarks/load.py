"""How soon Python answers when many visitors draw at the same time, and how much that slows a
training.

    python -m tests.benchmarks.load [CASE …] [--every 2] [--seconds 30] [--json FILE]

A case is a number of visitors: `50`; `50+training` adds a training at the same time; `200/2`
divides them among two servers that share one directory of runs.
Each visitor sends a stroke every two seconds (see protocol.py); the time counted runs
from the message with the stroke to the message with the answer. A browser reports a stroke 200 ms
late, and takes a little longer to show the answer. All visitors run in one process on the same
machine, whose share of the processors is printed. The training's speed is measured alone first,
then while they draw. Needs MNIST (MNIST_NPZ).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import sync_playwright
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.exceptions import WebSocketException

from mnist_core.config.presets import PRESETS
from mnist_core.jobs import launcher
from mnist_core.runs.history import BatchRow
from mnist_core.runs.run import Run
from tests.benchmarks import process
from tests.benchmarks.protocol import Visitor, record
from tests.browser.conftest import ROOT, Server, serve
from tests.conftest import launch_chromium

TOGETHER = 10  # visitors who open the page at the same moment
WARM_UP = 5.0  # seconds of drawing that are not counted
ALONE = 10.0  # seconds in which a training is measured alone
SETTINGS = {"DIGITLAB_MODE": "class", "DIGITLAB_STANDBY": "0"}
COLUMNS = {
    "case": "",
    "strokes": "",
    "median": " s",
    "p95": " s",
    "p99": " s",
    "unanswered": "",
    "errors": "",
    "server_ms_per_stroke": " ms",
    "kilobytes_per_stroke": " kB",
    "server_memory": " MB",
    "training_slowed": " ×",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*", default=["50", "50+training", "200"], metavar="CASE")
    parser.add_argument("--every", type=float, default=2.0, help="seconds between strokes")
    parser.add_argument(
        "--seconds", type=float, default=30.0, help="how long each case is measured"
    )
    parser.add_argument("--json", type=Path, help="a file for the figures")
    options = parser.parse_args()
    rows = []
    for case in options.cases:
        rows.append(measure(case, options.every, options.seconds))
        print(json.dumps(rows[-1]), flush=True)
    found = {"machine": process.machine(), "every": options.every, "cases": rows}
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    print(f"\n{found['machine']}; a stroke every {options.every:g} s\n")
    print(f"| {' | '.join(COLUMNS).replace('_', ' ')} |\n|{'---|' * len(COLUMNS)}")
    for row in rows:
        print(f"| {' | '.join(cell(row[name], unit) for name, unit in COLUMNS.items())} |")


def cell(value: Any, unit: str) -> str:
    """A figure in the table."""
    return "–" if value is None else f"{value}{unit}"


def measure(case: str, every: float, seconds: float) -> dict[str, Any]:
    """Measure a case on servers of its own."""
    whom, _, besides = case.partition("+")
    visitors, _, servers = whom.partition("/")
    with tempfile.TemporaryDirectory() as directory, ExitStack() as stack:
        os.environ |= {"DIGITLAB_RUNS": str(Path(directory) / "runs")} | SETTINGS
        apps = []
        for number in range(int(servers or 1)):
            place = Path(directory) / f"server-{number}"
            place.mkdir()
            runs = os.environ["DIGITLAB_RUNS"]
            apps.append(
                stack.enter_context(serve(place, ROOT / "serve.py", DIGITLAB_RUNS=runs, **SETTINGS))
            )
        recorded = recording(apps[0].url)
        crowd = [
            Visitor(apps[number % len(apps)].url, recorded, number)
            for number in range(int(visitors))
        ]
        with training(besides == "training") as run:
            alone = speed(run, ALONE) if run else None
            figures = asyncio.run(draw_together(crowd, apps, every, seconds))
            slowed = speed(run, seconds) if run else None
    figures["training_slowed"] = round(alone / slowed, 2) if alone and slowed else None
    return {"case": case} | figures


def recording(url: str) -> list[list[BackMsg]]:
    """What a browser sends, see `record`."""
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright.chromium)
        return record(browser, url)


@contextmanager
def training(wanted: bool):
    """A training that has begun and goes on until the block ends; None if none is wanted."""
    if not wanted:
        yield None
        return
    run = launcher.start(PRESETS["early-stopping"].with_changes(epochs=500), "Besides")
    try:
        while not run.last_row():
            if not run.status().active:
                raise SystemExit(f"The training is {run.status().state}: {run.status().message}")
            time.sleep(0.5)
        time.sleep(ALONE)
        yield run
    finally:
        launcher.kill(run)


def speed(run: Run, seconds: float) -> float:
    """Batches per second of a training over its last seconds."""
    rows = [row for row in run.history() if isinstance(row, BatchRow)]
    last = [row for row in rows if row.time >= rows[-1].time - seconds]
    return (last[-1].step - last[0].step) / (last[-1].time - last[0].time)


async def draw_together(
    crowd: list[Visitor], apps: list[Server], every: float, seconds: float
) -> dict[str, Any]:
    """Let the visitors open the page, a few at a time, then all draw; return the figures."""
    drawing, tasks = asyncio.Event(), []
    for start in range(0, len(crowd), TOGETHER):
        opened = []
        for visitor in crowd[start : start + TOGETHER]:
            opened.append(asyncio.Event())
            tasks.append(asyncio.create_task(visitor.visit(opened[-1], drawing, every)))
        await asyncio.wait_for(asyncio.gather(*(event.wait() for event in opened)), 120)
    drawing.set()
    await asyncio.sleep(WARM_UP)
    for visitor in crowd:
        visitor.answered.clear()
        visitor.received = 0
    pids = [app.process.pid for app in apps]
    begun, own = time.perf_counter(), time.process_time()
    server = sum(map(process.processor_seconds, pids))
    await asyncio.sleep(seconds)
    passed, own = time.perf_counter() - begun, time.process_time() - own
    server = sum(map(process.processor_seconds, pids)) - server
    memory = max(map(process.memory, pids))
    waiting = [
        time.perf_counter() - sent for visitor in crowd for sent in visitor.unanswered
    ]  # those on their way count as late only where they are
    times = [taken for visitor in crowd for taken in visitor.answered]
    times += [late for late in waiting if late > max(times, default=0.0)]
    for task in tasks:
        task.cancel()
    errors = [error for visitor in crowd for error in visitor.errors]
    for ended in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(ended, (WebSocketException, OSError)):
            errors.append(f"{type(ended).__name__}: {ended}")
        elif not isinstance(ended, asyncio.CancelledError) and ended is not None:
            raise ended
    low, high, highest = np.percentile(times, [50, 95, 99]).round(3).tolist()
    return {
        "strokes": len(times),
        "median": low,
        "p95": high,
        "p99": highest,
        "unanswered": sum(late > every for late in waiting),
        "errors": len(errors),
        "first_error": errors[0] if errors else None,
        "server_ms_per_stroke": round(1000 * server / len(times), 1),
        "kilobytes_per_stroke": round(
            sum(visitor.received for visitor in crowd) / 1000 / len(times), 1
        ),
        "server_cores": round(server / passed, 2),
        "visitors_cores": round(own / passed, 2),
        "server_memory": round(memory),
    }


if __name__ == "__main__":
    main()
