"""What browsers send, looked at before Streamlit does, without a server."""

import json

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg

from pages.components.shell import message_check
from tests.pages.components.shell.coroutines import done

CANVAS, KEPT = "$$ID-1-drawing", "$$ID-2-kept-digit-lab-drawings"
STROKE = json.dumps({"drawing": {"raw": {"objects": [{"path": [["M", 1.5, 2]], "[{": '"[{'}]}}})
QUOTES = json.dumps('"[' * 250_000)


def message(field: str = "json_value", **values: str) -> BackMsg:
    made = BackMsg()
    made.rerun_script.query_string = "run=champion"
    for name, value in values.items():
        widget = made.rerun_script.widget_states.widgets.add(id={"canvas": CANVAS}.get(name, KEPT))
        setattr(widget, field, value)
    return made


def through(*sent: dict) -> list[dict]:
    """What Streamlit gets of these events of one connection."""
    events, got = list(sent), []

    async def app(scope, receive, send):
        got.extend([await receive() for _ in sent])

    async def receive():
        return events.pop(0)

    done(message_check.MessageCheck(app)({"type": "websocket"}, receive, None))
    return got


def received(content: bytes) -> bytes:
    (got,) = through({"type": "websocket.receive", "bytes": content})
    return got["bytes"]


@pytest.mark.parametrize("value", [STROKE, "null", "5", "[" * 30 + "]" * 30, QUOTES])
def test_what_components_can_use_goes_on_as_it_is(value, caplog):
    content = message(canvas=value, kept=value).SerializeToString()
    assert received(content) == content
    assert caplog.messages == []


@pytest.mark.parametrize("field", ["json_value", "json_trigger_value"])
@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("{bad", "JSONDecodeError"),
        ('\\"' * 450_000, "JSONDecodeError"),  # begins 450,000 texts that do not end
        ("[" * 100_000, "nested more than 30 times"),
        ('{"a":' * 31 + "1" + "}" * 31, "nested more than 30 times"),
        (f"[{'9' * 5000}]", "ValueError: Exceeds the limit"),
        (json.dumps("x" * message_check.MAX_LENGTH), "1,000,002 characters; at most 1,000,000"),
    ],
)
def test_what_they_can_not_use_is_left_out_and_logged_in_a_line(field, value, reason, caplog):
    content = received(message(field, canvas=value, kept='"good"').SerializeToString())
    assert content == message(field, kept='"good"').SerializeToString()
    (line,) = caplog.messages
    assert line.startswith("A value that a browser sent for 'drawing' is ignored: ")
    assert reason in line
    assert "\n" not in line


def test_what_a_browser_keeps_may_be_longer(caplog):
    texts = (json.dumps("x" * (most - 2)) for most in (message_check.MAX_LENGTH_KEPT,) * 2)
    content = message(kept=next(texts)).SerializeToString()
    assert received(content) == content
    trigger = message("json_trigger_value")
    trigger.rerun_script.widget_states.widgets.add(
        id=f"$$STREAMLIT_INTERNAL_KEY_{KEPT}__events", json_trigger_value=next(texts)
    )
    assert received(trigger.SerializeToString()) == trigger.SerializeToString()
    assert caplog.messages == []
    too_long = message(kept=json.dumps("x" * message_check.MAX_LENGTH_KEPT))
    left = BackMsg.FromString(received(too_long.SerializeToString()))
    assert not left.rerun_script.widget_states.widgets


def test_what_is_no_message_of_a_component_is_left_to_streamlit():
    events = [
        {"type": "websocket.connect"},
        {"type": "websocket.receive", "bytes": b"\xff no message"},
        {"type": "websocket.receive", "text": "text", "bytes": None},
        {"type": "websocket.disconnect"},
    ]
    assert through(*map(dict, events)) == events


def test_a_value_that_comes_again_is_not_looked_at_again_and_a_new_one_is(monkeypatch):
    looked_at = []
    monkeypatch.setattr(message_check, "problem_of", lambda value, most: looked_at.append(value))
    values = (STROKE, STROKE, "5", STROKE)
    through(
        *(
            {"type": "websocket.receive", "bytes": message(canvas=value).SerializeToString()}
            for value in values
        )
    )
    assert looked_at == [STROKE, "5", STROKE]
