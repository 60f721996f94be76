"""What visitors write (names of runs, of sweeps, their own) is text wherever a page shows it: no
link, no picture, no formatting."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from mnist_core.config.config import TrainingConfig
from mnist_core.jobs import launcher
from mnist_core.runs import class_rules, ownership, store
from mnist_core.runs.records import SweepPart
from pages.components.shell import menu
from pages.components.shell.state import TEACHER
from pages.components.shell.visitor_key import COOKIE
from tests.pages.conftest import APP
from tests.summaries import summary

HOSTILE = "![i](//h/t) <b>f **bold** `e` :red[c] $d$ http://e.e a@b.c"
LIVE = (  # what would be more than text, in Markdown and in HTML
    re.compile(r"\]\(//h|\*\*bold|(?<!\\)<b|:red\[|\$d\$|`e`|http://e|a@b"),
    re.compile(r"<b>f"),
)
NICKNAME = "[n](//h) a@b.example"
PLAIN = (  # fields
    "value", "raw_value", "raw_values", "default", "placeholder", "query_string", "element_id",
    "id", "page", "key",
)  # fmt: skip
WITHOUT = (  # but in plain lists
    "data", "experiments", "stress_test", "map_of_digits", "calibration", "label_issues",
)  # fmt: skip
SCRIPTS = [Path(path).stem for entries in menu.MENU.values() for path, _, _ in entries]


@pytest.fixture
def written(network, no_networks, monkeypatch) -> str:
    """Runs of all kinds with such names; the id of one that can be chosen."""
    monkeypatch.setenv("DIGITLAB_MODE", "class")
    monkeypatch.setenv("DIGITLAB_TEACHER_KEY", "correct horse battery")
    monkeypatch.setattr(launcher, "launch", lambda run: None)
    monkeypatch.setattr(type(st.context), "cookies", property(lambda _: {COOKIE: "a" * 32}))
    visitor = ownership.visitor_of("b" * 32)
    ownership.set_nickname(visitor, NICKNAME)
    mine = ownership.visitor_of("a" * 32)
    ownership.set_nickname(mine, NICKNAME)
    wrong = {i: (int(no_networks.y_test[i]) + 1) % 10 for i in range(9)}
    for _ in range(2):
        run = network(wrong).update_description(name=HOSTILE, visitor=visitor, base_name=HOSTILE)
        run.set_status(summary=summary(test_accuracy=0.9), finished=time.time(), started=1.0)
        sweep = SweepPart("1" * 12, HOSTILE, "epochs", 1)
        store.create(TrainingConfig(), HOSTILE, visitor=visitor, sweep=sweep).set_status(
            state="failed", message=HOSTILE
        )
        store.create(TrainingConfig(), HOSTILE, visitor=mine)  # waits
    return run.id


def texts(message, is_html: bool = False) -> Iterator[tuple[str, bool, str]]:
    """The texts of a protocol message that are read as Markdown or HTML: where each stands, whether
    it is HTML, and what it says."""
    kind = message.DESCRIPTOR.name
    if kind == "BidiComponent":  # of its data only what it shows as HTML
        data = json.loads(message.json or "null")
        if isinstance(data, dict) and isinstance(data.get("html"), str):
            yield kind, True, data["html"]
        return
    is_html = is_html or kind == "Html"
    for field, value in message.ListFields():
        several = value if field.is_repeated else [value]
        if field.type == field.TYPE_MESSAGE and not field.message_type.GetOptions().map_entry:
            for part in several:
                yield from texts(part, is_html)
        elif field.type == field.TYPE_STRING and field.name not in PLAIN:
            if field.name == "options" and kind != "Radio":
                continue  # lists show plain text
            for text in several:
                yield f"{kind}.{field.name}", is_html, text


def parts(block) -> Iterator[object]:
    """All parts of a page, the blocks themselves included."""
    yield block
    for child in getattr(block, "children", {}).values():
        yield from parts(child)


@pytest.mark.parametrize("page", [*SCRIPTS, "teacher"])
def test_no_text_of_a_visitor_is_more_than_text(written, page):
    if page == "learn":
        class_rules.change(pinned_run=written)
    at = AppTest.from_file(str(APP), default_timeout=60)
    at.session_state[TEACHER] = page == "teacher"
    if page != "app":
        at.switch_page(f"pages/{page}.py")
    at.query_params["run"] = written
    if page in ("compare", "confusion_matrix"):
        at.query_params["versus"] = written
    at.run()
    assert not at.exception, at.exception
    shown = 0
    for part in [*parts(at.main), *parts(at.sidebar)]:
        if getattr(part, "proto", None) is None or isinstance(part.proto, str):
            continue
        for where, is_html, text in texts(part.proto):
            shown += "bold" in text
            assert not LIVE[is_html].search(text), f"{where}: {text}"
    assert shown or page in WITHOUT
