"""A class at a time, over Streamlit's protocol, as in tests.benchmarks.load and classroom."""

import asyncio
import json
import random
from concurrent.futures import ThreadPoolExecutor

from mnist_core.runs import store
from tests.benchmarks.classroom import at_work
from tests.benchmarks.protocol import Visitor, canvas_state, record, varied
from tests.benchmarks.pupils import STEPS, Pupil, record_work
from tests.browser.conftest import ROOT, serve

PUPILS, STROKES, PATIENCE = 25, 2, 120.0
EVERY = 3.0  # seconds: a stroke that comes sooner than the answer to the last breaks that off


async def draw_together(crowd: list[Visitor]) -> tuple[float, float]:
    """Have all open the page and draw until each has so many answers; returns the bytes that a
    visitor gets with the page, and with each answer."""
    opened = [asyncio.Event() for _ in crowd]
    drawing = asyncio.Event()
    tasks = [
        asyncio.create_task(visitor.visit(there, drawing, EVERY))
        for visitor, there in zip(crowd, opened, strict=True)
    ]
    await asyncio.wait_for(asyncio.gather(*(there.wait() for there in opened)), PATIENCE)
    pages = sum(visitor.received for visitor in crowd)
    drawing.set()
    async with asyncio.timeout(PATIENCE):
        while any(len(visitor.answered) < STROKES for visitor in crowd):
            assert not any(task.done() for task in tasks)
            await asyncio.sleep(0.05)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    answers = sum(visitor.received for visitor in crowd) - pages
    return pages / len(crowd), answers / sum(len(visitor.answered) for visitor in crowd)


def test_a_class_that_draws_at_a_time_gets_its_answers_without_an_error(browser, server):
    recorded = record(browser, server.url, digits=[4])
    crowd = [Visitor(server.url, recorded, number) for number in range(PUPILS)]
    with ThreadPoolExecutor() as thread:  # Playwright's event loop runs in this one
        page, answer = thread.submit(asyncio.run, draw_together(crowd)).result()
    assert [error for visitor in crowd for error in visitor.errors] == []
    assert answer < page / 3  # scripts come with the page alone
    message = recorded[0][-1]
    paths = [
        json.loads(canvas_state(drawn).json_value)["drawing"]["raw"]["objects"]
        for drawn in (message, type(message).FromString(varied(message, random.Random(0))))
    ]
    assert [len(objects) for objects in paths] == [2, 2]
    assert paths[0][0]["path"] != paths[1][0]["path"]


def test_three_pupils_draw_learn_train_and_look_without_an_error(browser, tmp_path, monkeypatch):
    monkeypatch.setenv("DIGITLAB_RUNS", str(tmp_path / "runs"))
    small = {"DIGITLAB_MODE": "class", "DIGITLAB_OFFLINE": "1", "MNIST_NPZ": ""}
    with serve(tmp_path, ROOT / "serve.py", **small, DIGITLAB_STANDBY="0") as server:
        recording = record_work(browser, server.url)
        pupils = [Pupil(server.url, recording, number) for number in range(3)]
        with ThreadPoolExecutor() as thread:
            thread.submit(asyncio.run, at_work(pupils, pause=0)).result()
    assert [error for pupil in pupils for error in pupil.errors] == []
    assert all(len(pupil.took[step]) for pupil in pupils for step in STEPS)
    runs = store.list_runs()
    assert len({run.visitor for run in runs}) == len(runs) == 4  # the browser's, too
    assert {run.status().state for run in runs} == {"done"}
