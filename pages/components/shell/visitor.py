"""Which browser a visitor uses, so that the number of runs per visitor can be limited.

It is a random number in a cookie, which survives a reload and tells apart the browsers of a class,
which share one network address. Deleting the cookie makes a new visitor: the limit keeps order, it
does not keep anybody out.
"""

from __future__ import annotations

import re
import secrets

import streamlit as st

from pages.components.shell.state import VISITOR

COOKIE = "digit-lab-visitor"
DAYS = 30


def visitor() -> str:
    """This browser's number, 16 hexadecimal digits."""
    if VISITOR not in st.session_state:
        sent = str(st.context.cookies.get(COOKIE))
        known = re.fullmatch("[0-9a-f]{16}", sent)
        st.session_state[VISITOR] = sent if known else secrets.token_hex(8)
    return st.session_state[VISITOR]


def remember_visitor() -> None:
    """Have the browser keep its number."""
    cookie = f"{COOKIE}={visitor()}; path=/; max-age={DAYS * 86400}; samesite=lax"
    st.html(f"<script>document.cookie = {cookie!r}</script>", unsafe_allow_javascript=True)
