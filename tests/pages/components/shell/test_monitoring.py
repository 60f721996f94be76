"""What whoever runs a server looks at, without a server."""

import io
import logging
import os
import re

import pytest
from streamlit.logger import get_logger

from mnist_core.config.presets import PRESETS
from mnist_core.jobs import child_processes, launcher
from mnist_core.runs import store
from pages.components.shell import monitoring
from pages.components.shell.monitoring import Traffic
from tests.pages.components.shell.coroutines import done


def figures() -> dict[str, int]:
    """By name and labels what /metrics says."""
    answer = done(monitoring.metrics(None))
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = answer.body.decode().splitlines()
    samples = [line for line in lines if not line.startswith(("# HELP ", "# TYPE "))]
    assert all(re.fullmatch(r'digitlab_\w+(\{state="\w+"\})? \d+', line) for line in samples)
    return {name: int(value) for name, value in map(str.split, samples)}


def test_metrics_count_the_runs_by_state_and_the_memory(runs_directory):
    for state in ("queued", "failed", "failed"):
        store.create(PRESETS["speedrun"], "Anna").set_status(state=state)
    found = figures()
    assert found['digitlab_runs{state="failed"}'] == 2
    assert found['digitlab_runs{state="done"}'] == 0
    assert 10e6 < found["digitlab_memory_bytes"] < 10e9


def test_open_pages_and_what_they_ask_for_are_counted(monkeypatch):
    monkeypatch.setattr(Traffic, "visitors", 0)
    monkeypatch.setattr(Traffic, "requests", 0)
    seen = []

    async def app(scope, receive, send):
        while (await receive())["type"] == "websocket.receive":
            seen.append(Traffic.visitors)

    messages = ["websocket.receive", "websocket.receive", "websocket.disconnect"]

    async def receive():
        return {"type": messages.pop(0)}

    done(Traffic(app)({"type": "websocket"}, receive, None))
    assert seen == [1, 1]
    assert (Traffic.visitors, Traffic.requests) == (0, 2)


def test_a_server_is_well_where_runs_can_be_written(monkeypatch):
    assert done(monitoring.health(None)).status_code == 200
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # as root may write anywhere
    answer = done(monitoring.health(None))
    assert (answer.status_code, b"can't be written" in answer.body) == (503, True)


def test_the_end_of_each_training_is_logged_once_without_the_name_of_the_run(caplog):
    caplog.set_level(logging.INFO, monitoring.__name__)
    store.create(PRESETS["speedrun"], "Before").set_status(state="done")
    ended = monitoring.Ended()
    anna, berta, carl = (store.create(PRESETS["speedrun"], n) for n in ("Anna", "Berta", "Carl"))
    ended.log_new()
    assert caplog.messages == []
    anna.set_status(state="done")
    berta.set_status(state="training")
    berta.worker_lock().acquire().lock.release()  # a worker that was killed
    with carl.worker_lock():
        carl.set_status(state="training")
        ended.log_new()
        ended.log_new()
    told = {record.getMessage().split()[-1]: record.levelname for record in caplog.records}
    assert told == {"done": "INFO", "interrupted": "WARNING"}
    assert not any(name in caplog.text.lower() for name in ("anna", "berta"))


@pytest.mark.usefixtures("runs_directory")
def test_an_event_is_one_line_without_the_name_of_a_run(monkeypatch):
    written = io.StringIO()
    factory = logging.getLogRecordFactory()
    monkeypatch.setattr(logging.StreamHandler, "emit", lambda self, record: written.write(
        f"{self.format(record)}\n"))  # fmt: skip
    monkeypatch.setattr(child_processes, "start", lambda *a, **k: None)
    loggers = [logging.getLogger(room) for room in ("mnist_core", "pages")]
    before = [(logger.handlers, logger.propagate, logger.level) for logger in loggers]
    monkeypatch.setattr(monitoring.Ended, "log_for_ever", lambda self: None)
    monkeypatch.setenv("DIGITLAB_LOG", "info")
    monkeypatch.delenv("DIGITLAB_REQUIRE_BROWSER", raising=False)  # of the tests themselves
    monkeypatch.setenv("DIGITLAB_MODEE", "class")
    try:
        monitoring.start_log()
        launcher.start(PRESETS["speedrun"], "Anna")
        try:
            raise ValueError("odd\nvalue")
        except ValueError:
            logging.getLogger("pages.draw").exception("It failed")
        logging.getLogger("pages.draw").debug("not asked for")
        error = ValueError("in a page")
        get_logger("streamlit.error_util").error("Uncaught app execution", exc_info=error)
    finally:
        logging.setLogRecordFactory(factory)
        for logger, (handlers, propagate, level) in zip(loggers, before, strict=True):
            logger.handlers, logger.propagate = handlers, propagate
            logger.setLevel(level)
        child_processes.children.clear()
    misspelt, *lines = written.getvalue().splitlines()
    assert "WARNING pages.components.shell.monitoring: DIGITLAB_MODEE: there is no" in misspelt
    assert re.search(r"INFO mnist_core\.jobs\.launcher: Run \d{8}-\d{6}…\w{8} waits", lines[0])
    assert "anna" not in lines[0].lower()
    assert lines[1].endswith("ValueError: odd | value")
    for line in lines[2:]:  # of Streamlit's handler, and of pytest's
        assert line.endswith("Uncaught app execution | ValueError: in a page")
