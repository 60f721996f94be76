"""The key by which a visitor owns runs: a random number in a cookie that no script can read.

`serve.py` puts this between Streamlit and the browser, as Streamlit itself can only read cookies.
"""

from __future__ import annotations

import secrets
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mnist_core.runs import ownership

COOKIE = "digit-lab-key"
DAYS = 180
NO_FRAMES = (
    "frame-ancestors 'self'"  # or another site could make its visitors click here without knowing
)


class VisitorKey:
    """ASGI middleware that gives each browser its key with the first page, and renews it with each
    later one, so that it does not expire."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope) if scope["type"] == "http" else {}
        # Only the page itself is asked for as HTML. Its files are asked for at the same time, and
        # would each get a key.
        if "text/html" not in headers.get("accept", ""):
            await self.app(scope, receive, send)
            return
        key = known_key(headers.get("cookie", "")) or secrets.token_hex(16)
        https = "https" in (scope["scheme"], headers.get("x-forwarded-proto"))
        cookie = f"{COOKIE}={key}; Path=/; Max-Age={DAYS * 86400}; HttpOnly; SameSite=Lax"

        async def send_with_key(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent = MutableHeaders(scope=message)
                sent.append("set-cookie", f"{cookie}; Secure" if https else cookie)
                sent.append("content-security-policy", NO_FRAMES)
            await send(message)

        await self.app(scope, receive, send_with_key)


def known_key(cookies: str) -> str | None:
    """The key in a Cookie header; None if there is none that this app could have made."""
    try:
        found = SimpleCookie(cookies).get(COOKIE)
    except CookieError:
        return None
    return found.value if found and ownership.KEY.fullmatch(found.value) else None
