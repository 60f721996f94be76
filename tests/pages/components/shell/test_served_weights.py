"""Which weights browsers may fetch, without a server."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from pages.components.shell.served_weights import ServedWeights


def status(path: str) -> int:
    """The status of what comes back for a path."""
    sent = []

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "headers": []}
    with ThreadPoolExecutor(1) as elsewhere:  # this thread may have Playwright's loop
        elsewhere.submit(asyncio.run, ServedWeights(app)(scope, None, send)).result()
    return sent[0]["status"]


@pytest.mark.parametrize("prefix", ["", "/digits"])
def test_weights_are_served_as_long_as_their_run_is_there(network, prefix):
    run, other = network({}), network({})
    folder = f"{prefix}/component/served_folder.weights/1234"
    assert status(f"{folder}/{run.id}/name.bin.gz") == 200
    run.directory.rename(run.directory.with_name(f".{run.id}"))
    assert status(f"{folder}/{run.id}/name.bin.gz") == 404
    assert status(f"{folder}/{other.id}/../{run.id}/name.bin.gz") == 404
    assert status(f"{folder}/{run.id}/./name.json") == 404
    assert status(f"{folder}/{other.id}/name.bin.gz") == 200
    assert status(f"{prefix}/component/served_folder.plotly/plotly.min.js") == 200
