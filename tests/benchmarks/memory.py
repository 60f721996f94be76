"""How much memory the app's process takes once every page was opened, and after many visits.

    python -m tests.benchmarks.memory [--visitors 200]

Opens the pages one after another over Streamlit's protocol, each with the network in use, waits
until what a page computes is there, and prints the megabytes after each; then has visitors open the
front page and leave again. MNIST must be here (MNIST_NPZ).
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import tempfile
import time
from pathlib import Path

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect

from pages.components.shell import menu
from pages.components.shell.visitor_key import COOKIE
from tests.benchmarks import process
from tests.benchmarks.protocol import OPENING
from tests.browser.conftest import ROOT, Server, serve

SETTINGS = {"DIGITLAB_MODE": "class", "DIGITLAB_STANDBY": "0"}
QUIET = 3.0  # seconds without a message, after which a page is taken to be complete
PATIENCE = 180.0  # seconds for a page
TOGETHER = 10  # visitors at a time
REPORTS = 4  # on visitors who come and go


async def open_page(url: str, page: str, quiet: float) -> None:
    """Open a page in a session of its own, and leave once it is complete."""
    message = BackMsg()
    message.rerun_script.page_name = page
    message.rerun_script.context_info.url = f"{url}/{page}"
    async with connect(
        f"{url.replace('http', 'ws', 1)}/_stcore/stream",
        subprotocols=["streamlit"],
        additional_headers={"Cookie": f"{COOKIE}={secrets.token_hex(16)}"},
        max_size=None,
    ) as socket:
        await socket.send(message.SerializeToString())
        runs = 1 if page else OPENING  # the front page sends its canvas first, and is then asked on
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                frame = await asyncio.wait_for(socket.recv(), PATIENCE if runs else quiet)
            except TimeoutError:
                return
            found = ForwardMsg.FromString(frame)
            if found.delta.new_element.WhichOneof("type") == "exception":
                raise SystemExit(f"{page}: {found.delta.new_element.exception.message}")
            if runs and found.WhichOneof("type") == "script_finished":
                runs -= 1
                if runs:
                    await socket.send(message.SerializeToString())


async def come_and_go(app: Server, visitors: int) -> None:
    for start in range(0, visitors, TOGETHER):
        await asyncio.gather(*(open_page(app.url, "", 0.2) for _ in range(TOGETHER)))
        if (start + TOGETHER) % (visitors // REPORTS) < TOGETHER:
            report(f"{start + TOGETHER} visitors came and went", app)


def report(what: str, app: Server) -> None:
    print(f"{what:34}{process.memory(app.process.pid):6.0f} MB", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--visitors", type=int, default=200)
    options = parser.parse_args()
    print(process.machine())
    with (
        tempfile.TemporaryDirectory() as directory,
        serve(
            Path(directory), ROOT / "serve.py", DIGITLAB_MODE="class", DIGITLAB_STANDBY="0"
        ) as app,
    ):
        report("before the first visitor", app)
        for entries in menu.MENU.values():
            for path, title, _ in entries:
                script = Path(path).stem
                asyncio.run(open_page(app.url, "" if script == "app" else script, QUIET))
                report(title, app)
        asyncio.run(come_and_go(app, options.visitors))


if __name__ == "__main__":
    main()
