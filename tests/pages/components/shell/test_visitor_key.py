"""The cookie that gives each browser its key, without a server."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from pages.components.shell.visitor_key import VisitorKey

PAGE = "text/html,application/xhtml+xml"


def answer(scheme="http", **headers) -> dict[str, str]:
    """The headers of what comes back for a request with these."""
    sent = []

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message):
        sent.append(message)

    raw = [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()]
    scope = {"type": "http", "scheme": scheme, "headers": raw}
    with ThreadPoolExecutor(1) as elsewhere:  # this thread may have Playwright's loop
        elsewhere.submit(asyncio.run, VisitorKey(app)(scope, None, send)).result()
    return {name.decode(): value.decode() for name, value in sent[0]["headers"]}


def test_a_page_gives_a_new_key_that_no_script_and_no_other_site_can_use():
    first, second = (answer(accept=PAGE) for _ in range(2))
    form = r"digit-lab-key=([0-9a-f]{32}); Path=/; Max-Age=\d+; HttpOnly; SameSite=Lax"
    keys = [re.fullmatch(form, headers["set-cookie"])[1] for headers in (first, second)]
    assert keys[0] != keys[1]
    assert first["content-security-policy"] == "frame-ancestors 'self'"


def test_a_known_key_stays():
    key = "0123456789abcdef" * 2
    headers = answer(accept=PAGE, cookie=f"other=1; digit-lab-key={key}")
    assert f"digit-lab-key={key};" in headers["set-cookie"]


@pytest.mark.parametrize("value", ["0123", "G" * 32, "a" * 33, '"\\001"', "\x00"])
def test_what_is_no_key_is_replaced(value):
    headers = answer(accept=PAGE, cookie=f"digit-lab-key={value}")
    assert re.search("digit-lab-key=[0-9a-f]{32};", headers["set-cookie"])
    assert f"={value};" not in headers["set-cookie"]


def test_what_a_page_loads_gets_no_key():
    assert answer(accept="*/*") == {}
    assert answer() == {}


def test_behind_https_the_key_is_sent_by_https_alone():
    assert answer("https", accept=PAGE)["set-cookie"].endswith("; Secure")
    assert answer(accept=PAGE, x_forwarded_proto="https")["set-cookie"].endswith("; Secure")
