"""Who visits: the name under which a run is started.

In a class and in public it is a hash: of the key that visitor_key.py puts into the browser, or,
where visitors sign in, of their account (sign_in.py). On one person's computer it is a random
number in a cookie, by which runs at a time are limited: it survives a reload, and
deleting the cookie makes a new visitor.
"""

from __future__ import annotations

import hmac
import re
import secrets
import time

import streamlit as st

from mnist_core.config import settings
from mnist_core.errors import DigitLabError
from mnist_core.runs import ownership
from mnist_core.runs.run import Run
from pages.components.shell import sign_in, visitor_key
from pages.components.shell.javascript import invisible
from pages.components.shell.state import TEACHER, VISITOR

COOKIE = "digit-lab-visitor"
DAYS = 30
# Wrong keys allowed per visitor, and in all, within TRIES_SECONDS.
TRIES, TRIES_IN_ALL, TRIES_SECONDS = 5, 50, 300
_wrong: list[tuple[str, float]] = []  # who gave a wrong key, and when


class TooManyTriesError(DigitLabError, RuntimeError):
    """Too many wrong teacher's keys were tried. Wait a few minutes."""


def check_visitor() -> None:
    """In a class and in public, end the page if the browser has sent no key, or if the visitor
    must sign in and has not."""
    if not settings.is_shared() or VISITOR in st.session_state:
        return
    if sign_in.wanted():
        st.session_state[VISITOR] = sign_in.visitor()
        return
    key = st.context.cookies.get(visitor_key.COOKIE, "")
    if ownership.KEY.fullmatch(key):
        st.session_state[VISITOR] = ownership.visitor_of(key)
        return
    st.error(
        "This page does not know your browser, so it can't tell which runs are yours. Allow "
        "cookies for this site and reload the page. If that does not help, tell whoever runs "
        "this server: for a class or the public it is started by `python serve.py`."
    )
    st.stop()


def visitor() -> str:
    """The visitor's name in runs, in hexadecimal digits."""
    if VISITOR not in st.session_state:
        sent = str(st.context.cookies.get(COOKIE))
        known = re.fullmatch("[0-9a-f]{16}", sent)
        st.session_state[VISITOR] = sent if known else secrets.token_hex(8)
    return st.session_state[VISITOR]


def asking() -> str | None:
    """Who asks for a change to a run, as `run_permissions` takes it: None for a teacher, who may
    change all."""
    return None if is_teacher() else visitor()


def may_change(run: Run) -> bool:
    """Whether this visitor may change a run."""
    return ownership.may_change(run, asking())


def is_teacher() -> bool:
    """Whether the visitor has given the teacher's key, in a class."""
    return settings.mode() == "class" and bool(st.session_state.get(TEACHER))


def become_teacher(key: str) -> bool:
    """Let the visitor act as the teacher of this class if the key is right; returns whether it
    is.

    Raises:
        TooManyTriesError: the visitor, or all visitors together, have just tried too many wrong
            keys.
    """
    right = settings.text("DIGITLAB_TEACHER_KEY")
    now, me = time.monotonic(), visitor()
    _wrong[:] = [(who, when) for who, when in _wrong if now - when < TRIES_SECONDS]
    if len(_wrong) >= TRIES_IN_ALL or sum(who == me for who, _ in _wrong) >= TRIES:
        raise TooManyTriesError(
            f"Too many wrong keys were given. Try again in {TRIES_SECONDS // 60} minutes."
        )
    given = hmac.compare_digest(key.encode(), right.encode())
    st.session_state[TEACHER] = bool(right) and given
    if not is_teacher():
        _wrong.append((me, now))
    return is_teacher()


def remember_visitor() -> None:
    """Let the browser keep its number, where the app is for one person."""
    if not settings.is_shared():
        cookie = f"{COOKIE}={visitor()}; path=/; max-age={DAYS * 86400}; samesite=lax"
        invisible(__file__, "visitor-helper", {"cookie": cookie})
